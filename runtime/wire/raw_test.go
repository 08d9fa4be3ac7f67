package wire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// What one codec says, in the other.
func TestRawTranslates(t *testing.T) {
	for _, test := range []struct{ json, cbor string }{
		{`null`, `f6`}, {`true`, `f5`}, {`false`, `f4`},
		{`0`, `00`}, {`-1`, `20`}, {`1000`, `19 03 e8`},
		{`18446744073709551615`, `1b ff ff ff ff ff ff ff ff`}, {`-9223372036854775808`, `3b 7f ff ff ff ff ff ff ff`},
		{`1.5`, `fb 3f f8 00 00 00 00 00 00`}, {`1e+21`, `fb 44 4b 1a e4 d6 e2 ef 50`},
		{`""`, `60`}, {`"\"\\ü\u0000"`, `65 22 5c c3 bc 00`},
		{`[]`, `80`}, {`[1,[2,[]]]`, `82 01 82 02 80`},
		{`{}`, `a0`}, {`{"a":{"b":[null]}}`, `a1 61 61 a1 61 62 81 f6`},
	} {
		cbor, err := wire.Raw{Codec: wire.JSON, Bytes: []byte(test.json)}.In(wire.CBOR)
		if err != nil || !bytes.Equal(cbor.Bytes, unhex(t, test.cbor)) {
			t.Errorf("%s in CBOR: %x, %v, want %s", test.json, cbor.Bytes, err, test.cbor)
		}
		back, err := cbor.In(wire.JSON)
		if err != nil || string(back.Bytes) != test.json {
			t.Errorf("%s and back: %s, %v", test.json, back.Bytes, err)
		}
	}
}

// What JSON cannot say has another form there, which is told.
func TestRawTranslatesOneWay(t *testing.T) {
	for _, test := range []struct{ cbor, json string }{
		{`43 01 02 03`, `"AQID"`}, {`a2 07 f5 20 f4`, `{"7":true,"-1":false}`}, {`f9 3e 00`, `1.5`}, {`fa 3d cc cc cd`, `0.1`},
		{`3b ff ff ff ff ff ff ff fe`, `-18446744073709551615`}, {``, `null`},
	} {
		got, err := wire.Raw{Bytes: unhex(t, test.cbor)}.In(wire.JSON)
		if err != nil || string(got.Bytes) != test.json {
			t.Errorf("%s in JSON: %s, %v, want %s", test.cbor, got.Bytes, err, test.json)
		}
	}
}

// Packets of JSON are separated by newlines, so that a value that is passed on
// must have none. White space is all that they can be.
func TestRawHasNoLines(t *testing.T) {
	raw := rawJSON("{\n\"a\" :\r\n[1,\n\"b\\n\"]}")
	got, err := raw.In(wire.JSON)
	if want := "{ \"a\" :\r [1, \"b\\n\"]}"; string(got.Bytes) != want || err != nil {
		t.Errorf("%q, %v", got.Bytes, err)
	}
	if bytes.Count(raw.Bytes, []byte("\n")) != 3 {
		t.Errorf("what was given has become %q", raw.Bytes)
	}
}

// A json.RawMessage is its value in JSON, and bytes in CBOR, as the package says.
func TestRawMessages(t *testing.T) {
	for _, test := range []struct {
		codec wire.Codec
		given json.RawMessage
		body  string
		back  json.RawMessage
	}{
		{wire.JSON, nil, "null", json.RawMessage("null")},
		{wire.JSON, json.RawMessage(`{"x": 1}`), `{"x":1}`, json.RawMessage(`{"x":1}`)},
		{wire.CBOR, nil, "\xf6", nil},
		{wire.CBOR, json.RawMessage(`[ 1]`), "\x44[ 1]", json.RawMessage(`[ 1]`)},
	} {
		var back json.RawMessage
		body, err := wire.Marshal(test.codec, nil, nil, &test.given)
		if err == nil {
			err = wire.Unmarshal(test.codec, body, nil, &back)
		}
		if err != nil || string(body) != test.body || !bytes.Equal(back, test.back) || (back == nil) != (test.back == nil) {
			t.Errorf("%v: %q is %q and then %q, %v", test.codec, test.given, body, back, err)
		}
	}
	if _, err := wire.Marshal(wire.JSON, nil, nil, &json.RawMessage{}); err == nil {
		t.Error("nothing was taken for JSON")
	}
}

