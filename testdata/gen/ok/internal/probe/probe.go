// Package probe checks generated codings against reflection.
//
// A coding writes a type out by hand, as it were; reflection knows nothing but
// the type. They have to write the same bytes and to accept the same input,
// damaged input included. What is written is made up from the type alone, at
// the edges: nil against empty, the largest and smallest numbers, NaN, times
// with zones, no text and long text.
package probe

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Route is a route to be checked.
type Route struct {
	name string
	run  func(t *testing.T)
}

// Method returns the check of a route without input.
func Method[A, R any](m *ipc.Method[A, R]) Route {
	return Route{m.Route.Name, func(t *testing.T) {
		t.Run("args", func(t *testing.T) { check(t, &m.Args) })
		t.Run("result", func(t *testing.T) { check(t, &m.Result) })
	}}
}

// Input returns the check of a route with input.
func Input[A, I, R any](m *ipc.InputMethod[A, I, R]) Route {
	return Route{m.Route.Name, func(t *testing.T) {
		Method(&m.Method).run(t)
		t.Run("input", func(t *testing.T) { check(t, &m.Input) })
	}}
}

// Event returns the check of an event.
func Event[A any](e *ipc.Event[A]) Route {
	return Route{e.Route.Name, func(t *testing.T) { check(t, &e.Args) }}
}

// All checks the routes of a service. Its Routes variable tells which there
// are: one that is not checked is a failure.
func All(t *testing.T, declared any, routes ...Route) {
	t.Helper()
	var checked []string
	for _, r := range routes {
		checked = append(checked, r.name)
		t.Run(r.name, r.run)
	}
	fields := reflect.ValueOf(declared)
	for i := range fields.NumField() {
		if name := fields.Field(i).Interface().(*ipc.Route).Name; !slices.Contains(checked, name) {
			t.Errorf("%s is not checked", name)
		}
	}
}

const (
	samples = 20 // values of each type
	damages = 12 // of the encoding of each value
)

// check checks one coding. The values differ from type to type, not from run
// to run.
func check[T any](t *testing.T, coding *wire.Coding[T]) {
	if reflect.TypeFor[T]() == reflect.TypeFor[struct{}]() {
		return // no result: there is nothing to encode
	}
	if coding.Encode == nil || coding.Decode == nil {
		t.Fatalf("no coding of %T", *new(T))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range samples {
		v := new(T)
		if i > 0 { // the first is the zero value
			fill(reflect.ValueOf(v).Elem(), random, true)
		}
		encoded := sameBytes(t, coding, v)
		sameValue(t, coding, encoded)
		for range damages {
			sameVerdict(t, coding, damage(encoded, random))
		}
		v = new(T)
		fill(reflect.ValueOf(v).Elem(), random, false)
		overJSON(t, v)
	}
}

// sameBytes encodes v both ways and returns the bytes.
func sameBytes[T any](t *testing.T, coding *wire.Coding[T], v *T) []byte {
	t.Helper()
	generated, err := wire.Marshal(wire.CBOR, nil, coding, v)
	if err != nil {
		t.Fatalf("encode %+v: %v", *v, err)
	}
	reflected, err := wire.Marshal[T](wire.CBOR, nil, nil, v)
	if err != nil {
		t.Fatalf("encode %+v by reflection: %v", *v, err)
	}
	if !bytes.Equal(generated, reflected) {
		t.Fatalf("encode %+v\ngenerated: %x\nreflected: %x", *v, generated, reflected)
	}
	return generated
}

// sameValue decodes both ways what was encoded, and gets back what it was:
// nothing of it aliases the input.
func sameValue[T any](t *testing.T, coding *wire.Coding[T], encoded []byte) {
	t.Helper()
	for _, how := range []*wire.Coding[T]{coding, nil} {
		body := bytes.Clone(encoded)
		v := new(T)
		if err := wire.Unmarshal(wire.CBOR, body, how, v); err != nil {
			t.Fatalf("decode %x: %v", encoded, err)
		}
		for i := range body {
			body[i] = 0xff
		}
		if again := sameBytes(t, coding, v); !bytes.Equal(again, encoded) {
			t.Fatalf("decode %x\nencoded again: %x", encoded, again)
		}
	}
}

// sameVerdict decodes both ways what may be wrong: both accept it, with the
// same value, or both refuse it.
func sameVerdict[T any](t *testing.T, coding *wire.Coding[T], body []byte) {
	t.Helper()
	generated, reflected := new(T), new(T)
	err := wire.Unmarshal(wire.CBOR, bytes.Clone(body), coding, generated)
	errReflected := wire.Unmarshal(wire.CBOR, bytes.Clone(body), nil, reflected)
	if (err == nil) != (errReflected == nil) {
		t.Fatalf("decode %x into %T\ngenerated: %v\nreflected: %v", body, *generated, err, errReflected)
	}
	if err != nil {
		return
	}
	again, err := wire.Marshal(wire.CBOR, nil, coding, generated)
	againReflected, errReflected := wire.Marshal(wire.CBOR, nil, coding, reflected)
	if (err == nil) != (errReflected == nil) || !bytes.Equal(again, againReflected) {
		t.Fatalf("decode %x into %T\ngenerated: %x, %v\nreflected: %x, %v",
			body, *generated, again, err, againReflected, errReflected)
	}
}

// overJSON sends v through JSON, which is by reflection only: what comes out
// has the text of what went in.
func overJSON[T any](t *testing.T, v *T) {
	t.Helper()
	text, err := wire.Marshal[T](wire.JSON, nil, nil, v)
	if err != nil {
		t.Fatalf("encode %+v as JSON: %v", *v, err)
	}
	decoded := new(T)
	if err := wire.Unmarshal(wire.JSON, text, nil, decoded); err != nil {
		t.Fatalf("decode %s: %v", text, err)
	}
	if again, err := wire.Marshal[T](wire.JSON, nil, nil, decoded); err != nil || !bytes.Equal(again, text) {
		t.Fatalf("decode %s\nencoded again: %s, %v", text, again, err)
	}
}

// damage returns a copy of an encoding that is cut short, or one byte of which
// is another: often the head of another item.
func damage(encoded []byte, random *rand.Rand) []byte {
	damaged := bytes.Clone(encoded)
	at := random.IntN(len(damaged))
	if random.IntN(4) == 0 {
		return damaged[:at]
	}
	heads := []byte{0x00, 0x18, 0x20, 0x40, 0x60, 0x61, 0x80, 0x81, 0xa0, 0xa1, 0xc0, 0xf4, 0xf6, 0xf7, 0xf9, 0xfb, 0xff}
	if random.IntN(2) == 0 {
		damaged[at] = heads[random.IntN(len(heads))]
	} else {
		damaged[at] ^= 1 << random.IntN(8)
	}
	return damaged
}
