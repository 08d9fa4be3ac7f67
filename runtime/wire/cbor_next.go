package wire

import (
	"fmt"
	"math"
	"unsafe"
)

// Next implements [Dialect].
func (cborDialect) Next(msg []byte, p *Packet) (rest []byte, err error) {
	*p = Packet{}
	r := cborPacketReader{Decoder: Decoder{cursor: cursor{data: msg}}}
	if r.packet(p); r.err != nil {
		return nil, fmt.Errorf("malformed packet: %w", r.err)
	}
	return msg[r.off:], r.refused(p)
}

type cborPacketReader struct {
	Decoder
	refusal
}

func (r *cborPacketReader) packet(p *Packet) {
	n := r.array()
	if n < 4 || n > 5 {
		r.fail("not an array of four or five elements")
		return
	}
	p.Kind = r.kind()
	p.ID = r.uint()
	p.Route = r.name(alias(r.text()), "route")
	if body := r.bytes(); len(body) > 0 {
		p.Body = body
	}
	if n == 5 {
		r.header(p)
	}
}

func (r *cborPacketReader) kind() Kind {
	n := r.uint()
	k := Kind(n)
	if n > math.MaxUint8 {
		k = 0
	}
	if !k.Known() && !k.Ignorable() {
		r.refuse(CodeUnsupported, fmt.Sprintf("unknown kind %d", n))
	}
	return k
}

func (r *cborPacketReader) header(p *Packet) {
	last := uint64(0)
	for range r.entries() {
		key := r.uint()
		if key <= last {
			r.fail("header keys do not ascend from 1")
		}
		if r.field(p, key); r.err != nil {
			return
		}
		last = key
	}
}

func (r *cborPacketReader) field(p *Packet, key uint64) {
	switch key {
	case keyTimeout:
		p.Timeout = fromMillis(r.uint())
	case keyMeta:
		r.meta(p)
	case keyCode:
		p.Code = r.name(string(r.text()), "code")
	case keyMessage:
		p.Message = r.label(r.text(), MaxText)
	case keyRan:
		p.Ran = r.bool()
	case keyIncident:
		p.Incident = r.label(r.text(), MaxLabel)
	case keyRetryAfter:
		p.RetryAfter = fromMillis(r.uint())
	case keyStatus:
		p.Status = uint16(r.limit(r.uint(), math.MaxUint16))
	case keyCredit:
		p.Credit = uint32(r.limit(r.uint(), math.MaxUint32))
	case keyDepth:
		p.Depth = uint8(r.limit(r.uint(), math.MaxUint8))
	case keyTopic:
		p.Topic = r.label(r.text(), MaxLabel)
	case keyMissed:
		p.Missed = r.uint()
	case keySeq:
		p.Seq = r.uint()
	case keyAck:
		p.Ack = r.uint()
	case keyTarget:
		p.Target = r.label(r.text(), MaxLabel)
	case keyOrigin:
		p.Origin = r.label(r.text(), MaxLabel)
	case keyTrace:
		p.Trace = r.label(r.text(), MaxLabel)
	default:
		r.unknown(key)
	}
}

func (r *cborPacketReader) unknown(key uint64) {
	if key <= 63 || key%2 == 0 {
		r.refuse(CodeUnsupported, fmt.Sprintf("unknown header %d", key))
	}
	r.skip()
}

func (r *cborPacketReader) meta(p *Packet) {
	for range r.entries() {
		key := r.text()
		if value := r.text(); !r.refusal.meta(p, key, value) {
			r.fail("duplicate key in meta")
		}
		if r.err != nil {
			return
		}
	}
	r.leave()
}

// alias sees b as a string without copying it. It is for routes only: they are
// looked up in a map and dropped, once for every call, and the packet says that
// it aliases its message, which nobody changes while the packet is in use.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
