package wire_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// FuzzJSONStrict: what is accepted is JSON, and decodes as package json does;
// JSON that is refused is refused for one of our reasons.
func FuzzJSONStrict(f *testing.F) {
	for seed := range uint64(30) {
		d := newDice(seed, false)
		b, err := wire.Marshal(wire.JSON, nil, nil, &all{Message: d.message(0), Label: label(d.text()), Points: []point{{1, 2}}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, seed := range []string{
		`{"a":"\u00e9\ud83d\ude00\n","b":[1.5e-7,-0,true,null,{}]}`, `[1,2`, `"\ud800"`, `{"a":1,"a":2}`, "\"\xff\"", `1e999`, ` 1 `,
		`{"message":{"At":{}}}`,
		`{"numbers":{"1":1.5},"ratio":1e-3,"key":[1,2,3,4],"pair":[1,2],"deep":"x","any":[1]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		jsonAlike[any](t, b)
		jsonAlike[all](t, b)
		jsonAlike[message](t, b)
	})
}

func jsonAlike[T any](t *testing.T, b []byte) {
	t.Helper()
	var got, want T
	err := wire.Unmarshal(wire.JSON, b, nil, &got)
	valid := json.Valid(b)
	if err != nil {
		if valid && json.Unmarshal(b, &want) == nil {
			wantStrictness(t, b, err)
		}
		return
	}
	if !valid {
		t.Fatalf("%q: accepted", b)
	}
	if err := json.Unmarshal(b, &want); err != nil || cmp.Diff(want, got, same) != "" {
		t.Errorf("%q: %#v, want %#v, %v", b, got, want, err)
	}
}

// wantStrictness expects the error of one of the rules that JSON has not.
func wantStrictness(t *testing.T, b []byte, err error) {
	t.Helper()
	for _, reason := range []string{
		"duplicate key", "other case", "not UTF-8", "surrogate", "nested more than", "more than", "memory", "out of range",
		"want ", "another length", "shortest form", "cannot unmarshal number", "illegal base64", "parsing time",
	} {
		if strings.Contains(err.Error(), reason) {
			return
		}
	}
	t.Errorf("%q: refused: %v", b, err)
}

// ring marshals itself, and contains itself.
type ring struct {
	Next *ring
	NaN  float64
}

func (ring) MarshalText() ([]byte, error)  { return []byte("ring"), nil }
func (*ring) UnmarshalText(b []byte) error { return nil }

// TestMarshalersAreLeftAlone: what they do not write does not count.
func TestMarshalersAreLeftAlone(t *testing.T) {
	r := &ring{NaN: math.NaN()}
	r.Next = r
	for name, codec := range codecs {
		in, out := struct{ Any any }{r}, struct{ Any any }{}
		b, err := wire.Marshal(codec, nil, nil, &in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := wire.Unmarshal(codec, b, nil, &out); err != nil || out.Any != "ring" {
			t.Errorf("%s: %v, %v", name, out.Any, err)
		}
	}
	in := struct {
		Any   any
		Float float64
	}{r, math.NaN()}
	_, err := wire.Marshal(wire.JSON, nil, nil, &in)
	wantError(t, err, "Float: JSON has no NaN and no infinity")
}

// TestJSONText: text is sent as it is, and whatever JSON can say is read.
func TestJSONText(t *testing.T) {
	for _, want := range []string{"<a&b>", "\u2028", "\ufffd", `\ufffd`, `\\ufffd`, "\x00\x1f\x7f", "日本😀", `"`} {
		b, err := wire.Marshal(wire.JSON, nil, nil, &want)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := wire.Unmarshal(wire.JSON, b, nil, &got); err != nil || got != want {
			t.Errorf("%q became %s and %q: %v", want, b, got, err)
		}
	}
	if b, _ := wire.Marshal(wire.JSON, nil, nil, &[]string{"<a&b>"}); string(b) != `["<a&b>"]` {
		t.Errorf("%s", b)
	}
	raw := json.RawMessage(`"\ufffd"`)
	if _, err := wire.Marshal(wire.JSON, nil, nil, &raw); err != nil {
		t.Errorf("an escape that was there before: %v", err)
	}
	var got string
	if err := wire.Unmarshal(wire.JSON, []byte(` "\u00E9\ud83d\ude00\/\b\f\n\r\t\"\\" `), nil, &got); err != nil || got != "é😀/\b\f\n\r\t\"\\" {
		t.Errorf("%q %v", got, err)
	}
}
