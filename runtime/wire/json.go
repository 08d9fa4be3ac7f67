package wire

import (
	"errors"
	"fmt"
	"strconv"
)

// JSONv1 is the readable dialect, for browsers and other languages.
//
// A packet is an object. What is zero is left out, but for the kind:
//
//	name            field        value
//	kind            Kind         its name, see [Kind.String]
//	id              ID           number
//	route           Route        string
//	body            Body         any value
//	timeout_ms      Timeout      number, milliseconds
//	meta            Meta         object of strings
//	code            Code         string
//	message         Message      string
//	ran             Ran          true
//	incident        Incident     string
//	retry_after_ms  RetryAfter   number, milliseconds
//	status          Status       number
//	credit          Credit       number
//	depth           Depth        number
//	topic           Topic        string
//	missed          Missed       number
//	seq             Seq          number
//	ack             Ack          number
//	target          Target       string
//	origin          Origin       string
//	trace           Trace        string
//
// Numbers are unsigned integers. Names come in any order, none twice. A name,
// or the name of a kind, that the receiver does not know is ignored if it begins
// with x-; else the packet is refused. A message is one or more packets with a
// newline between them.
var JSONv1 Dialect = jsonDialect{}

type jsonDialect struct{}

func (jsonDialect) Name() string { return "ipc.json.v1" }
func (jsonDialect) Codec() Codec { return JSON }
func (jsonDialect) Text() bool   { return true }

// Append implements [Dialect].
func (jsonDialect) Append(msg []byte, p *Packet) ([]byte, error) {
	if err := p.check(); err != nil {
		return msg, fmt.Errorf("append packet: %w", err)
	}
	if len(p.Body) > 0 && !isExtent(p.Body) {
		return msg, errors.New("append packet: body is not one JSON value")
	}
	if len(msg) > 0 {
		msg = append(msg, '\n')
	}
	w := jsonWriter(append(msg, `{"kind":`...))
	w.quote(p.Kind.String())
	w.packet(p)
	return append(w, '}'), nil
}

// jsonWriter is a message that a packet is being appended to.
type jsonWriter []byte

func (w *jsonWriter) packet(p *Packet) {
	w.uint("id", p.ID)
	w.text("route", p.Route)
	if len(p.Body) > 0 {
		w.name("body")
		*w = append(*w, p.Body...)
	}
	w.uint("timeout_ms", millis(p.Timeout))
	w.meta(p.Meta)
	w.text("code", p.Code)
	w.text("message", fitText(p.Message))
	if p.Ran {
		w.name("ran")
		*w = append(*w, "true"...)
	}
	w.text("incident", p.Incident)
	w.uint("retry_after_ms", millis(p.RetryAfter))
	w.uint("status", uint64(p.Status))
	w.uint("credit", uint64(p.Credit))
	w.uint("depth", uint64(p.Depth))
	w.text("topic", p.Topic)
	w.uint("missed", p.Missed)
	w.uint("seq", p.Seq)
	w.uint("ack", p.Ack)
	w.text("target", p.Target)
	w.text("origin", p.Origin)
	w.text("trace", p.Trace)
}

func (w *jsonWriter) name(name string) {
	*w = append(*w, ',', '"')
	*w = append(*w, name...)
	*w = append(*w, '"', ':')
}

func (w *jsonWriter) uint(name string, n uint64) {
	if n != 0 {
		w.name(name)
		*w = strconv.AppendUint(*w, n, 10)
	}
}

func (w *jsonWriter) text(name, s string) {
	if s != "" {
		w.name(name)
		w.quote(s)
	}
}

// meta writes the entries sorted, so that a packet has one encoding.
func (w *jsonWriter) meta(meta map[string]string) {
	if len(meta) == 0 {
		return
	}
	w.name("meta")
	var scratch [MaxMetaKeys]string
	for i, key := range sortedKeys(scratch[:0], meta) {
		*w = append(*w, "{,"[min(i, 1)])
		w.quote(key)
		*w = append(*w, ':')
		w.quote(meta[key])
	}
	*w = append(*w, '}')
}

// quote writes a string that is known to be UTF-8.
func (w *jsonWriter) quote(s string) {
	*w = append(*w, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			*w = append(*w, '\\', c)
		case c < ' ':
			*w = append(*w, `\u00`...)
			*w = append(*w, hex[c>>4], hex[c&15])
		default:
			*w = append(*w, c)
		}
	}
	*w = append(*w, '"')
}

const hex = "0123456789abcdef"
