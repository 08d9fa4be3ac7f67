package wire

import (
	"encoding"
	"encoding/json"
	"math/big"
	"reflect"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// A shape is what decoding needs to know of a Go type to judge an input before
// reflection decodes it: which items fit, and what they will make it allocate.
// A type has one shape for each codec, as these differ in tags and interfaces.
type shape struct {
	form     form
	typ      reflect.Type
	size     uintptr
	nullable bool     // null stands for nil, or for the zero time
	elem     *shape   // of pointers, slices, arrays; of maps the value
	key      *shape   // of maps
	names    []string // of structs, as they cross
	fields   []*shape // of structs and tuples
	numbered bool     // some names are numbers: see numberedKey
	embedded uintptr  // what the embedded pointers of a struct may allocate
	delicate bool     // see shaper.delicate; said of the root only
}

// form says how values of a type cross.
type form uint8

const (
	formNone form = iota // not at all
	formBool
	formInt
	formUint
	formFloat
	formString
	formBytes // slices, in CBOR also arrays, whose elements are bytes
	formArray
	formSlice
	formMap
	formStruct
	formTuple // a struct that crosses as an array
	formPointer
	formAny // an interface without methods

	// From here on types marshal themselves, or are marshaled as one.

	formTime
	formBigInt
	formText   // to text
	formBinary // to bytes
	formCustom // to anything
)

func (s *shape) marshalsItself() bool { return s.form >= formTime }

// shapes holds the finished ones, by codec and type.
var shapes [2]sync.Map

// shapeOf returns the shape of t under c.
func shapeOf(c Codec, t reflect.Type) *shape {
	if s, ok := shapes[c].Load(t); ok {
		return s.(*shape)
	}
	b := shaper{codec: c, made: make(map[reflect.Type]*shape), open: make(map[reflect.Type]bool)}
	s := b.shape(t)
	root := *s
	root.delicate = b.delicate
	published, _ := shapes[c].LoadOrStore(t, &root)
	return published.(*shape)
}

// shaper makes the shape of one type and of all it contains.
type shaper struct {
	codec Codec
	made  map[reflect.Type]*shape
	open  map[reflect.Type]bool // being made: met again, the type is recursive

	// delicate says that values have to be looked at before they are encoded:
	// they may contain themselves, or a time.
	delicate bool
}

func (b *shaper) shape(t reflect.Type) *shape {
	if s, ok := b.made[t]; ok {
		b.delicate = b.delicate || b.open[t]
		return s
	}
	s := &shape{typ: t, size: t.Size()}
	b.made[t], b.open[t] = s, true
	b.delicate = b.delicate || t == timeType
	if !b.marshaler(s) {
		b.plain(s)
	}
	b.open[t] = false
	return s
}

var (
	cborUnmarshaler = reflect.TypeFor[cbor.Unmarshaler]()
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	jsonNumber      = reflect.TypeFor[json.Number]()
	timeType        = reflect.TypeFor[time.Time]()
	bigInt          = reflect.TypeFor[big.Int]()
)

// Types that only marshal, or only unmarshal, cross by their kind: so do the
// libraries, in one direction or the other.
type (
	binaryMarshaler interface {
		encoding.BinaryMarshaler
		encoding.BinaryUnmarshaler
	}
	textMarshaler interface {
		encoding.TextMarshaler
		encoding.TextUnmarshaler
	}
)

// marshaler shapes types that decode themselves.
func (b *shaper) marshaler(s *shape) bool {
	if s.typ.Kind() == reflect.Pointer || s.typ.Kind() == reflect.Interface {
		return false
	}
	is := reflect.PointerTo(s.typ).Implements
	switch {
	case b.codec == JSON && (is(jsonUnmarshaler) || s.typ == jsonNumber):
		s.form, s.nullable = formCustom, true
	case b.codec == CBOR && s.typ == timeType:
		s.form, s.nullable = formTime, true
	case b.codec == CBOR && s.typ == bigInt:
		s.form = formBigInt
	case b.codec == CBOR && (is(cborUnmarshaler) || ofLibrary(s.typ)):
		s.form, s.nullable = formCustom, true
	case b.codec == CBOR && is(reflect.TypeFor[binaryMarshaler]()):
		s.form, s.nullable = formBinary, isReference(s.typ)
	case is(reflect.TypeFor[textMarshaler]()):
		s.form, s.nullable = formText, isReference(s.typ)
	}
	return s.form != formNone
}

// ofLibrary reports whether t is one of the library's own types, which decode
// themselves by methods that are not exported.
func ofLibrary(t reflect.Type) bool { return t.PkgPath() == reflect.TypeFor[cbor.Tag]().PkgPath() }

func isReference(t reflect.Type) bool { return t.Kind() == reflect.Slice || t.Kind() == reflect.Map }

// plain shapes types that are decoded by their kind.
func (b *shaper) plain(s *shape) {
	switch t := s.typ; t.Kind() {
	case reflect.Bool:
		s.form = formBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		s.form = formInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		s.form = formUint
	case reflect.Float32, reflect.Float64:
		s.form = formFloat
	case reflect.String:
		s.form = formString
	case reflect.Slice:
		s.nullable = true
		b.list(s, formSlice)
	case reflect.Array:
		b.list(s, formArray)
	case reflect.Map:
		s.form, s.nullable = formMap, true
		s.key, s.elem = b.shape(t.Key()), b.shape(t.Elem())
	case reflect.Pointer:
		s.form, s.nullable = formPointer, true
		s.elem = b.shape(t.Elem())
	case reflect.Interface:
		s.nullable = true
		if t.NumMethod() == 0 {
			s.form, b.delicate = formAny, true
		}
	case reflect.Struct:
		b.structure(s)
	}
}

// list shapes a slice or an array. Of bytes, CBOR makes a byte string of both,
// JSON one of slices.
func (b *shaper) list(s *shape, f form) {
	s.form, s.elem = f, b.shape(s.typ.Elem())
	if s.typ.Elem().Kind() == reflect.Uint8 && (b.codec == CBOR || f == formSlice && s.elem.form == formUint) {
		s.form = formBytes
	}
}

func (b *shaper) structure(s *shape) {
	s.form = formStruct
	if isTuple(s.typ) && b.codec == CBOR {
		s.form = formTuple
	}
	for _, f := range visibleFields(b.codec, s.typ) {
		s.names = append(s.names, f.name)
		s.numbered = s.numbered || f.number
		s.fields = append(s.fields, b.field(f))
	}
	s.embedded = embeddedPointers(s.typ)
}

// field shapes a field. One that JSON quotes is anything.
func (b *shaper) field(f visibleField) *shape {
	if f.quoted {
		return &shape{form: formCustom, typ: f.typ, size: f.typ.Size(), nullable: true}
	}
	return b.shape(f.typ)
}
