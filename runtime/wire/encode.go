package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"time"
	"unsafe"
)

// EncodeBool writes true or false.
func EncodeBool[T ~bool](e *Encoder, v *T) {
	if *v {
		e.b = append(e.b, itemTrue)
	} else {
		e.b = append(e.b, itemFalse)
	}
}

// EncodeInt writes an integer.
func EncodeInt[T ~int | ~int8 | ~int16 | ~int32 | ~int64](e *Encoder, v *T) {
	if n := int64(*v); n < 0 {
		e.head(majorNint, uint64(^n))
	} else {
		e.head(majorUint, uint64(n))
	}
}

// EncodeUint writes an integer.
func EncodeUint[T ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr](e *Encoder, v *T) {
	e.head(majorUint, uint64(*v))
}

// EncodeFloat writes a float in the width of its type, NaN and the infinities
// included.
func EncodeFloat[T ~float32 | ~float64](e *Encoder, v *T) {
	if unsafe.Sizeof(*v) == 4 {
		e.b = binary.BigEndian.AppendUint32(append(e.b, itemFloat32), math.Float32bits(float32(*v)))
	} else {
		e.b = binary.BigEndian.AppendUint64(append(e.b, itemFloat64), math.Float64bits(float64(*v)))
	}
}

// EncodeString writes text. What is not UTF-8 is refused.
func EncodeString[T ~string](e *Encoder, v *T) { e.text(string(*v)) }

// EncodeBytes writes a byte string; nil is null.
func EncodeBytes[T ~[]byte](e *Encoder, v *T) {
	if *v == nil {
		e.null()
		return
	}
	e.bytes(*v)
}

// EncodeTime writes a time as RFC 3339 text, to the nanosecond and with its
// offset; the zero time is null. An offset of a fraction of a minute, which the
// text cannot say, is rounded: the instant is kept.
func EncodeTime(e *Encoder, v *time.Time) {
	if v.IsZero() {
		e.null()
		return
	}
	if !sayable(*v) {
		e.fail(problemTime)
		return
	}
	t := *v
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.In(time.FixedZone("", offset-offset%60))
	}
	var scratch [len(time.RFC3339Nano)]byte
	text := t.AppendFormat(scratch[:0], time.RFC3339Nano)
	e.head(majorText, uint64(len(text)))
	e.b = append(e.b, text...)
}

// sayable reports whether RFC 3339 has room for the year and the offset of t.
func sayable(t time.Time) bool {
	const day = 24 * 60 * 60
	_, offset := t.Zone()
	return t.Year() >= 0 && t.Year() <= 9999 && offset > -day && offset < day
}

const problemTime = "time that RFC 3339 cannot say"

// EncodeSlice writes an array, or a byte string if T is a kind of byte; nil is
// null.
func EncodeSlice[S ~[]T, T any](e *Encoder, v *S, elem func(*Encoder, *T)) {
	if *v == nil {
		e.null()
		return
	}
	EncodeArray(e, *v, elem)
}

// EncodeArray writes the elements of a Go array, given as a slice of all of it.
func EncodeArray[T any](e *Encoder, v []T, elem func(*Encoder, *T)) {
	if isByte[T]() {
		e.bytes(asBytes(v))
		return
	}
	if e.Array(len(v)); e.err != nil || !e.enter() {
		return
	}
	depth := e.depth
	for i := range v {
		e.depth, e.left[depth] = depth, 0
		if elem(e, &v[i]); e.err != nil {
			return
		}
	}
	e.depth = depth - 1
}

// EncodeMap writes a map, in no particular order; nil is null.
func EncodeMap[M ~map[K]V, K comparable, V any](e *Encoder, v *M, key func(*Encoder, *K), val func(*Encoder, *V)) {
	if *v == nil {
		e.null()
		return
	}
	if len(*v) > MaxMap {
		e.fail(fmt.Sprintf("map of %d entries, more than %d", len(*v), MaxMap))
		return
	}
	if !e.enter() {
		return
	}
	e.head(majorMap, uint64(len(*v)))
	depth := e.depth
	var entry struct { // one for all: it moves to the heap
		key K
		val V
	}
	for entry.key, entry.val = range *v {
		e.depth, e.left[depth] = depth, 0
		key(e, &entry.key)
		e.depth = depth
		if val(e, &entry.val); e.err != nil {
			return
		}
	}
	e.depth = depth - 1
}

// EncodePointer writes what is pointed to; nil is null.
func EncodePointer[T any](e *Encoder, v **T, elem func(*Encoder, *T)) {
	if *v == nil {
		e.null()
		return
	}
	if e.err != nil {
		return // or a cycle would go on for ever
	}
	depth := e.depth
	elem(e, *v)
	e.depth = depth
}

func (e *Encoder) bytes(b []byte) {
	e.b = append(appendHead(e.b, majorBytes, uint64(len(b))), b...)
}

// isByte reports whether T is byte or a type made of it. Slices and arrays of
// such cross as byte strings.
func isByte[T any]() bool {
	return unsafe.Sizeof(*new(T)) == 1 && reflect.TypeFor[T]().Kind() == reflect.Uint8
}

// asBytes sees v as bytes; T must be one by isByte.
func asBytes[T any](v []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v))
}
