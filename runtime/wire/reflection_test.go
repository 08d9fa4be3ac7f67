package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// color marshals itself as text, in both codecs.
type color int

func (c color) MarshalText() ([]byte, error) { return []byte([]string{"red", "green"}[c]), nil }

func (c *color) UnmarshalText(b []byte) error {
	switch string(b) {
	case "red":
		*c = 0
	case "green":
		*c = 1
	default:
		return errors.New("no such color")
	}
	return nil
}

// span marshals itself as bytes in CBOR.
type span struct{ From, To byte }

func (s span) MarshalBinary() ([]byte, error) { return []byte{s.From, s.To}, nil }

func (s *span) UnmarshalBinary(b []byte) error {
	if len(b) != 2 {
		return errors.New("a span is two bytes")
	}
	s.From, s.To = b[0], b[1]
	return nil
}

// loose takes any item, and keeps it.
type loose struct{ Item cbor.RawMessage }

func (l loose) MarshalCBOR() ([]byte, error) {
	if l.Item == nil {
		return []byte{0xf6}, nil
	}
	return l.Item, nil
}

func (l *loose) UnmarshalCBOR(b []byte) error {
	if l.Item = nil; b[0] != 0xf6 {
		l.Item = bytes.Clone(b)
	}
	return nil
}

type base struct{ ID int }

// Position is exported, as embedded pointers must be.
type Position struct{ X, Y int }

type embeds struct {
	base
	*Position
	Named *base `json:"named"`
}

type exotic struct {
	Color   color
	Palette map[color][]color
	Span    *span
	Spans   map[span]string
	Addr    netip.Addr
	IP      []netip.Prefix
	URL     url.URL
	Big     *big.Int
	Loose   loose
	Raw     cbor.RawMessage
	Embeds  embeds
	Any     map[string]any
	Ints    map[int8]*[2]bool
	Dur     time.Duration
	Time    *time.Time
	Anon    struct{ A, B []struct{ C string } }
	Keys    struct {
		One int `cbor:"1,keyasint"`
		Neg int `cbor:"-7,keyasint"`
	}
	Tuple struct {
		_ struct{} `cbor:",toarray"`
		A int
		B *string
	}
	Func error
}

func someExotic() exotic {
	at := time.Date(2024, 2, 29, 12, 0, 0, 1, time.UTC)
	v := exotic{
		Color: 1, Palette: map[color][]color{0: {0, 1}, 1: nil}, Span: &span{1, 2}, Spans: map[span]string{{3, 4}: "x"},
		Addr: netip.MustParseAddr("fe80::1"), IP: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		URL: url.URL{Scheme: "https", Host: "example.com", Path: "/"}, Big: big.NewInt(-1 << 40),
		Loose: loose{cbor.RawMessage{0x82, 0x01, 0x02}}, Raw: cbor.RawMessage{0x61, 'a'},
		Embeds: embeds{base: base{7}, Position: &Position{1, 2}, Named: &base{8}},
		Any:    map[string]any{"a": []any{int64(1), nil, "b", []byte{1}}, "c": map[string]any{}},
		Ints:   map[int8]*[2]bool{-1: {true, false}, 2: nil}, Dur: time.Hour, Time: &at,
	}
	v.Anon.A = []struct{ C string }{{"x"}}
	v.Keys.One, v.Keys.Neg, v.Tuple.A = 1, -7, 3
	return v
}