func TestRawRefuses(t *testing.T) {
	deep := strings.Repeat("[", wire.MaxDepth+1) + strings.Repeat("]", wire.MaxDepth+1)
	for _, test := range []struct {
		name string
		raw  wire.Raw
		in   wire.Codec
		want string
	}{
		{"half a map", rawHex(t, `a1 61 61`), wire.CBOR, "a: unexpected end"},
		{"two values", rawHex(t, `01 02`), wire.CBOR, "trailing bytes"},
		{"a tag", rawHex(t, `c1 00`), wire.CBOR, "tag"},
		{"half a map in JSON", rawJSON(`{"a":`), wire.JSON, "a: unexpected end"},
		{"two values in JSON", rawJSON(`1 2`), wire.JSON, "trailing bytes"},
		{"nested too deep", rawJSON(deep), wire.JSON, "nested more than 16 deep"},
		{"nested too deep, in CBOR", rawJSON(deep), wire.CBOR, "nested more than 16 deep"},
		{"half a map, in the other codec", rawHex(t, `a1 61 61`), wire.JSON, "a: unexpected end"},
		{"half a map in JSON, in the other codec", rawJSON(`{"a":`), wire.CBOR, "a: unexpected end"},
		{"a key twice", rawJSON(`{"a":1,"a":2}`), wire.CBOR, `duplicate key "a"`},
		{"NaN", rawHex(t, `82 01 f9 7e 00`), wire.JSON, "[1]: JSON has no NaN and no infinity"},
		{"a key that is a list", rawHex(t, `a1 80 01`), wire.JSON, "[key]: want text, have array"},
		{"more than 64 bits", rawJSON(`{"n":18446744073709551616}`), wire.CBOR, "n: integer out of range"},
		{"less than 64 bits", rawJSON(`-9223372036854775809`), wire.CBOR, "integer out of range"},
		{"beyond a float", rawJSON(`1e999`), wire.CBOR, "float out of range"},
		{"a word", rawJSON(`nil`), wire.CBOR, "want value, have null"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := test.raw.In(test.in); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("in: %v, want %s", err, test.want)
			}
			if _, err := wire.Marshal(test.in, nil, nil, &test.raw); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("marshal: %v, want %s", err, test.want)
			}
		})
	}
}

// A raw value stands alone, or inside another, under either codec.
func TestRawAsAValue(t *testing.T) {
	type envelope struct {
		To   string   `json:"to"`
		What wire.Raw `json:"what"`
	}
	for name, codec := range codecs {
		t.Run(name, func(t *testing.T) {
			sent := envelope{"ada", rawJSON(`{"n":1,"deep":[true,null]}`)}
			body := marshalIn(t, codec, sent)
			var got envelope
			if err := wire.Unmarshal(codec, body, nil, &got); err != nil {
				t.Fatal(err)
			}
			if got.To != "ada" || got.What.Codec != codec {
				t.Errorf("received %+v", got)
			}
			var value struct {
				N    int    `json:"n"`
				Deep []*any `json:"deep"`
			}
			if err := got.What.Decode(&value); err != nil || value.N != 1 || len(value.Deep) != 2 {
				t.Errorf("decoded %+v, %v", value, err)
			}
			clear(body)
			if again, err := got.What.In(wire.JSON); err != nil || string(again.Bytes) != `{"n":1,"deep":[true,null]}` {
				t.Errorf("after the message was reused: %s, %v", again.Bytes, err)
			}
			var null wire.Raw
			if err := wire.Unmarshal(codec, marshalIn(t, codec, null), nil, &null); err != nil {
				t.Error("null:", err)
			}
			var nothing *int
			if err := null.Decode(&nothing); err != nil || nothing != nil {
				t.Errorf("null: %v, %v", nothing, err)
			}
		})
	}
}

