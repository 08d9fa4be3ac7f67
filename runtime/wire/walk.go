package wire

import (
	"iter"
	"math"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// maxNesting bounds walks through values. A library that encodes a cycle
// follows it until the stack ends the process. There is room for pointers,
// interfaces and embedded structs, which are no levels on the wire.
const maxNesting = 6 * MaxDepth

// fault returns the first value within v that c cannot say, or nil. Encoding
// by reflection asks before what it would get wrong in silence, and after what
// the library said of it without the place.
func fault(c Codec, v reflect.Value, limit int) *ValueError {
	if limit == 0 {
		return &ValueError{Problem: "nested too deep, or within itself"}
	}
	if problem := unsayable(c, v); problem != "" {
		return &ValueError{Problem: problem}
	}
	for step, part := range parts(c, v) {
		if err := fault(c, part, limit-1); err != nil {
			err.under(step.String())
			return err
		}
	}
	return nil
}

// unsayable says what is wrong with v itself.
func unsayable(c Codec, v reflect.Value) string {
	switch {
	case v.Type() == timeType && v.CanInterface():
		return unsayableTime(v.Interface().(time.Time))
	case c == CBOR || shapeOf(c, v.Type()).marshalsItself():
		return ""
	case v.CanFloat() && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)):
		return "JSON has no NaN and no infinity"
	case v.Kind() == reflect.String && !utf8.ValidString(v.String()):
		return "text is not UTF-8"
	}
	return ""
}

// unsayableTime refuses offsets with seconds: the libraries leave these out,
// which makes another instant.
func unsayableTime(t time.Time) string {
	if _, offset := t.Zone(); !t.IsZero() && (!sayable(t) || offset%60 != 0) {
		return problemTime
	}
	return ""
}

// step leads from a value to a part of it: a field, an element or an entry, or
// to what is behind a pointer.
type step struct {
	field   string
	element bool
	index   int
	key     reflect.Value
}

func (s step) String() string {
	switch {
	case s.element:
		return indexStep(s.index)
	case s.key.IsValid():
		return keyStep(s.key)
	default:
		return s.field
	}
}

// parts yields what v is made of and crosses under c: nothing of what marshals
// itself, which knows best. Numbers have no parts worth a visit, and are not
// visited as elements.
func parts(c Codec, v reflect.Value) iter.Seq2[step, reflect.Value] {
	return func(yield func(step, reflect.Value) bool) {
		switch {
		case v.Kind() == reflect.Pointer, v.Kind() == reflect.Interface:
			if !v.IsNil() {
				yield(step{}, v.Elem())
			}
		case !hasParts(v.Kind()) || shapeOf(c, v.Type()).marshalsItself():
		case v.Kind() == reflect.Struct:
			fieldsOf(v, yield)
		case v.Kind() == reflect.Map:
			entriesOf(v, yield)
		default:
			elementsOf(v, yield)
		}
	}
}

func hasParts(k reflect.Kind) bool {
	return k == reflect.Struct || k == reflect.Map || k == reflect.Slice || k == reflect.Array
}

func entriesOf(v reflect.Value, yield func(step, reflect.Value) bool) {
	for entry := v.MapRange(); entry.Next(); {
		if !yield(step{field: "[key]"}, entry.Key()) || !yield(step{key: entry.Key()}, entry.Value()) {
			return
		}
	}
}

func fieldsOf(v reflect.Value, yield func(step, reflect.Value) bool) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() && !f.Anonymous {
			continue
		}
		if !yield(step{field: fieldStep(f)}, v.Field(i)) {
			return
		}
	}
}

// fieldStep is the name of a field in JSON, or nothing for an embedded one.
func fieldStep(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case name != "":
		return name
	case f.Anonymous:
		return ""
	default:
		return f.Name
	}
}

func elementsOf(v reflect.Value, yield func(step, reflect.Value) bool) {
	if k := v.Type().Elem().Kind(); k >= reflect.Bool && k <= reflect.Uintptr {
		return
	}
	for i := range v.Len() {
		if !yield(step{element: true, index: i}, v.Index(i)) {
			return
		}
	}
}
