package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

var codecs = map[string]wire.Codec{"CBOR": wire.CBOR, "JSON": wire.JSON}

// TestAppendixA checks the vectors of RFC 8949, appendix A, that Go can hold.
func TestAppendixA(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
	}{
		{uint64(0), `00`}, {uint64(1), `01`}, {uint64(10), `0a`}, {uint64(23), `17`}, {uint64(24), `18 18`}, {uint64(100), `18 64`},
		{uint64(1000), `19 03 e8`}, {uint64(1000000), `1a 00 0f 42 40`}, {uint64(1000000000000), `1b 00 00 00 e8 d4 a5 10 00`},
		{uint64(math.MaxUint64), `1b ff ff ff ff ff ff ff ff`},
		{int64(-1), `20`}, {int64(-10), `29`}, {int64(-100), `38 63`}, {int64(-1000), `39 03 e7`},
		{int64(math.MinInt64), `3b 7f ff ff ff ff ff ff ff`},
		{1.1, `fb 3f f1 99 99 99 99 99 9a`}, {-4.1, `fb c0 10 66 66 66 66 66 66`}, {1e300, `fb 7e 37 e4 3c 88 00 75 9c`},
		{float32(100000), `fa 47 c3 50 00`}, {float32(math.MaxFloat32), `fa 7f 7f ff ff`}, {math.Inf(1), `fb 7f f0 00 00 00 00 00 00`},
		{false, `f4`}, {true, `f5`}, {"", `60`}, {"IETF", `64 49 45 54 46`}, {"\"\\", `62 22 5c`}, {"ü", `62 c3 bc`},
		{[]byte{}, `40`}, {[]byte{1, 2, 3, 4}, `44 01 02 03 04`}, {[]int{}, `80`}, {[]int{1, 2, 3}, `83 01 02 03`},
		{[][]int{{1}, {2, 3}, {4, 5}}, `83 81 01 82 02 03 82 04 05`}, {map[int]int{}, `a0`}, {map[string]int{"a": 1}, `a1 61 61 01`},
		{struct {
			A int    `json:"a"`
			B []bool `json:"b"`
		}{1, []bool{true}}, `a2 61 61 01 61 62 81 f5`},
	} {
		if got := marshal(t, nil, &test.value); !bytes.Equal(got, unhex(t, test.want)) {
			t.Errorf("%T %v: %x, want %s", test.value, test.value, got, test.want)
		}
	}
}

// TestReadsOtherForms: encoders differ in how short they make numbers.
func TestReadsOtherForms(t *testing.T) {
	for _, test := range []struct {
		input string
		want  all
	}{
		{`a1 "small" 18 01`, all{Small: 1}},
		{`a1 "small" 39 00 01`, all{Small: -2}},
		{`a1 "wide" 1b 00 00 00 00 00 00 00 01`, all{Wide: 1}},
		{`a1 "point" a2 "X" 1b 7f ff ff ff ff ff ff ff "Y" 3b 7f ff ff ff ff ff ff ff`, all{Point: point{math.MaxInt64, math.MinInt64}}},
		{`a1 "float" f9 3e 00`, all{Float: 1.5}},
		{`a1 "float" f9 c4 00`, all{Float: -4}},
		{`a1 "float" f9 00 01`, all{Float: 5.960464477539063e-8}},
		{`a1 "float" f9 7b ff`, all{Float: 65504}},
		{`a1 "float" f9 fc 00`, all{Float: math.Inf(-1)}},
		{`a1 "float" f9 7e 00`, all{Float: math.NaN()}},
		{`a1 "float" fa 3f c0 00 00`, all{Float: 1.5}},
		{`a1 "float" 02`, all{Float: 2}},
		{`a1 "float" 1b ff ff ff ff ff ff ff ff`, all{Float: math.MaxUint64}},
		{`a1 "float" 21`, all{Float: -2}},
		{`a1 "ratio" fb 3f b9 99 99 99 99 99 9a`, all{Ratio: 0.1}},
		{`a1 "ratio" fb 47 ef ff ff e0 00 00 00`, all{Ratio: math.MaxFloat32}},
		{`a1 "label" 79 00 01 61`, all{Label: "a"}},
		{`b9 00 01 "small" 01`, all{Small: 1}},
		{`a2 "wide" 02 "small" 01`, all{Small: 1, Wide: 2}}, // another order
		{`a3 "new" 82 a1 01 02 f6 "small" 01 "newer" 01`, all{Small: 1}},
		{`a1 "any" 82 20 a1 "k" f6`, all{Any: []any{int64(-1), map[string]any{"k": nil}}}},
		{`a1 "any" 82 1b 7f ff ff ff ff ff ff ff 3b 7f ff ff ff ff ff ff ff`, all{Any: []any{int64(math.MaxInt64), int64(math.MinInt64)}}},
		{`a1 "deep" f6`, all{}},
		{`a1 "message" a1 "At" f6`, all{Message: &message{}}},
		{`a1 "message" a1 "At" 78 19 32 30 32 34 2d 30 32 2d 32 39 54 31 32 3a 30 30 3a 30 30 2b 30 31 3a 30 30`,
			all{Message: &message{At: time.Date(2024, 2, 29, 12, 0, 0, 0, time.FixedZone("", 3600))}}},
	} {
		for by, coding := range map[string]*wire.Coding[all]{"generated": &allCoding, "reflected": nil} {
			got := unmarshal(t, coding, unhex(t, test.input))
			if diff := cmp.Diff(&test.want, got, same); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", test.input, by, diff)
			}
		}
	}
}

