package wire

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// Next implements [Dialect].
func (jsonDialect) Next(msg []byte, p *Packet) (rest []byte, err error) {
	*p = Packet{}
	r := jsonPacketReader{jsonReader: jsonReader{cursor{data: msg}}}
	if r.packet(p); r.err != nil {
		return nil, fmt.Errorf("malformed packet: %w", r.err)
	}
	r.peek()
	return msg[r.off:], r.refused(p)
}

type jsonPacketReader struct {
	jsonReader
	refusal
}

// jsonNames are the names of a packet's entries, in the order of writing.
var jsonNames = []string{
	"kind", "id", "route", "body", "timeout_ms", "meta", "code", "message", "ran", "incident",
	"retry_after_ms", "status", "credit", "depth", "topic", "missed", "seq", "ack", "target", "origin", "trace",
}

func (r *jsonPacketReader) packet(p *Packet) {
	keys := newKeySet(jsonNames)
	r.object()
	for n := 0; r.more(n, '}', MaxMap); n++ {
		key := r.key()
		if r.err != nil {
			return
		}
		r.entry(p, &keys, key)
	}
	if keys.seen&1 == 0 {
		r.fail("no kind")
	}
}

func (r *jsonPacketReader) entry(p *Packet, keys *keySet, key []byte) {
	switch {
	case !keys.find(key):
		r.unknown(keys, key)
	case !keys.mark():
		r.fail("duplicate key " + quote(key))
	default:
		r.field(p, jsonNames[keys.index])
	}
}

func (r *jsonPacketReader) unknown(keys *keySet, key []byte) {
	if problem := keys.refuse(key); problem != "" {
		r.fail(problem + " " + quote(key))
		return
	}
	if !bytes.HasPrefix(key, []byte("x-")) {
		r.refuse(CodeUnsupported, "unknown entry "+quote(key))
	}
	r.extent()
}

func (r *jsonPacketReader) field(p *Packet, name string) {
	switch name {
	case "kind":
		p.Kind = r.kind()
	case "id":
		p.ID = r.uint()
	case "route":
		p.Route = r.name(alias(r.text()), name)
	case "body":
		p.Body = r.extent()
	case "timeout_ms":
		p.Timeout = fromMillis(r.uint())
	case "meta":
		r.meta(p)
	case "code":
		p.Code = r.name(string(r.text()), name)
	case "message":
		p.Message = r.label(r.text(), MaxText)
	case "ran":
		p.Ran = r.bool()
	case "incident":
		p.Incident = r.label(r.text(), MaxLabel)
	case "retry_after_ms":
		p.RetryAfter = fromMillis(r.uint())
	case "status":
		p.Status = uint16(r.limit(r.uint(), math.MaxUint16))
	case "credit":
		p.Credit = uint32(r.limit(r.uint(), math.MaxUint32))
	case "depth":
		p.Depth = uint8(r.limit(r.uint(), math.MaxUint8))
	case "topic":
		p.Topic = r.label(r.text(), MaxLabel)
	case "missed":
		p.Missed = r.uint()
	case "seq":
		p.Seq = r.uint()
	case "ack":
		p.Ack = r.uint()
	case "target":
		p.Target = r.label(r.text(), MaxLabel)
	case "origin":
		p.Origin = r.label(r.text(), MaxLabel)
	case "trace":
		p.Trace = r.label(r.text(), MaxLabel)
	}
}

func (r *jsonPacketReader) kind() Kind {
	name := r.text()
	k := parseKind(string(name))
	if k == 0 {
		r.refuse(CodeUnsupported, "unknown kind "+quote(name))
	}
	return k
}

func (r *jsonPacketReader) uint() uint64 {
	n, err := strconv.ParseUint(string(r.number()), 10, 64)
	if err != nil {
		r.fail("not an unsigned integer of 64 bits")
	}
	return n
}

func (r *jsonPacketReader) meta(p *Packet) {
	r.object()
	for n := 0; r.more(n, '}', MaxMap); n++ {
		key := r.key()
		if value := r.text(); r.err == nil && !r.refusal.meta(p, key, value) {
			r.fail("duplicate key in meta")
		}
	}
}

// extent reads one value without looking into it, and returns it. Where it ends
// is certain even if it is malformed, so that a bad body is the trouble of its
// packet only.
func (r *jsonReader) extent() []byte {
	c := r.peek()
	start := r.off
	switch c {
	case '"':
		r.textExtent()
	case '[', '{':
		r.nestedExtent()
	default:
		r.wordExtent()
	}
	if r.err != nil {
		return nil
	}
	return r.data[start:r.off:r.off]
}

// textExtent reads to the quote that ends a string.
func (r *jsonReader) textExtent() {
	for r.off++; ; r.off += 2 { // behind a backslash and what it escapes
		n := plainText(r.data[min(r.off, len(r.data)):])
		r.off += n
		if r.off >= len(r.data) {
			r.fail("unexpected end")
			return
		}
		if r.data[r.off] == '"' {
			r.off++
			return
		}
	}
}

// plainText returns how many bytes of b come before a quote or a backslash.
func plainText(b []byte) (n int) {
	for n < len(b) {
		// A window at a time: a search to the far end after each of many
		// escapes would take quadratic time.
		window := b[n:min(len(b), n+256)]
		end := bytes.IndexByte(window, '"')
		if end < 0 {
			end = len(window)
		}
		if escape := bytes.IndexByte(window[:end], '\\'); escape >= 0 {
			return n + escape
		}
		if n += end; end < len(window) {
			return n
		}
	}
	return n
}

// nestedExtent reads to the bracket that closes the first.
func (r *jsonReader) nestedExtent() {
	for open := 0; r.off < len(r.data); {
		switch r.data[r.off] {
		case '"':
			r.textExtent()
			continue
		case '[', '{':
			open++
		case ']', '}':
			open--
		}
		if r.off++; open == 0 {
			return
		}
	}
	r.fail("unexpected end")
}

// wordExtent reads a number or a literal, or what is in the place of one.
func (r *jsonReader) wordExtent() {
	n := bytes.IndexAny(r.data[r.off:], ",:[]{}\" \t\r\n")
	if n < 0 {
		n = len(r.data) - r.off
	}
	if n == 0 {
		r.mismatch("value")
		return
	}
	r.off += n
}

// isExtent reports whether b is one value from its first byte to its last.
func isExtent(b []byte) bool {
	r := jsonReader{cursor{data: b}}
	return len(r.extent()) == len(b)
}
