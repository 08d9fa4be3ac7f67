package wire

import (
	"errors"
	"sync"
)

// Marshal appends the encoding of *v to b. Under [CBOR] it is coding's, or by
// reflection if coding is nil or empty; under [JSON] always by reflection. On
// an error, a [*ValueError] where the place is known, b is returned as it was.
//
// A T of struct{} stands for no result: it is encoded as null.
func Marshal[T any](c Codec, b []byte, coding *Coding[T], v *T) ([]byte, error) {
	if isNothing(v) {
		return append(b, null(c)...), nil
	}
	if c == JSON {
		return marshalJSON(b, v)
	}
	e := encoders.Get().(*Encoder)
	e.b = b
	if coding != nil && coding.Encode != nil {
		coding.Encode(e, v)
	} else {
		EncodeAny(e, v)
	}
	out, err := e.finish(len(b))
	encoders.Put(e)
	if err != nil {
		return b, err
	}
	return out, nil
}

// Unmarshal decodes body into *v, which should be zero: what body does not
// mention stays as it is. Its error is a [*ValueError] where the place is
// known; *v is then worth nothing.
//
// A T of struct{} takes any body, also none.
func Unmarshal[T any](c Codec, body []byte, coding *Coding[T], v *T) error {
	return unmarshal(c, body, coding, v, false)
}

// Borrow is [Unmarshal] without copies of byte slices where that can be: those
// that coding decodes from [CBOR] are parts of body, and worth nothing when its
// bytes are used for something else. Strings are copies always.
func Borrow[T any](c Codec, body []byte, coding *Coding[T], v *T) error {
	return unmarshal(c, body, coding, v, true)
}

func unmarshal[T any](c Codec, body []byte, coding *Coding[T], v *T, borrow bool) error {
	if isNothing(v) {
		return nil
	}
	if len(body) == 0 {
		return errors.New("empty body")
	}
	if c == JSON {
		return unmarshalJSON(body, v)
	}
	d := decoders.Get().(*Decoder)
	d.data, d.budget, d.borrow = body, budget(len(body)), borrow
	if coding != nil && coding.Decode != nil {
		coding.Decode(d, v)
	} else {
		DecodeAny(d, v)
	}
	err := d.finish()
	decoders.Put(d)
	return err
}

// UnmarshalArgs decodes the body of a call, which is a map of its arguments by
// name: never null, never absent, and hence never those of a struct{}. The paths
// of its errors begin with args.
func UnmarshalArgs[T any](c Codec, body []byte, coding *Coding[T], v *T) error {
	return unmarshalArgs(c, body, coding, v, false)
}

// BorrowArgs is [UnmarshalArgs] as [Borrow] is [Unmarshal].
func BorrowArgs[T any](c Codec, body []byte, coding *Coding[T], v *T) error {
	return unmarshalArgs(c, body, coding, v, true)
}

func unmarshalArgs[T any](c Codec, body []byte, coding *Coding[T], v *T, borrow bool) error {
	if !holdsMap(c, body) {
		return &ValueError{Path: "args", Problem: "not a map"}
	}
	err := unmarshal(c, body, coding, v, borrow)
	if value, ok := err.(*ValueError); ok {
		value.under("args")
	}
	return err
}

// holdsMap looks at the first byte of body only; decoding does the rest.
func holdsMap(c Codec, body []byte) bool {
	if c == JSON {
		r := jsonReader{cursor{data: body}}
		return r.peek() == '{'
	}
	return len(body) > 0 && body[0]&majorBits == majorMap
}

// finish returns what was written behind the first start bytes, and makes e fit
// for another use.
func (e *Encoder) finish(start int) ([]byte, error) {
	b, err := e.b, e.err
	e.b, e.depth, e.err = nil, 0, nil
	if err != nil {
		err.under(whereEnds(b[start:e.broken]))
		return nil, err
	}
	return b, nil
}

// whereEnds is the path to the place where an encoding breaks off. It spares
// encoders to keep track of where they are.
func whereEnds(partial []byte) string {
	d := Decoder{cursor: cursor{data: partial}, missing: 1 << 32}
	d.skip()
	if d.err == nil {
		return ""
	}
	return d.err.Path
}

// finish checks that all was read and makes d fit for another use.
func (d *Decoder) finish() error {
	if d.err == nil && d.off < len(d.data) {
		d.fail("trailing bytes")
	}
	err := d.err
	*d = Decoder{chunk: d.chunk}
	if err != nil {
		return err
	}
	return nil
}

// Codings are called through function values, which would move an encoder on
// the stack to the heap: hence the pools.
var (
	encoders = sync.Pool{New: func() any { return new(Encoder) }}
	decoders = sync.Pool{New: func() any { return new(Decoder) }}
)

func isNothing[T any](v *T) bool {
	_, ok := any(v).(*struct{})
	return ok
}

func null(c Codec) string {
	if c == JSON {
		return "null"
	}
	return "\xf6"
}
