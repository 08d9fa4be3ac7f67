package wire

import "fmt"

// The codes of a [PacketError].
const (
	CodeUnsupported = "unsupported" // of a later version: a kind or a header we do not know
	CodeBadRequest  = "bad_request" // against the rules of this one
)

// A PacketError refuses one packet, which was understood well enough to answer
// it and to find its end: the packets behind it are not affected.
type PacketError struct {
	ID      uint64
	Kind    Kind // 0 if unknown
	Code    string
	Message string
}

func (e *PacketError) Error() string {
	return fmt.Sprintf("packet %s %d: %s: %s", e.Kind, e.ID, e.Code, e.Message)
}

// refusal is the first reason found to refuse a packet. Who finds one reads on,
// to the packet's end.
type refusal struct {
	why      *PacketError
	metaSize int // bytes
}

func (r *refusal) refuse(code, message string) {
	if r.why == nil {
		r.why = &PacketError{Code: code, Message: message}
	}
}

// refused is the error that refuses p, if there is a reason.
func (r *refusal) refused(p *Packet) error {
	if r.why == nil {
		return nil
	}
	r.why.ID, r.why.Kind = p.ID, p.Kind
	return r.why
}

// name lets s pass if it is a name, or nothing.
func (r *refusal) name(s, what string) string {
	if err := checkName(what, s); err != nil {
		r.refuse(CodeBadRequest, err.Error())
		return ""
	}
	return s
}

// label copies a text of at most limit bytes.
func (r *refusal) label(b []byte, limit int) string {
	if len(b) > limit {
		r.refuse(CodeBadRequest, fmt.Sprintf("text of more than %d bytes", limit))
		return ""
	}
	return string(b)
}

// limit lets n pass if it is not above limit.
func (r *refusal) limit(n, limit uint64) uint64 {
	if n > limit {
		r.refuse(CodeBadRequest, fmt.Sprintf("number above %d", limit))
		return 0
	}
	return n
}

// meta copies an entry into p.Meta, unless there is too much already. It
// returns false for a duplicate, which is a mistake of the encoding.
func (r *refusal) meta(p *Packet, key, value []byte) bool {
	if _, ok := p.Meta[string(key)]; ok {
		return false
	}
	if r.metaSize += len(key) + len(value); r.metaSize > MaxMeta || len(p.Meta) == MaxMetaKeys {
		r.refuse(CodeBadRequest, fmt.Sprintf("meta of more than %d keys or %d bytes", MaxMetaKeys, MaxMeta))
		return true
	}
	if p.Meta == nil {
		p.Meta = make(map[string]string)
	}
	p.Meta[string(key)] = string(value)
	return true
}
