package wire

import (
	"math"
	"reflect"
	"time"
	"unsafe"
)

// DecodeBool reads true or false.
func DecodeBool[T ~bool](d *Decoder, v *T) { *v = T(d.bool()) }

// DecodeInt reads an integer, which must be in T's range.
func DecodeInt[T ~int | ~int8 | ~int16 | ~int32 | ~int64](d *Decoder, v *T) {
	n := d.int()
	if *v = T(n); int64(*v) != n {
		d.fail("integer out of range")
	}
}

// DecodeUint reads an integer, which must be in T's range.
func DecodeUint[T ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr](d *Decoder, v *T) {
	n := d.uint()
	if *v = T(n); uint64(*v) != n {
		d.fail("integer out of range")
	}
}

// DecodeFloat reads a float of any width or an integer. Digits that T has no
// room for are rounded away; a magnitude it has no room for is refused.
func DecodeFloat[T ~float32 | ~float64](d *Decoder, v *T) {
	f := d.float()
	if unsafe.Sizeof(*v) == 4 && overflows32(f) {
		d.fail("float out of range")
	}
	*v = T(f)
}

func overflows32(f float64) bool {
	f = math.Abs(f)
	return f > math.MaxFloat32 && f <= math.MaxFloat64
}

// DecodeString reads text into a string of its own.
func DecodeString[T ~string](d *Decoder, v *T) {
	b := d.text()
	d.charge(len(b), 1)
	if d.err == nil {
		*v = T(alias(d.own(b)))
	}
}

// DecodeBytes reads a byte string into a slice of its own, or a borrowed one;
// null is nil.
func DecodeBytes[T ~[]byte](d *Decoder, v *T) {
	if d.null() {
		*v = nil
		return
	}
	b := d.bytes()
	d.charge(len(b), 1)
	if d.err == nil {
		*v = d.owned(b)
	}
}

// DecodeTime reads RFC 3339 text; null is the zero time.
func DecodeTime(d *Decoder, v *time.Time) {
	if d.null() {
		*v = time.Time{}
		return
	}
	if err := v.UnmarshalText(d.text()); err != nil {
		d.fail("not a time in RFC 3339")
	}
}

// DecodeSlice reads an array, or a byte string if T is a kind of byte; null is
// nil.
func DecodeSlice[S ~[]T, T any](d *Decoder, v *S, elem func(*Decoder, *T)) {
	switch {
	case d.null():
		*v = nil
	case isByte[T]():
		b := d.bytes()
		if d.charge(len(b), 1); d.err == nil {
			own := d.owned(b)
			*v = unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(own))), len(own))
		}
	default:
		n := d.array()
		if d.charge(n, unsafe.Sizeof(*new(T))); d.err == nil {
			*v = make(S, n)
			decodeElements(d, *v, elem)
		}
	}
}

// DecodeArray reads an array of exactly len(v) elements into v, or as many
// bytes if T is a kind of byte.
func DecodeArray[T any](d *Decoder, v []T, elem func(*Decoder, *T)) {
	if isByte[T]() {
		b := d.bytes()
		d.wantLength(len(b), len(v))
		copy(asBytes(v), b)
		return
	}
	n := d.array()
	if d.wantLength(n, len(v)); d.err == nil {
		decodeElements(d, v, elem)
	}
}

func decodeElements[T any](d *Decoder, v []T, elem func(*Decoder, *T)) {
	for i := range v {
		if elem(d, &v[i]); d.err != nil {
			d.err.under(indexStep(i))
			return
		}
	}
	d.leave()
}

// DecodeMap reads a map without duplicate keys; null is nil.
func DecodeMap[M ~map[K]V, K comparable, V any](d *Decoder, v *M, key func(*Decoder, *K), val func(*Decoder, *V)) {
	if d.null() {
		*v = nil
		return
	}
	n := d.entries()
	d.chargeMap(n, unsafe.Sizeof(*new(K)), unsafe.Sizeof(*new(V)))
	if d.err != nil {
		return
	}
	m := make(M, n)
	var entry mapEntry[K, V] // one for all: it moves to the heap
	for range n {
		if entry.decode(d, m, key, val); d.err != nil {
			return
		}
	}
	*v = m
	d.leave()
}

type mapEntry[K comparable, V any] struct {
	key K
	val V
}

func (e *mapEntry[K, V]) decode(d *Decoder, m map[K]V, key func(*Decoder, *K), val func(*Decoder, *V)) {
	*e = mapEntry[K, V]{}
	if key(d, &e.key); d.err != nil {
		d.err.under("[key]")
		return
	}
	if _, ok := m[e.key]; ok {
		d.fail("duplicate key")
	} else {
		val(d, &e.val)
	}
	if d.err != nil {
		d.err.under(keyStep(reflect.ValueOf(e.key)))
		return
	}
	m[e.key] = e.val
}

// DecodePointer reads what is pointed to into a new variable; null is nil.
func DecodePointer[T any](d *Decoder, v **T, elem func(*Decoder, *T)) {
	if d.null() {
		*v = nil
		return
	}
	if d.charge(1, unsafe.Sizeof(*new(T))); d.err != nil {
		return
	}
	*v = new(T)
	elem(d, *v)
}

func (d *Decoder) wantLength(have, want int) {
	if have != want {
		d.fail("array of another length")
	}
}
