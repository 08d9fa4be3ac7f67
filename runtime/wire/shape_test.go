package wire

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type (
	Base struct {
		ID   int
		Name string `json:"name"`
	}
	Other struct {
		ID    int
		Extra string
	}
	Tagged struct {
		Name string
		ID   int `json:"ID"`
	}
	inner  struct{ Inner int }
	Number int
	Deep   struct{ Base }
)

// structs are ways to declare fields. All embedded pointers are set.
var structs = []any{
	struct{}{},
	Base{},
	struct {
		A int `json:"a,omitempty"`
		B int `json:"-"`
		//lint:ignore SA5008 the comma makes it a name
		C int `json:"-,"`
		D int `json:",omitempty"`
		e int
		F int `json:"f" cbor:"g"`
		G int `cbor:"-"`
		H int `json:"ha ha"`
		I int `json:"ä"`
	}{A: 1, D: 1, e: 1},
	struct{ Base }{},
	struct{ *Base }{new(Base)},
	struct{ inner }{},
	struct{ *Base }{&Base{Name: "x"}},
	struct {
		Base
		ID string
	}{},
	struct {
		Base
		Other
	}{},
	struct {
		Base
		Tagged
	}{},
	struct {
		Base `json:"base"`
		Other
	}{},
	struct {
		Deep
		Other
	}{},
	struct {
		Deep
		Base
	}{},
	struct {
		Number
		ID int
	}{},
	struct {
		*Number
		ID int
	}{},
	reflect.Zero(reflect.StructOf([]reflect.StructField{ // vet refuses it as a literal
		{Name: "A", Type: reflect.TypeFor[int](), Tag: `json:"x"`},
		{Name: "B", Type: reflect.TypeFor[int](), Tag: `json:"x"`},
		{Name: "C", Type: reflect.TypeFor[int]()},
	})).Interface(),
	struct {
		A int `json:"x"`
		X int `json:"X"`
	}{},
	struct {
		A int    `json:"a,string"`
		B string `json:"b,string"`
		C bool   `json:"c,string"`
		//lint:ignore SA5008 string is said where it counts for nothing
		D    []int `json:"d,string"`
		E, F int
	}{},
	struct {
		A int `cbor:"1,keyasint"`
		B int `cbor:"-2,keyasint"`
		C int `cbor:"c"`
	}{},
	struct {
		_ struct{} `cbor:",toarray"`
		A int
		B string
	}{},
}

// TestNamesOfFields: we see the fields the libraries see, by the same names.
func TestNamesOfFields(t *testing.T) {
	for i, v := range structs {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			s := shapeOf(CBOR, reflect.TypeOf(v))
			if s.form != formTuple {
				wantNames(t, s.names, encodedKeys(t, v))
			}
			wantNames(t, shapeOf(JSON, reflect.TypeOf(v)).names, jsonKeys(t, v))
		})
	}
}

func wantNames(t *testing.T, have, want []string) {
	t.Helper()
	have = slices.Sorted(slices.Values(have))
	if diff := cmp.Diff(want, have); diff != "" && len(want)+len(have) > 0 {
		t.Errorf("-library +shape:\n%s", diff)
	}
}

func encodedKeys(t *testing.T, v any) (keys []string) {
	t.Helper()
	b, err := Marshal(CBOR, nil, nil, &v)
	if err != nil {
		t.Fatal(err)
	}
	d := Decoder{cursor: cursor{data: b}}
	for range d.entries() {
		keys = append(keys, string(d.key(true)))
		d.skip()
	}
	return slices.Sorted(slices.Values(keys))
}

func jsonKeys(t *testing.T, v any) []string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(m))
}

// TestShapesAreShared: a type is looked at once for each codec.
func TestShapesAreShared(t *testing.T) {
	for _, c := range []Codec{CBOR, JSON} {
		first, second := shapeOf(c, reflect.TypeFor[Base]()), shapeOf(c, reflect.TypeFor[Base]())
		if first != second {
			t.Errorf("codec %d: two shapes for one type", c)
		}
	}
	if shapeOf(CBOR, reflect.TypeFor[Base]()) == shapeOf(JSON, reflect.TypeFor[Base]()) {
		t.Error("one shape for two codecs")
	}
}

// TestDelicateTypes: only values that may contain themselves or a time are
// walked before they are encoded.
func TestDelicateTypes(t *testing.T) {
	type list struct{ Next *list }
	type tree map[string]tree
	for typ, want := range map[reflect.Type]bool{
		reflect.TypeFor[Base]():                 false,
		reflect.TypeFor[[2]map[string][]Base](): false,
		reflect.TypeFor[struct{ A, B Base }]():  false,
		reflect.TypeFor[any]():                  true,
		reflect.TypeFor[[]time.Time]():          true,
		reflect.TypeFor[struct{ L []list }]():   true,
		reflect.TypeFor[tree]():                 true,
	} {
		if got := shapeOf(CBOR, typ).delicate; got != want {
			t.Errorf("%v: %t", typ, got)
		}
	}
}