// TestNilAndEmpty: they are different, and stay so.
func TestNilAndEmpty(t *testing.T) {
	for codec := range codecs {
		for _, want := range []all{
			{},
			{Blob: blob{}, Octets: []octet{}, Grid: [][]int{}, Numbers: numbers{}, Points: []point{}},
			{Grid: [][]int{nil, {}}, Message: &message{Tags: []string{}, Extra: map[string]int{}}},
		} {
			for _, coding := range []*wire.Coding[all]{&allCoding, nil} {
				b, err := wire.Marshal(codecs[codec], nil, coding, &want)
				if err != nil {
					t.Fatal(err)
				}
				var got all
				if err := wire.Unmarshal(codecs[codec], b, coding, &got); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", codec, diff)
				}
			}
		}
	}
}

// TestTimes: the instant and the offset survive.
func TestTimes(t *testing.T) {
	lmt := time.FixedZone("LMT", 53*60+28)
	for _, at := range []time.Time{
		{}, time.Unix(0, 1).UTC(), time.Date(2024, 2, 29, 23, 59, 59, 999999999, time.FixedZone("", -12*3600)),
		time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1880, 1, 1, 0, 0, 0, 0, lmt),
		time.Now(), time.Date(2024, 1, 1, 0, 0, 0, 0, time.FixedZone("", 23*3600+59*60)),
	} {
		got := unmarshal(t, &messageCoding, marshal(t, &messageCoding, &message{At: at}))
		if !got.At.Equal(at) {
			t.Errorf("%v became %v", at, got.At)
		}
		_, have := got.At.Zone()
		if _, want := at.Zone(); have/60 != want/60 {
			t.Errorf("%v became %v", at, got.At)
		}
	}
	for _, at := range []time.Time{
		time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2024, 1, 1, 0, 0, 0, 0, time.FixedZone("", 24*3600)), time.Date(2024, 1, 1, 0, 0, 0, 0, time.FixedZone("", -24*3600)),
	} {
		_, err := wire.Marshal(wire.CBOR, nil, &messageCoding, &message{At: at})
		wantError(t, err, "At: time that RFC 3339 cannot say")
		wantNoTime(t, at)
	}
	wantNoTime(t, time.Date(1880, 1, 1, 0, 0, 0, 0, lmt)) // by reflection it would be another instant
}

func wantNoTime(t *testing.T, at time.Time) {
	t.Helper()
	type times struct{ T []*time.Time }
	for _, codec := range codecs {
		_, err := wire.Marshal(codec, nil, nil, &times{[]*time.Time{nil, &at}})
		wantError(t, err, "T[1]: time that RFC 3339 cannot say")
	}
}

