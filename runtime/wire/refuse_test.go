package wire_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

// unhex reads hexadecimal with spaces, in which "text" stands for a CBOR text.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	var out []byte
	for i, part := range strings.Split(s, `"`) {
		if i%2 == 1 {
			out = append(out, 0x60|byte(len(part)))
			out = append(out, part...)
			continue
		}
		b, err := hex.DecodeString(strings.ReplaceAll(part, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b...)
	}
	return out
}

// decodeBoth decodes b into a T by generated code and by reflection.
func decodeBoth[T any](coding *wire.Coding[T], b []byte) map[string]error {
	var generated, reflected T
	return map[string]error{
		"generated": wire.Unmarshal(wire.CBOR, b, coding, &generated),
		"reflected": wire.Unmarshal(wire.CBOR, b, nil, &reflected),
	}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("accepted; want %q", want)
	case err.Error() != want:
		t.Errorf("refused with %q; want %q", err, want)
	}
}

func TestRefusesCBOR(t *testing.T) {
	for _, test := range []struct{ name, input, want string }{
		{"null for a struct", `f6`, "want map, have null"},
		{"null in a slice of structs", `a1 "points" 82 a0 f6`, "points[1]: want map, have null"},
		{"null for a number", `a1 "small" f6`, "small: want integer, have null"},
		{"null for text", `a1 "label" f6`, "label: want text, have null"},
		{"array for a struct", `80`, "want map, have array"},
		{"nothing behind the head", `a1`, "unexpected end"},
		{"truncated array", `a1 "grid" 82 81 00`, "grid[1]: unexpected end"},
		{"truncated text", `a1 "label" 63 61`, "label: unexpected end"},
		{"truncated integer", `a1 "small" 19 01`, "small: unexpected end"},
		{"trailing bytes", `a0 00`, "trailing bytes"},
		{"duplicate key", `a2 "small" 01 "small" 01`, "small: duplicate key"},
		{"duplicate unknown key", `a2 "new" 01 "new" 01`, `duplicate key "new"`},
		{"other case", `a1 "Small" 01`, `other case in key "Small"`},
		{"other case outside ASCII", `a1 "` + "\u017f" + `mall" 01`, "other case in key \"\u017fmall\""},
		{"number as a key", `a1 01 01`, "[key]: want text, have integer"},
		{"key that is not UTF-8", `a1 61 ff 01`, "[key]: text is not UTF-8"},
		{"text that is not UTF-8", `a1 "label" 61 ff`, "label: text is not UTF-8"},
		{"unknown text that is not UTF-8", `a1 "new" 81 61 ff`, "new[0]: text is not UTF-8"},
		{"indefinite array", `a1 "points" 9f ff`, "points: indefinite length"},
		{"indefinite map", `bf ff`, "indefinite length"},
		{"indefinite text", `a1 "label" 7f 61 61 ff`, "label: indefinite length"},
		{"indefinite length in an unknown field", `a1 "new" 5f ff`, "new: indefinite length"},
		{"tag", `a1 "small" c1 01`, "small: want integer, have tag"},
		{"tag in an unknown field", `a1 "new" a1 "x" c1 01`, "new.x: tag"},
		{"tag in an unknown key", `a1 "new" a1 c1 01 01`, "new[key]: tag"},
		{"error in an unknown map of numbers", `a1 "new" a1 05 c1`, "new[5]: tag"},
		{"error in an unknown map of maps", `a1 "new" a1 a0 c1`, "new[...]: tag"},
		{"just above float32", `a1 "ratio" fb 47 ef ff ff f0 00 00 00`, "ratio: float out of range"},
		{"tag in any", `a1 "any" 82 01 c1 01`, "any[1]: tag"},
		{"undefined", `a1 "any" f7`, "any: undefined or unassigned value"},
		{"simple value", `a1 "new" f0`, "new: undefined or unassigned value"},
		{"reserved head", `a1 "small" 1c`, "small: not well-formed"},
		{"break alone", `a1 "small" ff`, "small: not well-formed"},
		{"above int8", `a1 "small" 18 80`, "small: integer out of range"},
		{"below int8", `a1 "small" 38 80`, "small: integer out of range"},
		{"above uint16", `a1 "level" 1a 00 01 00 00`, "level: integer out of range"},
		{"negative for unsigned", `a1 "level" 20`, "level: integer out of range"},
		{"above int64", `a1 "point" a1 "X" 1b 80 00 00 00 00 00 00 00`, "point.X: integer out of range"},
		{"above int64 in any", `a1 "any" 1b 80 00 00 00 00 00 00 00`, "any: integer out of range"},
		{"float for an integer", `a1 "small" fa 3f 80 00 00`, "small: want integer, have float"},
		{"above float32", `a1 "ratio" fb 7f ef ff ff ff ff ff ff`, "ratio: float out of range"},
		{"text for bytes", `a1 "blob" "x"`, "blob: want bytes, have text"},
		{"array for bytes", `a1 "octets" 81 01`, "octets: want bytes, have array"},
		{"bytes for text", `a1 "label" 41 61`, "label: want text, have bytes"},
		{"short array", `a1 "pair" 81 01`, "pair: array of another length"},
		{"long array", `a1 "pair" 83 01 02 03`, "pair: array of another length"},
		{"short byte array", `a1 "key" 41 01`, "key: array of another length"},
		{"no time", `a1 "message" a1 "At" "yesterday"`, "message.At: not a time in RFC 3339"},
		{"time as a number", `a1 "message" a1 "At" 01`, "message.At: want text, have integer"},
		{"error deep inside", `a1 "message" a1 "Next" a1 "Tags" 83 "a" "b" 01`, "message.Next.Tags[2]: want text, have integer"},
		{"error in a map", `a1 "message" a1 "extra" a1 "a" "b"`, "message.extra.a: want integer, have text"},
		{"error in a map of numbers", `a1 "numbers" a1 05 "b"`, "numbers[5]: want float, have text"},
		{"error in a key", `a1 "numbers" a1 "a" 01`, "numbers[key]: want integer, have text"},
		{"key of any that is no text", `a1 "any" a1 01 01`, "any[key]: want text, have integer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for by, err := range decodeBoth(&allCoding, unhex(t, test.input)) {
				t.Run(by, func(t *testing.T) {
					wantError(t, err, test.want)
				})
			}
		})
	}
}

