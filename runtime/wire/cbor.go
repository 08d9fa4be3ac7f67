package wire

import (
	"fmt"
	"slices"
)

// CBORv1 is the compact dialect: what two Go programs speak.
//
// A packet is an array of four elements: the kind (unsigned), the id
// (unsigned), the route (text, empty if there is none) and the body (a byte
// string that holds the encoded value, empty if there is none); or of five,
// the last being the header, a map of what else the packet says:
//
//	key  field        value
//	 1   Timeout      unsigned, milliseconds
//	 2   Meta         map of text to text
//	 3   Code         text
//	 4   Message      text
//	 5   Ran          true
//	 6   Incident     text
//	 7   RetryAfter   unsigned, milliseconds
//	 8   Status       unsigned
//	 9   Credit       unsigned
//	10   Depth        unsigned
//	11   Topic        text
//	12   Missed       unsigned
//	16   Seq          unsigned
//	17   Ack          unsigned
//	18   Target       text
//	19   Origin       text
//	20   Trace        text
//
// The keys ascend, which excludes duplicates. One that the receiver does not
// know is ignored if it is odd and above 63; else the packet is refused. A
// message is a sequence of packets without anything between them (RFC 8742).
var CBORv1 Dialect = cborDialect{}

type cborDialect struct{}

func (cborDialect) Name() string { return "ipc.cbor.v1" }
func (cborDialect) Codec() Codec { return CBOR }
func (cborDialect) Text() bool   { return false }

// The keys of the header.
const (
	keyTimeout    = 1
	keyMeta       = 2
	keyCode       = 3
	keyMessage    = 4
	keyRan        = 5
	keyIncident   = 6
	keyRetryAfter = 7
	keyStatus     = 8
	keyCredit     = 9
	keyDepth      = 10
	keyTopic      = 11
	keyMissed     = 12
	keySeq        = 16
	keyAck        = 17
	keyTarget     = 18
	keyOrigin     = 19
	keyTrace      = 20
)

// Append implements [Dialect].
func (cborDialect) Append(msg []byte, p *Packet) ([]byte, error) {
	if err := p.check(); err != nil {
		return msg, fmt.Errorf("append packet: %w", err)
	}
	start := len(msg)
	msg = append(msg, majorArray|4)
	msg = appendHead(msg, majorUint, uint64(p.Kind))
	msg = appendHead(msg, majorUint, p.ID)
	msg = append(appendHead(msg, majorText, uint64(len(p.Route))), p.Route...)
	msg = append(appendHead(msg, majorBytes, uint64(len(p.Body))), p.Body...)

	h := cborHeader{b: msg}
	h.fill(p)
	if h.n > 0 {
		h.b[start] = majorArray | 5
	}
	return h.b, nil
}

// cborHeader writes the fifth element of a packet, if there is anything in it.
type cborHeader struct {
	b  []byte
	at int // of the map's head, once n > 0
	n  byte
}

func (h *cborHeader) fill(p *Packet) {
	h.uint(keyTimeout, millis(p.Timeout))
	h.meta(p.Meta)
	h.text(keyCode, p.Code)
	h.text(keyMessage, fitText(p.Message))
	if p.Ran {
		h.key(keyRan)
		h.b = append(h.b, itemTrue)
	}
	h.text(keyIncident, p.Incident)
	h.uint(keyRetryAfter, millis(p.RetryAfter))
	h.uint(keyStatus, uint64(p.Status))
	h.uint(keyCredit, uint64(p.Credit))
	h.uint(keyDepth, uint64(p.Depth))
	h.text(keyTopic, p.Topic)
	h.uint(keyMissed, p.Missed)
	h.uint(keySeq, p.Seq)
	h.uint(keyAck, p.Ack)
	h.text(keyTarget, p.Target)
	h.text(keyOrigin, p.Origin)
	h.text(keyTrace, p.Trace)
}

// key starts an entry. There are less than 24 of them, so that the head of the
// map is one byte, which can be counted up in place.
func (h *cborHeader) key(key byte) {
	if h.n == 0 {
		h.at = len(h.b)
		h.b = append(h.b, majorMap)
	}
	h.n++
	h.b[h.at]++
	h.b = append(h.b, key)
}

func (h *cborHeader) uint(key byte, n uint64) {
	if n != 0 {
		h.key(key)
		h.b = appendHead(h.b, majorUint, n)
	}
}

func (h *cborHeader) text(key byte, s string) {
	if s != "" {
		h.key(key)
		h.b = append(appendHead(h.b, majorText, uint64(len(s))), s...)
	}
}

// meta writes the entries sorted, so that a packet has one encoding.
func (h *cborHeader) meta(meta map[string]string) {
	if len(meta) == 0 {
		return
	}
	h.key(keyMeta)
	h.b = appendHead(h.b, majorMap, uint64(len(meta)))
	var scratch [MaxMetaKeys]string
	for _, k := range sortedKeys(scratch[:0], meta) {
		h.b = append(appendHead(h.b, majorText, uint64(len(k))), k...)
		v := meta[k]
		h.b = append(appendHead(h.b, majorText, uint64(len(v))), v...)
	}
}

func sortedKeys(keys []string, m map[string]string) []string {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