// TestMarshalRefuses: what the far side would refuse is not sent, and the
// error names the place.
func TestMarshalRefuses(t *testing.T) {
	long := make(map[string]int)
	for i := range wire.MaxMap + 1 {
		long[fmt.Sprint(i)] = i
	}
	chain := new(message)
	for range wire.MaxDepth {
		chain = &message{Next: chain}
	}
	loop := new(message)
	loop.Next = loop
	self := []any{nil}
	self[0] = self
	var deep any
	for range wire.MaxDepth + 1 {
		deep = []any{deep}
	}
	both, onlyJSON := []wire.Codec{wire.CBOR, wire.JSON}, []wire.Codec{wire.JSON}
	for _, test := range []struct {
		name   string
		value  all
		want   string
		codecs []wire.Codec
	}{
		{"text in a list", all{Message: &message{Tags: []string{"a", "\xff"}}}, "message.Tags[1]: text is not UTF-8", both},
		{"text in any", all{Any: map[string]any{"k": []any{1, "\xff"}}}, "any.k[1]: text is not UTF-8", both},
		{"key", all{Any: map[string]any{"\xff": 1}}, "", both},
		{"long map", all{Message: &message{Extra: long}}, "", both},
		{"long list", all{Points: make([]point, wire.MaxArray+1)}, "", both},
		{"deep chain", all{Message: chain}, "", both},
		{"loop of pointers", all{Message: loop}, "", both},
		{"loop of any", all{Any: self}, "", both},
		{"deep any", all{Any: deep}, "", both},
		{"NaN", all{Float: math.NaN()}, "float: JSON has no NaN and no infinity", onlyJSON},
		{"infinity in a map", all{Numbers: numbers{1: 1, 7: ratio(math.Inf(-1))}}, "numbers[7]: JSON has no NaN and no infinity", onlyJSON},
		{"NaN in any", all{Any: []any{1.5, map[string]any{"k": math.NaN()}}}, "any[1].k: JSON has no NaN and no infinity", onlyJSON},
		{"channel", all{Any: make(chan int)}, "", both},
		{"function", all{Any: []any{func() {}}}, "", both},
	} {
		for _, codec := range test.codecs {
			for by, coding := range map[string]*wire.Coding[all]{"generated": &allCoding, "reflected": nil} {
				t.Run(fmt.Sprint(test.name, codec, by), func(t *testing.T) {
					out, err := wire.Marshal(codec, []byte("before"), coding, &test.value)
					if err == nil || string(out) != "before" {
						t.Fatalf("%q, %v", out, err)
					}
					if test.want != "" {
						wantError(t, err, test.want)
					}
				})
			}
		}
	}
}

// TestPathsOfEncoders: generated code keeps no path; it is found when needed.
func TestPathsOfEncoders(t *testing.T) {
	long := make([]int, wire.MaxArray+1)
	for _, test := range []struct {
		value all
		want  string
	}{
		{all{Grid: [][]int{{}, {1}, long}}, "grid[2]: array of 65537 elements, more than 65536"},
		{all{Message: &message{Next: &message{At: time.Unix(1e15, 0)}}}, "message.Next.At: time that RFC 3339 cannot say"},
		{all{Label: "\xff"}, "label: text is not UTF-8"},
	} {
		_, err := wire.Marshal(wire.CBOR, nil, &allCoding, &test.value)
		wantError(t, err, test.want)
	}
}

// TestDepthOfEncoders: the depth that is encoded is the depth that is decoded.
func TestDepthOfEncoders(t *testing.T) {
	chain := &message{Extra: map[string]int{}}
	for n := 1; n < 2*wire.MaxDepth; n++ {
		for _, coding := range []*wire.Coding[message]{&messageCoding, nil} {
			b, err := wire.Marshal(wire.CBOR, nil, coding, chain)
			if levels := n + 1; (err == nil) != (levels <= wire.MaxDepth) {
				t.Fatalf("%d levels: %v", levels, err)
			}
			if err == nil {
				unmarshal(t, coding, b)
			}
		}
		chain = &message{Tags: []string{"a"}, Next: chain, Extra: map[string]int{"a": 1}}
	}
}