// The library compares keys when they are Go values, and says so in its words.
func TestRefusesDuplicatesInMaps(t *testing.T) {
	for _, input := range []string{
		`a1 "numbers" a2 01 01 01 02`,
		`a1 "numbers" a2 01 01 18 01 02`, // the same number, longer
		`a1 "message" a1 "extra" a2 "a" 01 "a" 02`,
		`a1 "any" a2 "a" 01 "a" 02`,
	} {
		for by, err := range decodeBoth(&allCoding, unhex(t, input)) {
			if err == nil || !strings.Contains(err.Error(), "duplicate") {
				t.Errorf("%s: %s: %v; want a duplicate key", input, by, err)
			}
		}
	}
}

func TestRefusesJSON(t *testing.T) {
	for _, test := range []struct{ name, input, want string }{
		{"null for a struct", `null`, "want object, have null"},
		{"null in a slice of structs", `{"points":[{},null]}`, "points[1]: want object, have null"},
		{"null for a number", `{"small":null}`, "small: want number, have null"},
		{"array for a struct", `[]`, "want object, have array"},
		{"nothing", ` `, "unexpected end"},
		{"truncated", `{"label":"x`, "label: unexpected end"},
		{"trailing bytes", `{} {}`, "trailing bytes"},
		{"trailing comma", `{"small":1,}`, `want text, have "}"`},
		{"missing comma", `{"small":1 "level":1}`, `want ",", have "\""`},
		{"comment", `{/**/}`, `want text, have "/"`},
		{"duplicate key", `{"small":1,"small":1}`, `duplicate key "small"`},
		{"duplicate key, escaped", `{"small":1,"sm\u0061ll":1}`, `duplicate key "small"`},
		{"duplicate unknown key", `{"new":1,"new":1}`, `duplicate key "new"`},
		{"duplicate key in a map", `{"message":{"extra":{"a":1,"a":1}}}`, `message.extra: duplicate key "a"`},
		{"duplicate key in any", `{"any":[{"a":1,"a":1}]}`, `any[0]: duplicate key "a"`},
		{"other case", `{"Small":1}`, `other case in key "Small"`},
		{"text that is not UTF-8", "{\"label\":\"\xff\"}", "label: text is not UTF-8"},
		{"half a pair", `{"label":"\ud800"}`, "label: half a surrogate pair in text"},
		{"other half of a pair", `{"label":"\udc00 "}`, "label: half a surrogate pair in text"},
		{"two first halves", `{"label":"\ud800\ud800"}`, "label: half a surrogate pair in text"},
		{"raw control character", "{\"label\":\"\n\"}", "label: control character in text"},
		{"unknown escape", `{"label":"\x"}`, "label: unknown escape in text"},
		{"out of range", `{"small":128}`, "small: not an integer, or out of range"},
		{"fraction for an integer", `{"small":1.0}`, "small: not an integer, or out of range"},
		{"negative for unsigned", `{"level":-1}`, "level: not an integer, or out of range"},
		{"out of float32", `{"ratio":1e99}`, "ratio: float out of range"},
		{"leading zero", `{"small":01}`, `want ",", have "1"`},
		{"bare NaN", `{"float":NaN}`, `float: want number, have NaN or Infinity, which JSON does not have`},
		{"bare Infinity", `{"any":Infinity}`, `any: want number, have NaN or Infinity, which JSON does not have`},
		{"text for a number", `{"small":"1"}`, "small: want number, have text"},
		{"number for text", `{"label":1}`, "label: want text, have number"},
		{"short array", `{"pair":[1]}`, "pair: array of another length"},
		{"long array", `{"pair":[1,2,3]}`, "pair: array of another length"},
		{"error deep inside", `{"message":{"Next":{"Tags":["a","b",1]}}}`, "message.Next.Tags[2]: want text, have number"},
		{"two spellings of a key", `{"numbers":{"1":1,"01":2}}`, "numbers[\"01\"]: key is not an integer in its shortest form"},
		{"no digits in a key", `{"numbers":{"":1}}`, "numbers[\"\"]: key is not an integer in its shortest form"},
		{"plus in a key", `{"message":{"extra":{},"Next":null},"numbers":{"+1":1}}`, "numbers[\"+1\"]: key is not an integer in its shortest form"},
		{"half a literal", `{"flag":tru}`, "flag: want bool, have bool"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var v all
			wantError(t, wire.Unmarshal(wire.JSON, []byte(test.input), nil, &v), test.want)
		})
	}
}

