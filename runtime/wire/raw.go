package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
)

// Raw is a value that stays encoded: for those who pass values on without
// knowing their types. It may stand wherever a value may, alone or inside
// another, under either codec: where the other codec is spoken it is
// translated, as [Raw.In] says. The zero value is null.
//
// A Raw that was decoded holds bytes of its own. They are not to be changed.
type Raw struct {
	Codec Codec
	// Bytes hold one value, encoded in Codec; none stand for null. Encoding
	// refuses what is not well-formed or exceeds the limits of this package.
	Bytes []byte
}

// RawOf encodes v.
func RawOf[T any](c Codec, v T) (Raw, error) {
	b, err := Marshal(c, nil, nil, &v)
	return Raw{c, b}, err
}

// Decode decodes r into what v points to, as strictly as [Unmarshal] does. In
// an any an integer becomes an int64 if it was encoded in CBOR, a float64 if
// in JSON.
func (r Raw) Decode(v any) error {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return errNoPointer
	}
	if r.Codec == JSON {
		return r.decodeJSON(p)
	}
	return r.decodeCBOR(p)
}

var errNoPointer = errors.New("wire: Raw.Decode wants a pointer")

func (r Raw) decodeCBOR(v reflect.Value) error {
	b := r.bytes()
	d := Decoder{cursor: cursor{data: b, budget: budget(len(b))}}
	d.scan(shapeOf(CBOR, v.Type().Elem()))
	if err := d.finish(); err != nil {
		return err
	}
	return otherProblem(decMode.Unmarshal(b, v.Interface()))
}

func (r Raw) decodeJSON(v reflect.Value) error {
	b := r.bytes()
	j := jsonReader{cursor{data: b, budget: budget(len(b))}}
	j.scan(shapeOf(JSON, v.Type().Elem()))
	if j.end(); j.err != nil {
		return j.err
	}
	return otherProblem(json.Unmarshal(b, v.Interface()))
}

// otherProblem is what a library says that our own scan has not said before.
func otherProblem(err error) error {
	if err == nil {
		return nil
	}
	return &ValueError{Problem: err.Error(), cause: err}
}

// In returns the value in the codec c: r itself if that is its own and r is
// well-formed, but in JSON without line breaks, which separate packets.
//
// From JSON to CBOR a number without fraction and exponent becomes an integer,
// every other a float. From CBOR to JSON bytes become base64, and integers that
// are keys become text. Each is what the other side would have sent for the
// same Go value but where JSON cannot say what was meant: text may have stood
// for bytes, and keys for integers. NaN and the infinities are refused.
func (r Raw) In(c Codec) (Raw, error) {
	if r.Codec == c {
		err := r.check()
		if err == nil && c == JSON && bytes.IndexByte(r.Bytes, '\n') >= 0 {
			r.Bytes = bytes.ReplaceAll(r.Bytes, []byte{'\n'}, []byte{' '}) // white space: text has none
		}
		return r, err
	}
	var t translator
	if c == CBOR {
		t.toCBOR(r.bytes())
	} else {
		t.toJSON(r.bytes())
	}
	if t.err != nil {
		return Raw{}, t.err
	}
	return Raw{c, t.out}, nil
}

// check says what is wrong with r, if it is not one well-formed value.
func (r Raw) check() error {
	if r.Codec == JSON {
		j := jsonReader{cursor{data: r.bytes()}}
		j.skip()
		if j.end(); j.err != nil {
			return j.err
		}
		return nil
	}
	d := Decoder{cursor: cursor{data: r.bytes()}}
	d.skip()
	return d.finish()
}

// bytes returns the encoding, also of null.
func (r Raw) bytes() []byte {
	if len(r.Bytes) == 0 {
		return []byte(null(r.Codec))
	}
	return r.Bytes
}

// MarshalCBOR returns the value in CBOR.
func (r Raw) MarshalCBOR() ([]byte, error) { return r.marshal(CBOR) }

// MarshalJSON returns the value in JSON.
func (r Raw) MarshalJSON() ([]byte, error) { return r.marshal(JSON) }

func (r Raw) marshal(c Codec) ([]byte, error) {
	out, err := r.In(c)
	if err != nil {
		return nil, err
	}
	return out.bytes(), nil
}

// UnmarshalCBOR keeps a copy of b.
func (r *Raw) UnmarshalCBOR(b []byte) error {
	*r = Raw{CBOR, append([]byte(nil), b...)}
	return nil
}

// UnmarshalJSON keeps a copy of b.
func (r *Raw) UnmarshalJSON(b []byte) error {
	*r = Raw{JSON, append([]byte(nil), b...)}
	return nil
}