var exoticTypes = cmp.Options{
	cmp.AllowUnexported(embeds{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	cmp.Comparer(func(a, b *big.Int) bool { return a == b || a != nil && b != nil && a.Cmp(b) == 0 }),
	cmp.FilterPath(func(p cmp.Path) bool { return strings.HasSuffix(p.String(), "_") }, cmp.Ignore()),
}

// TestReflection: what generated code cannot write out crosses all the same.
func TestReflection(t *testing.T) {
	want := someExotic()
	got := unmarshal[exotic](t, nil, marshal(t, nil, &want))
	if diff := cmp.Diff(&want, got, exoticTypes); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestReflectionJSON is TestReflection with the types that have JSON.
func TestReflectionJSON(t *testing.T) {
	type subset struct {
		Color   color
		Palette map[color][]color
		Addr    netip.Addr
		Big     *big.Int
		Embeds  embeds
		Ints    map[int8]*[2]bool
		Time    *time.Time
		Quoted  int  `json:",string"`
		Pointed *int `json:",string"`
		Nil     *int `json:",string"`
	}
	from, n := someExotic(), 9
	want := subset{from.Color, from.Palette, from.Addr, from.Big, from.Embeds, from.Ints, from.Time, -5, &n, nil}
	b, err := wire.Marshal(wire.JSON, nil, nil, &want)
	if err != nil {
		t.Fatal(err)
	}
	var got subset
	if err := wire.Unmarshal(wire.JSON, b, nil, &got); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	if diff := cmp.Diff(want, got, exoticTypes); diff != "" {
		t.Errorf("%s (-want +got):\n%s", b, diff)
	}
}

// TestKeysOfMapsJSON: each integer has one spelling, text has any.
func TestKeysOfMapsJSON(t *testing.T) {
	for key, accept := range map[string]bool{"0": true, "-1": true, "127": true, "-0": false, "-01": false, "-": false, "1.0": false, "128": false} {
		if err := wire.Unmarshal(wire.JSON, []byte(`{"`+key+`":0}`), nil, new(map[int8]int)); (err == nil) != accept {
			t.Errorf("%s: %v", key, err)
		}
		if err := wire.Unmarshal(wire.JSON, []byte(`{"`+key+`":0}`), nil, new(map[string]int)); err != nil {
			t.Errorf("%s as text: %v", key, err)
		}
	}
}

// TestReflectionRefuses: the scan knows these types too.
func TestReflectionRefuses(t *testing.T) {
	for _, test := range []struct{ input, want string }{
		{`a1 "Color" 01`, "Color: want text, have integer"},
		{`a1 "Color" f6`, "Color: want text, have null"},
		{`a1 "Color" "blue"`, "cbor: cannot unmarshal text for *wire_test.color: no such color"},
		{`a1 "Palette" a1 "red" 81 01`, "Palette.red[0]: want text, have integer"},
		{`a1 "Span" a1 "From" 01`, "Span: want bytes, have map"},
		{`a1 "Span" f6`, ""},
		{`a1 "Addr" "fe80::1"`, "Addr: want bytes, have text"},
		{`a1 "Big" c2 41 01`, "Big: want integer, have tag"},
		{`a1 "Big" 1b ff ff ff ff ff ff ff ff`, ""},
		{`a1 "Loose" f6`, ""},
		{`a1 "Loose" a1 01 82 02 61 ff`, "Loose[1][1]: text is not UTF-8"},
		{`a1 "Embeds" a1 "id" 01`, `Embeds: other case in key "id"`},
		{`a1 "Embeds" a1 "X" "x"`, "Embeds.X: want integer, have text"},
		{`a1 "Embeds" a1 "Position" 01`, ""}, // not the name of a field
		{`a1 "Embeds" a1 "named" 80`, "Embeds.named: want map, have array"},
		{`a1 "Ints" a1 18 80 f6`, "Ints[key]: integer out of range"},
		{`a1 "Ints" a1 01 81 f5`, "Ints[1]: array of another length"},
		{`a1 "Anon" a1 "A" 81 a1 "c" "x"`, `Anon.A[0]: other case in key "c"`},
		{`a1 "Keys" a1 01 "x"`, "Keys.1: want integer, have text"},
		{`a1 "Keys" a2 01 02 01 02`, "Keys.1: duplicate key"},
		{`a1 "Keys" a2 05 02 05 02`, `Keys: duplicate key "5"`},
		{`a1 "Keys" a1 "1" 02`, ""}, // text is another key than the number
		{`a1 "Tuple" 81 01`, "Tuple: array of another length"},
		{`a1 "Tuple" 82 01 02`, "Tuple[1]: want text, have integer"},
		{`a1 "Tuple" a1 "A" 01`, "Tuple: want array, have map"},
		{`a1 "Func" f6`, ""},
		{`a1 "Func" 01`, "Func: type error cannot be decoded"},
	} {
		err := wire.Unmarshal(wire.CBOR, unhex(t, test.input), nil, new(exotic))
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.input, err)
		case test.want != "" && (err == nil || err.Error() != test.want):
			t.Errorf("%s: %v, want %q", test.input, err, test.want)
		}
	}
}

// TestUnsupportedTypes: there is an error, both ways, and no panic.
func TestUnsupportedTypes(t *testing.T) {
	n := uintptr(1)
	for _, v := range []any{
		&struct{ C chan int }{make(chan int)}, &struct{ F func() }{func() {}}, &struct{ C complex128 }{1},
		&struct{ U uintptr }{n}, &struct{ M map[string]chan int }{map[string]chan int{"a": nil}},
	} {
		for name, codec := range codecs {
			if b, err := wire.Marshal(codec, nil, nil, &v); err == nil && name == "CBOR" {
				t.Errorf("%s: %T encoded to %x", name, v, b)
			}
		}
	}
	var v struct{ C chan int }
	for name, body := range map[string]string{"CBOR": "\xa1\x61C\x01", "JSON": `{"C":1}`} {
		wantError(t, wire.Unmarshal(codecs[name], []byte(body), nil, &v), "C: type chan int cannot be decoded")
	}
}

// TestInterfaces: what is within an interface crosses; what comes back is what
// the input says.
func TestInterfaces(t *testing.T) {
	for name, codec := range codecs {
		var in, out any = map[string]any{"p": &point{1, 2}, "e": embeds{}}, nil
		b, err := wire.Marshal(codec, nil, nil, &in)
		if err != nil {
			t.Fatal(err)
		}
		if err := wire.Unmarshal(codec, b, nil, &out); err != nil {
			t.Fatal(err)
		}
		x := out.(map[string]any)["p"].(map[string]any)["X"]
		if want := map[string]string{"CBOR": "int64 1", "JSON": "float64 1"}[name]; fmt.Sprintf("%T %v", x, x) != want {
			t.Errorf("%s: %T %v, want %s", name, x, x, want)
		}
	}
}

// TestReflectionIsConcurrent: shapes are made by whoever comes first.
func TestReflectionIsConcurrent(t *testing.T) {
	want := someExotic()
	b := marshal(t, nil, &want)
	done := make(chan error)
	for range 8 {
		go func() { done <- wire.Unmarshal(wire.CBOR, b, nil, new(exotic)) }()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// FuzzReflection: what is accepted can be encoded, and is the same again.
func FuzzReflection(f *testing.F) {
	v := someExotic()
	f.Add(marshal(f, nil, &v))
	f.Add(unhex(f, `a2 "Any" a1 "k" 81 f9 00 01 "Keys" a1 01 01`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v exotic
		if wire.Unmarshal(wire.CBOR, b, nil, &v) != nil {
			return
		}
		if v.Raw == nil {
			v.Raw = cbor.RawMessage{0xf6} // which is how it is encoded
		}
		v.URL = url.URL{} // not every URL is the same again
		again := marshal(t, nil, &v)
		if diff := cmp.Diff(&v, unmarshal[exotic](t, nil, again), exoticTypes, same); diff != "" {
			t.Errorf("%x became %x (-before +after):\n%s", b, again, diff)
		}
	})
}