func TestRefusesTooMuch(t *testing.T) {
	nested := func(n int) []byte { return append(bytes.Repeat([]byte{0x81}, n-1), 0x80) }
	nestedMaps := func(n int) []byte { return append(bytes.Repeat([]byte{0xa1, 0x60}, n-1), 0xa0) }
	array := func(n int) []byte {
		return append([]byte{0x9a, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, make([]byte, n)...)
	}
	object := func(n int) []byte {
		b := []byte{0xb9, byte(n >> 8), byte(n)}
		for i := range n {
			b = append(b, 0x19, byte(i>>8), byte(i), 0)
		}
		return b
	}
	for _, test := range []struct {
		name   string
		input  []byte
		accept bool
	}{
		{"16 levels of arrays", nested(16), true},
		{"17 levels of arrays", nested(17), false},
		{"16 levels of maps", nestedMaps(16), true},
		{"17 levels of maps", nestedMaps(17), false},
		{"65,536 elements", array(65_536), true},
		{"65,537 elements", array(65_537), false},
	} {
		var v any
		if err := wire.Unmarshal(wire.CBOR, test.input, nil, &v); (err == nil) != test.accept {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	for n, accept := range map[int]bool{1024: true, 1025: false} {
		coding := wire.Coding[map[int]int]{Decode: func(d *wire.Decoder, v *map[int]int) {
			wire.DecodeMap(d, v, wire.DecodeInt[int], wire.DecodeInt[int])
		}}
		for by, err := range decodeBoth(&coding, object(n)) {
			if (err == nil) != accept {
				t.Errorf("%d entries, %s: %v", n, by, err)
			}
		}
	}
}

func TestRefusesTooMuchJSON(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	array := func(n int) string { return "[" + strings.Repeat("0,", n-1) + "0]" }
	object := func(n int) string {
		m := make(map[int]int)
		for i := range n {
			m[i] = i
		}
		b, _ := json.Marshal(m)
		return string(b)
	}
	for _, test := range []struct {
		name, input string
		accept      bool
	}{
		{"16 levels", nested(16), true},
		{"17 levels", nested(17), false},
		{"65,536 elements", array(65_536), true},
		{"65,537 elements", array(65_537), false},
		{"1,024 entries", object(1024), true},
		{"1,025 entries", object(1025), false},
		{"1,025 ignored entries", `{"new":` + object(1025) + `}`, false},
	} {
		var v any
		if err := wire.Unmarshal(wire.JSON, []byte(test.input), nil, &v); (err == nil) != test.accept {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
