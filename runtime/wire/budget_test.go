package wire_test

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// allocated is how many bytes f allocates in all, freed again or not. Others
// allocate beside it: the least of some runs counts.
func allocated(f func()) uint64 {
	least := uint64(math.MaxUint64)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// TestBombs: a few bytes that claim much are refused before anything is
// allocated for them.
func TestBombs(t *testing.T) {
	bombs := map[string][]byte{
		"17 levels":              append(bytes.Repeat([]byte{0x81}, 17), 0x80),
		"array of 2^62":          {0x9b, 0x40, 0, 0, 0, 0, 0, 0, 0},
		"array of 65,536":        {0x9a, 0, 1, 0, 0},
		"map of 2^32":            {0xbb, 0, 0, 0, 1, 0, 0, 0, 0},
		"map of 1,024":           {0xb9, 4, 0},
		"text of 2^63":           {0x7b, 0x80, 0, 0, 0, 0, 0, 0, 0},
		"bytes of 2^40":          {0x5b, 0, 0, 1, 0, 0, 0, 0, 0},
		"array of 2^64-1":        {0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"map of 2^63, times two": {0xbb, 0x80, 0, 0, 0, 0, 0, 0, 0},
	}
	slice := wire.Coding[[][]string]{Decode: func(d *wire.Decoder, v *[][]string) {
		wire.DecodeSlice(d, v, func(d *wire.Decoder, v *[]string) {
			wire.DecodeSlice(d, v, wire.DecodeString[string])
		})
	}}
	dict := wire.Coding[map[string]string]{Decode: func(d *wire.Decoder, v *map[string]string) {
		wire.DecodeMap(d, v, wire.DecodeString[string], wire.DecodeString[string])
	}}
	for name, bomb := range bombs {
		for what, decode := range map[string]func() error{
			"generated slice": func() error { return wire.Unmarshal(wire.CBOR, bomb, &slice, new([][]string)) },
			"reflected slice": func() error { return wire.Unmarshal(wire.CBOR, bomb, nil, new([][]string)) },
			"generated map":   func() error { return wire.Unmarshal(wire.CBOR, bomb, &dict, new(map[string]string)) },
			"reflected map":   func() error { return wire.Unmarshal(wire.CBOR, bomb, nil, new(map[string]string)) },
			"any":             func() error { return wire.Unmarshal(wire.CBOR, bomb, nil, new(any)) },
			"struct":          func() error { return wire.Unmarshal(wire.CBOR, bomb, &allCoding, new(all)) },
		} {
			wantCheapError(t, name+" into "+what, decode)
		}
	}
}

// TestBombsJSON is TestBombs for JSON.
func TestBombsJSON(t *testing.T) {
	deep := []byte(strings.Repeat("[", 1<<16))
	wide := []byte(`{"points":[` + strings.Repeat("{},", 1<<16) + `{}]}`)
	for what, decode := range map[string]func() error{
		"deep any":    func() error { return wire.Unmarshal(wire.JSON, deep, nil, new(any)) },
		"deep struct": func() error { return wire.Unmarshal(wire.JSON, deep, nil, new(all)) },
		"wide struct": func() error { return wire.Unmarshal(wire.JSON, wide, nil, new(all)) },
	} {
		wantCheapError(t, what, decode)
	}
}

// TestPacketBombs is TestBombs for what is around a body.
func TestPacketBombs(t *testing.T) {
	for _, bomb := range [][]byte{
		unhex(t, `9b 40 00 00 00 00 00 00 00`),
		unhex(t, `84 01 07 60 5b 40 00 00 00 00 00 00 00`),
		unhex(t, `85 01 07 60 40 bb 00 00 00 01 00 00 00 00`),
		unhex(t, `85 01 07 60 40 a1 02 b9 04 00`),
		unhex(t, `85 01 07 60 40 a1 18 41`+strings.Repeat("81", 99)),
	} {
		wantCheapError(t, fmt.Sprintf("%x", bomb), func() error {
			_, err := wire.CBORv1.Next(bomb, new(wire.Packet))
			return err
		})
	}
	deep := []byte(`{"kind":"call","x-":` + strings.Repeat("[", 1<<16))
	wantCheapError(t, "JSON", func() error {
		_, err := wire.JSONv1.Next(deep, new(wire.Packet))
		return err
	})
}

func wantCheapError(t *testing.T, what string, decode func() error) {
	t.Helper()
	var err error
	if n := allocated(func() { err = decode() }); n > 4096 {
		t.Errorf("%s: %d bytes allocated", what, n)
	}
	if err == nil {
		t.Errorf("%s: accepted", what)
	}
}

type kilobyte struct{ A, B, C, D [32]uint64 }

var kilobytes = wire.Coding[[]kilobyte]{Decode: func(d *wire.Decoder, v *[]kilobyte) {
	wire.DecodeSlice(d, v, decodeKilobyte)
}}

// decodeKilobyte leaves the fields out: it is for empty maps.
func decodeKilobyte(d *wire.Decoder, _ *kilobyte) {
	for f := d.Fields(nil); f.Next(); {
	}
}

// TestAmplification: input that is small, but not what it becomes.
func TestAmplification(t *testing.T) {
	const n = 60_000
	list := func(head string, elem string, end string) []byte {
		return []byte(head + strings.Repeat(elem, n) + elem[:len(elem)-len(end)] + end)
	}
	cborList := func(elem byte) []byte {
		return append([]byte{0x9a, 0, 0, n >> 8, n & 0xff}, bytes.Repeat([]byte{elem}, n)...)
	}
	for _, test := range []struct {
		name  string
		codec wire.Codec
		input []byte
	}{
		{"CBOR nulls", wire.CBOR, cborList(0xf6)},
		{"CBOR empty maps", wire.CBOR, cborList(0xa0)},
		{"JSON nulls", wire.JSON, list("[", "null,", "]")},
		{"JSON empty objects", wire.JSON, list("[", "{},", "]")},
	} {
		for what, decode := range map[string]func() error{
			"structs":   func() error { return wire.Unmarshal(test.codec, test.input, nil, new([]kilobyte)) },
			"arrays":    func() error { return wire.Unmarshal(test.codec, test.input, nil, new([][3]kilobyte)) },
			"embedded":  func() error { return wire.Unmarshal(test.codec, test.input, nil, new([]struct{ *kilobyte })) },
			"generated": func() error { return wire.Unmarshal(test.codec, test.input, &kilobytes, new([]kilobyte)) },
		} {
			var err error
			if n := allocated(func() { err = decode() }); n > 2<<20 {
				t.Errorf("%s into %s: %d bytes allocated", test.name, what, n)
			}
			if err == nil {
				t.Errorf("%s into %s: accepted", test.name, what)
			}
		}
	}
}

// TestBudget: what just fits is accepted, and each kind of thing counts.
func TestBudget(t *testing.T) {
	texts := wire.Coding[[]*string]{Decode: func(d *wire.Decoder, v *[]*string) {
		wire.DecodeSlice(d, v, func(d *wire.Decoder, v **string) {
			wire.DecodePointer(d, v, wire.DecodeString[string])
		})
	}}
	blobs := wire.Coding[[]*blob]{Decode: func(d *wire.Decoder, v *[]*blob) {
		wire.DecodeSlice(d, v, func(d *wire.Decoder, v **blob) {
			wire.DecodePointer(d, v, wire.DecodeBytes[blob])
		})
	}}
	octets := wire.Coding[[]*[]octet]{Decode: func(d *wire.Decoder, v *[]*[]octet) {
		wire.DecodeSlice(d, v, func(d *wire.Decoder, v **[]octet) {
			wire.DecodePointer(d, v, func(d *wire.Decoder, v *[]octet) {
				wire.DecodeSlice(d, v, wire.DecodeUint[octet])
			})
		})
	}}
	small := wire.Coding[[]map[int]int]{Decode: func(d *wire.Decoder, v *[]map[int]int) {
		wire.DecodeSlice(d, v, func(d *wire.Decoder, v *map[int]int) {
			wire.DecodeMap(d, v, wire.DecodeInt[int], wire.DecodeInt[int])
		})
	}}
	large := wire.Coding[[]map[int]kilobyte]{Decode: func(d *wire.Decoder, v *[]map[int]kilobyte) {
		wire.DecodeSlice(d, v, func(d *wire.Decoder, v *map[int]kilobyte) {
			wire.DecodeMap(d, v, wire.DecodeInt[int], decodeKilobyte)
		})
	}}
	free := wire.Coding[any]{Decode: wire.DecodeAny[any]}
	bigs := wire.Coding[[]*big.Int]{Decode: wire.DecodeAny[[]*big.Int]}
	tuples := wire.Coding[[]tuple]{Decode: wire.DecodeAny[[]tuple]}
	cut := func(n int) string { return fmt.Sprintf("%04x", n) + strings.Repeat("61", n) }

	budgetCase(t, "texts", &texts, "60", 43_600, "", true)
	budgetCase(t, "a long text", &texts, "60", 43_600, "79"+cut(3000), false)
	budgetCase(t, "blobs", &blobs, "40", 32_700, "", true)
	budgetCase(t, "a long blob", &blobs, "40", 32_700, "59"+cut(3000), false)
	budgetCase(t, "octets", &octets, "40", 32_700, "", true)
	budgetCase(t, "many octets", &octets, "40", 32_700, "59"+cut(3000), false)
	budgetCase(t, "small maps", &small, "a10000", 7_200, "", true)
	budgetCase(t, "too many small maps", &small, "a10000", 7_800, "", false)
	budgetCase(t, "large maps", &large, "a100a0", 880, "", true)
	budgetCase(t, "too many large maps", &large, "a100a0", 920, "", false)
	budgetCase(t, "small numbers in any", &free, "18ff", 65_536, "", true)
	budgetCase(t, "negative numbers in any", &free, "20", 43_600, "", true)
	budgetCase(t, "too many negative numbers in any", &free, "20", 43_800, "", false)
	budgetCase(t, "arrays in any", &free, "80", 26_200, "", true)
	budgetCase(t, "too many arrays in any", &free, "80", 26_300, "", false)
	budgetCase(t, "big integers", &bigs, "00", 21_800, "", true)
	budgetCase(t, "too many big integers", &bigs, "00", 21_900, "", false)
	budgetCase(t, "tuples", &tuples, "8100", 1_000, "", true)
	budgetCase(t, "too many tuples", &tuples, "8100", 1_060, "", false)
}

// tuple crosses as an array. What it embeds by pointer it may have to make.
type tuple struct {
	_ struct{} `cbor:",toarray"`
	*Kilobyte
}

// Kilobyte is exported, as embedded pointers must be.
type Kilobyte struct {
	A int
	_ [124]int
}

// budgetCase decodes an array of n items and one more.
func budgetCase[T any](t *testing.T, name string, coding *wire.Coding[T], item string, n int, last string, accept bool) {
	t.Helper()
	b := unhex(t, fmt.Sprintf("9a %08x", n)+strings.Repeat(item, n))
	if last != "" {
		b = append(unhex(t, fmt.Sprintf("9a %08x", n+1)), b[5:]...)
		b = append(b, unhex(t, last)...)
	}
	for by, err := range decodeBoth(coding, b) {
		if (err == nil) != accept {
			t.Errorf("%s, %s: %v", name, by, err)
		}
	}
}

// TestBudgetJSON is TestBudget for JSON.
func TestBudgetJSON(t *testing.T) {
	type large = map[int]kilobyte
	budgetCaseJSON[[]map[int]int](t, `{"1":0}`, 7_200, true)
	budgetCaseJSON[[]map[int]int](t, `{"1":0}`, 8_500, false)
	budgetCaseJSON[[]large](t, `{"1":{}}`, 880, true)
	budgetCaseJSON[[]large](t, `{"1":{}}`, 920, false)
	budgetCaseJSON[[]*large](t, `null`, 60_000, true)
	budgetCaseJSON[[]struct{ A, B, C [16]int }](t, `{}`, 2_700, true)
	budgetCaseJSON[[]struct{ A, B, C [16]int }](t, `{}`, 2_800, false)
	budgetCaseJSON[[]any](t, `{"a":0}`, 3_000, true)
	budgetCaseJSON[[]any](t, `{"a":0}`, 5_000, false)
	budgetCaseJSON[[]any](t, `[]`, 26_000, true)
}

func budgetCaseJSON[T any](t *testing.T, item string, n int, accept bool) {
	t.Helper()
	b := []byte("[" + strings.Repeat(item+",", n-1) + item + "]")
	var v T
	if err := wire.Unmarshal(wire.JSON, b, nil, &v); (err == nil) != accept {
		t.Errorf("%d of %s into %T: %v", n, item, v, err)
	}
}

// TestSiblings: a level is left when its map or array ends.
func TestSiblings(t *testing.T) {
	v := all{
		Points: make([]point, 20), Grid: make([][]int, 20), Any: []any{},
		Message: &message{Extra: map[string]int{}},
	}
	for i := range v.Grid {
		v.Grid[i] = []int{i}
		v.Any = append(v.Any.([]any), map[string]any{"a": []any{int64(i)}})
	}
	lists := struct{ L []map[string][2]message }{make([]map[string][2]message, 20)}
	for i := range lists.L {
		lists.L[i] = map[string][2]message{"a": {{Extra: map[string]int{"x": 1}}, {}}}
	}
	for _, coding := range []*wire.Coding[all]{&allCoding, nil} {
		if diff := cmp.Diff(&v, unmarshal(t, coding, marshal(t, coding, &v))); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	for name, codec := range codecs {
		b, err := wire.Marshal(codec, nil, nil, &lists)
		if err != nil {
			t.Fatal(err)
		}
		if err := wire.Unmarshal(codec, b, nil, &lists); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	small := wire.Coding[[]map[int]int]{Decode: func(d *wire.Decoder, v *[]map[int]int) {
		wire.DecodeSlice(d, v, func(d *wire.Decoder, v *map[int]int) {
			wire.DecodeMap(d, v, wire.DecodeInt[int], wire.DecodeInt[int])
		})
	}}
	for by, err := range decodeBoth(&small, unhex(t, "94"+strings.Repeat("a10000", 20))) {
		if err != nil {
			t.Errorf("%s: %v", by, err)
		}
	}
}

// TestBudgetHolds: whatever is accepted into an any, which gives the sender
// most freedom, takes about what was counted.
func TestBudgetHolds(t *testing.T) {
	repeat := func(item string) []byte {
		b := unhex(t, item)
		n := 60_000 / len(b)
		return append([]byte{0x9a, 0, 0, byte(n >> 8), byte(n)}, bytes.Repeat(b, n)...)
	}
	for _, item := range []string{
		`f6`, `00`, `19 03 e8`, `f9 3c 00`, `60`, `61 61`, `41 00`, `80`, `a0`, `81 00`, `81 81 00`,
		`a1 60 00`, `a2 60 00 61 61 00`, `a1 "longer key" a0`, `a1 60 80`,
	} {
		body := repeat(item)
		var err error
		n := allocated(func() { err = wire.Unmarshal(wire.CBOR, body, nil, new(any)) })
		t.Logf("%-20s %v: %d", item, err, n)
		if n > 3<<20 {
			t.Errorf("%s: %d bytes allocated for %d", item, n, len(body))
		}
	}
}