func TestRawDecodesStrictly(t *testing.T) {
	var into struct {
		A int `json:"a"`
	}
	for _, bad := range []wire.Raw{
		rawJSON(`{"a":1,"a":1}`), rawJSON(`{"A":1}`), rawJSON(`{"a":null}`), rawJSON(`{"a":1} 2`),
		rawHex(t, `a2 61 61 01 61 61 01`), rawHex(t, `a1 61 41 01`), rawHex(t, `a1 61 61 f6`), rawHex(t, `a1 61 61 01 00`),
	} {
		if err := bad.Decode(&into); err == nil {
			t.Errorf("%q was taken", bad.Bytes)
		}
	}
	if err := rawJSON(`{}`).Decode(into); err == nil {
		t.Error("decoded into no pointer")
	}
}

func ExampleRaw_In() {
	fromCommandLine := wire.Raw{Codec: wire.JSON, Bytes: []byte(`{"name": "Ada", "from": 3}`)}
	onTheWire, err := fromCommandLine.In(wire.CBOR)
	fmt.Printf("%x %v\n", onTheWire.Bytes, err)
	shown, err := onTheWire.In(wire.JSON)
	fmt.Printf("%s %v\n", shown.Bytes, err)
	// Output:
	// a2646e616d65634164616466726f6d03 <nil>
	// {"name":"Ada","from":3} <nil>
}

// FuzzRaw compares translating with decoding and encoding again.
func FuzzRaw(f *testing.F) {
	for seed := range uint64(20) {
		value := newDice(seed, true).any(0)
		f.Add(marshalIn(f, wire.CBOR, value), false)
		f.Add(fmt.Appendf(nil, `[%d, {"a": [1.5, -%d, "ü\n", null]}]`, seed, seed), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, isJSON bool) {
		raw, other := wire.Raw{Codec: wire.CBOR, Bytes: b}, wire.JSON
		if isJSON {
			raw, other = rawJSON(string(b)), wire.CBOR
		}
		translated, err := raw.In(other)
		if err != nil {
			return
		}
		if _, err := translated.In(other); err != nil {
			t.Fatalf("%x became %x: %v", b, translated.Bytes, err)
		}
		var want, got any
		if raw.Decode(&want) != nil {
			return // well-formed, but no value for an any
		}
		if err := translated.Decode(&got); err != nil {
			return // such as an integer that only a uint64 can hold
		}
		if diff := cmp.Diff(asJSON(want), asJSON(got), cmpopts.EquateNaNs(), cmpopts.EquateApprox(1e-6, 1e-44)); diff != "" {
			t.Errorf("%x became %x: %s", b, translated.Bytes, diff)
		}
	})
}

// asJSON makes of a decoded value what is left of it after JSON.
func asJSON(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case float64:
		if v == 0 {
			return math.Abs(v)
		}
		return v
	case []byte:
		var text string
		b, _ := json.Marshal(v)
		json.Unmarshal(b, &text)
		return text
	case []any:
		list := []any{}
		for _, e := range v {
			list = append(list, asJSON(e))
		}
		return list
	case map[string]any:
		m := map[string]any{}
		for k, e := range v {
			m[k] = asJSON(e)
		}
		return m
	}
	return v
}

func rawJSON(s string) wire.Raw { return wire.Raw{Codec: wire.JSON, Bytes: []byte(s)} }

func rawHex(t *testing.T, s string) wire.Raw { return wire.Raw{Bytes: unhex(t, s)} }

func marshalIn[T any](t testing.TB, c wire.Codec, v T) []byte {
	t.Helper()
	b, err := wire.Marshal(c, nil, nil, &v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