// TestWideStructs: fields beyond the 64th are told apart as well.
func TestWideStructs(t *testing.T) {
	var names []string
	for i := range 200 {
		names = append(names, fmt.Sprintf("field%03d", i))
	}
	type wide [200]int
	coding := wire.Coding[wide]{
		Encode: func(e *wire.Encoder, v *wide) {
			e.Map(len(v))
			for i := range v {
				i = (i*7 + 3) % len(v) // in another order
				e.String(names[i])
				wire.EncodeInt(e, &v[i])
			}
		},
		Decode: func(d *wire.Decoder, v *wide) {
			for f := d.Fields(names); f.Next(); {
				wire.DecodeInt(d, &v[f.Index()])
			}
		},
	}
	var want wide
	for i := range want {
		want[i] = i
	}
	b := marshal(t, &coding, &want)
	if got := unmarshal(t, &coding, b); *got != want {
		t.Errorf("%v", got)
	}
	for i, name := range names {
		twice := bytes.Replace(b, []byte(names[(i+1)%200]), []byte(name), 1)
		if wire.Unmarshal(wire.CBOR, twice, &coding, new(wide)) == nil {
			t.Errorf("%s twice is accepted", name)
		}
	}
	_, err := wire.Marshal(wire.CBOR, nil, &wire.Coding[int]{Encode: func(e *wire.Encoder, _ *int) { e.Map(wire.MaxMap + 1) }}, new(int))
	wantError(t, err, "map of 1025 entries, more than 1024")
}

func TestNothing(t *testing.T) {
	for name, codec := range codecs {
		b, err := wire.Marshal(codec, []byte("x"), nil, new(struct{}))
		if want := map[string]string{"CBOR": "x\xf6", "JSON": "xnull"}[name]; err != nil || string(b) != want {
			t.Errorf("%s: %q %v", name, b, err)
		}
		for _, body := range []string{"", "null", "\xf6", "whatever"} {
			if err := wire.Unmarshal(codec, []byte(body), nil, new(struct{})); err != nil {
				t.Errorf("%s: %q: %v", name, body, err)
			}
		}
		if err := wire.Unmarshal(codec, nil, nil, new(int)); err == nil {
			t.Errorf("%s: an empty body is an int", name)
		}
	}
}

func TestArgs(t *testing.T) {
	type none struct{}
	for _, test := range []struct{ cbor, json, want string }{
		{``, ``, "args: not a map"},
		{`f6`, `null`, "args: not a map"},
		{`80`, ` []`, "args: not a map"},
		{`a1 "Tags" 82 "a" 01`, ` {"Tags":["a",1]}`, ""},
		{`a0`, `{}`, "accepted"},
	} {
		var inCBOR, inJSON message
		errs := map[string]error{
			"CBOR": wire.UnmarshalArgs(wire.CBOR, unhex(t, test.cbor), &messageCoding, &inCBOR),
			"JSON": wire.UnmarshalArgs(wire.JSON, []byte(test.json), nil, &inJSON),
		}
		for name, err := range errs {
			switch {
			case test.want == "accepted" && err == nil:
			case test.want == "" && err != nil && strings.HasPrefix(err.Error(), "args.Tags[1]: want text, have "):
			case err == nil || err.Error() != test.want:
				t.Errorf("%s %s: %v, want %q", name, test.cbor, err, test.want)
			}
		}
	}
	for name, codec := range codecs {
		body, err := wire.Marshal(codec, nil, nil, new(none))
		if err != nil || wire.UnmarshalArgs(codec, body, nil, new(none)) != nil {
			t.Errorf("%s: a route without parameters: %q %v", name, body, err)
		}
	}
}

// TestDecodedIsCopied: a message's buffer is used again.
func TestDecodedIsCopied(t *testing.T) {
	want := newDice(7, false).all()
	want.Blob, want.Label, want.Any = blob("bytes"), "label", []any{"text", []byte("bytes"), map[string]any{"k": "v"}}
	for by, coding := range map[string]*wire.Coding[all]{"generated": &allCoding, "reflected": nil} {
		b := marshal(t, coding, want)
		got := unmarshal(t, coding, b)
		clear(b)
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Errorf("%s (-want +got):\n%s", by, diff)
		}
	}
}

