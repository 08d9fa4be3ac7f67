package wire

import (
	"bytes"
	"reflect"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// EncodeAny writes a value of any type by reflection, to the bytes generated
// code would write, with the entries of maps in no particular order. A time
// whose offset is not in whole minutes is refused.
func EncodeAny[T any](e *Encoder, v *T) {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if shapeOf(CBOR, reflect.TypeFor[T]()).delicate {
		if err := fault(CBOR, reflect.ValueOf(v), maxNesting); err != nil {
			e.failed(err)
			return
		}
	}
	if err := encMode.MarshalToBuffer(v, buf); err != nil {
		e.failed(&ValueError{Problem: err.Error(), cause: err})
		return
	}
	e.append(buf.Bytes())
}

// append takes over an item that was encoded elsewhere, if it keeps the limits.
func (e *Encoder) append(item []byte) {
	d := Decoder{cursor: cursor{data: item, depth: e.depth}}
	if d.skip(); d.err != nil {
		e.failed(d.err)
		return
	}
	e.b = append(e.b, item...)
}

// DecodeAny reads a value of any type by reflection, into a *v that should be
// zero. An item for an any becomes an int64, float64, bool, string, []byte,
// []any, map[string]any or nil.
func DecodeAny[T any](d *Decoder, v *T) {
	start := d.off
	if d.scan(shapeOf(CBOR, reflect.TypeFor[T]())); d.err != nil {
		return
	}
	if err := decMode.Unmarshal(d.data[start:d.off], v); err != nil {
		d.failed(&ValueError{Problem: err.Error(), cause: err})
	}
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// The modes make the library agree with generated code. Its defaults would cut
// times to seconds, accept duplicate keys, and match names of another case.
var (
	encMode = must(cbor.EncOptions{
		Time:          cbor.TimeRFC3339Nano,
		ShortestFloat: cbor.ShortestFloatNone,
		NaNConvert:    cbor.NaNConvertNone,
		InfConvert:    cbor.InfConvertNone,
		IndefLength:   cbor.IndefLengthForbidden,
		TagsMd:        cbor.TagsForbidden,
		TextMarshaler: cbor.TextMarshalerTextString,
	}.UserBufferEncMode())

	decMode = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		UTF8:              cbor.UTF8RejectInvalid,
		IntDec:            cbor.IntDecConvertSignedOrFail,
		DefaultMapType:    reflect.TypeFor[map[string]any](),
		TextUnmarshaler:   cbor.TextUnmarshalerTextString,
		MaxNestedLevels:   MaxDepth,
		MaxArrayElements:  MaxArray,
		MaxMapPairs:       MaxMap,
	}.DecMode())
)

func must[T any](mode T, err error) T {
	if err != nil {
		panic("wire: " + err.Error())
	}
	return mode
}