type failing struct{ Int int }

var errFailing = errors.New("marshaler says no")

func (failing) MarshalCBOR() ([]byte, error)  { return nil, errFailing }
func (failing) MarshalJSON() ([]byte, error)  { return nil, errFailing }
func (*failing) UnmarshalCBOR(b []byte) error { return errFailing }
func (*failing) UnmarshalJSON(b []byte) error { return errFailing }

// TestCauses: the error of a custom marshaler is there for errors.Is.
func TestCauses(t *testing.T) {
	for name, codec := range codecs {
		if _, err := wire.Marshal(codec, nil, nil, &struct{ F failing }{}); !errors.Is(err, errFailing) {
			t.Errorf("%s: %v", name, err)
		}
		if err := wire.Unmarshal(codec, []byte{'0'}, nil, new(failing)); !errors.Is(err, errFailing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("allocations are not counted under -race")
	}
	type flat = struct {
		A int64
		B string
		C []string
		D point
	}
	names := []string{"A", "B", "C", "D"}
	coding := wire.Coding[flat]{
		Encode: func(e *wire.Encoder, v *flat) {
			e.Map(4)
			e.String("A")
			wire.EncodeInt(e, &v.A)
			e.String("B")
			wire.EncodeString(e, &v.B)
			e.String("C")
			wire.EncodeSlice(e, &v.C, wire.EncodeString[string])
			e.String("D")
			encodePoint(e, &v.D)
		},
		Decode: func(d *wire.Decoder, v *flat) {
			for f := d.Fields(names); f.Next(); {
				switch f.Index() {
				case 0:
					wire.DecodeInt(d, &v.A)
				case 1:
					wire.DecodeString(d, &v.B)
				case 2:
					wire.DecodeSlice(d, &v.C, wire.DecodeString[string])
				case 3:
					decodePoint(d, &v.D)
				}
			}
		},
	}
	v := flat{1, "a string of some length", []string{"one string", "another string"}, point{1, 2}}
	body := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() { body, _ = wire.Marshal(wire.CBOR, body[:0], &coding, &v) }); n != 0 {
		t.Errorf("marshal: %v allocations", n)
	}
	var got flat
	decode := func() {
		got = flat{}
		if err := wire.Unmarshal(wire.CBOR, body, &coding, &got); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, decode); n != 1 { // a slice; strings take a part of one now and then
		t.Errorf("unmarshal: %v allocations", n)
	}
}

// Small copies share storage, but nothing else: neither with the message nor
// with each other.
func TestCopiesAreTheirOwners(t *testing.T) {
	type value struct {
		A, B []byte
		S    string
	}
	coding := wire.Coding[value]{Decode: func(d *wire.Decoder, v *value) {
		for f := d.Fields([]string{"A", "B", "S"}); f.Next(); {
			switch f.Index() {
			case 0:
				wire.DecodeBytes(d, &v.A)
			case 1:
				wire.DecodeBytes(d, &v.B)
			case 2:
				wire.DecodeString(d, &v.S)
			}
		}
	}}
	for _, size := range []int{0, 1, 100, 255, 256, 257, 600} {
		in := value{bytes.Repeat([]byte{1}, size), bytes.Repeat([]byte{2}, size), strings.Repeat("s", size)}
		body, err := wire.Marshal(wire.CBOR, nil, nil, &in)
		if err != nil {
			t.Fatal(err)
		}
		var out value
		if err := wire.Unmarshal(wire.CBOR, body, &coding, &out); err != nil {
			t.Fatal(err)
		}
		clear(body)
		out.A = append(out.A, 9, 9, 9)
		clear(out.A)
		if !bytes.Equal(out.B, in.B) || out.S != in.S || out.B == nil {
			t.Errorf("of %d bytes: %v, %q", size, out.B, out.S)
		}
	}
}
