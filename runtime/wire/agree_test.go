package wire_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// dice makes random values. Maps get at most one entry if single is set: the
// order of more is random on the wire.
type dice struct {
	*rand.Rand
	single bool
}

func newDice(seed uint64, single bool) dice { return dice{rand.New(rand.NewPCG(seed, 1)), single} }

func (d dice) int64() int64 { return int64(d.Uint64()) >> d.IntN(64) }

func (d dice) text() string {
	parts := []string{"", "a", "ü", "日本", "\x00", "\"\\", "a longer text, of more than 23 bytes"}
	return parts[d.IntN(len(parts))]
}

func (d dice) float() float64 {
	floats := []float64{0, math.Copysign(0, -1), 1, -1.5, math.Inf(1), math.NaN(), math.MaxFloat64, 1e-320}
	return floats[d.IntN(len(floats))]
}

func (d dice) time() time.Time {
	if d.IntN(4) == 0 {
		return time.Time{}
	}
	zone := time.FixedZone("", 60*(d.IntN(2*1439)-1439))
	return time.Unix(d.Int64N(4e9)-2e9, d.Int64N(1e9)).In(zone)
}

func (d dice) size() int {
	if d.single {
		return d.IntN(2)
	}
	return d.IntN(30)
}

func (d dice) any(depth int) any {
	switch d.IntN(8 - min(depth, 3)) {
	case 0:
		return nil
	case 1:
		return d.int64()
	case 2:
		return d.text()
	case 3:
		return d.Float64()
	case 4:
		return []byte(d.text())
	case 5:
		return d.IntN(2) == 0
	case 6:
		list := make([]any, d.IntN(4))
		for i := range list {
			list[i] = d.any(depth + 1)
		}
		return list
	default:
		m := make(map[string]any)
		for range d.size() {
			m[d.text()] = d.any(depth + 1)
		}
		return m
	}
}

func (d dice) message(depth int) *message {
	if d.IntN(depth+2) != 0 {
		return nil
	}
	m := &message{ID: d.int64(), At: d.time(), Next: d.message(depth + 1)}
	if d.IntN(3) > 0 {
		m.Tags = make([]string, d.IntN(30))
		m.Extra = make(map[string]int)
		for range d.size() {
			m.Extra[d.text()] = int(d.int64())
		}
	}
	return m
}

func (d dice) all() *all {
	v := &all{
		Flag: d.IntN(2) == 0, Small: small(d.int64()), Level: level(d.Uint64()), Wide: d.Uint64(),
		Ratio: ratio(d.Float32()), Float: d.float(), Label: label(d.text()), Any: d.any(0),
		Pair: pair{d.IntN(9), -d.IntN(9)}, Point: point{d.IntN(1000), d.IntN(99999)}, Message: d.message(0),
	}
	if d.IntN(3) > 0 {
		s := d.text()
		p := &s
		v.Deep, v.Blob, v.Octets = &p, blob(d.text()), []octet{octet(d.Uint32())}
		v.Grid, v.Points = [][]int{nil, {}, {d.IntN(300)}}, make([]point, d.IntN(70))
		v.Numbers = make(numbers)
		for range d.size() {
			v.Numbers[level(d.IntN(99))] = ratio(d.float())
		}
	}
	return v
}

// same compares values with NaN equal to NaN; times must also have the offset.
var same = cmp.Options{
	cmpopts.EquateNaNs(),
	cmp.Comparer(func(a, b ratio) bool { return a == b || a != a && b != b }),
	cmp.Comparer(func(a, b time.Time) bool {
		return a.Format(time.RFC3339Nano) == b.Format(time.RFC3339Nano)
	}),
}

func marshal[T any](t testing.TB, coding *wire.Coding[T], v *T) []byte {
	t.Helper()
	b, err := wire.Marshal(wire.CBOR, nil, coding, v)
	if err != nil {
		t.Fatalf("marshal: %v", err)
	}
	return b
}

func unmarshal[T any](t testing.TB, coding *wire.Coding[T], b []byte) *T {
	t.Helper()
	v := new(T)
	if err := wire.Unmarshal(wire.CBOR, b, coding, v); err != nil {
		t.Fatalf("unmarshal %x: %v", b, err)
	}
	return v
}

// FuzzSameBytes: generated code and reflection write the same bytes.
func FuzzSameBytes(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		v := newDice(seed, true).all()
		generated, reflected := marshal(t, &allCoding, v), marshal(t, nil, v)
		if !bytes.Equal(generated, reflected) {
			t.Errorf("generated %x\nreflected %x", generated, reflected)
		}
	})
}

// FuzzRoundTrip: what either writes, either reads back.
func FuzzRoundTrip(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		want := newDice(seed, false).all()
		generated, reflected := marshal(t, &allCoding, want), marshal(t, nil, want)
		for name, got := range map[string]*all{
			"generated":                unmarshal(t, &allCoding, generated),
			"reflected":                unmarshal[all](t, nil, reflected),
			"generated from reflected": unmarshal(t, &allCoding, reflected),
			"reflected from generated": unmarshal[all](t, nil, generated),
		} {
			if diff := cmp.Diff(want, got, same); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

// FuzzDecodeAlike: both decoders take and refuse the same input, and make the
// same of it.
func FuzzDecodeAlike(f *testing.F) {
	for seed := range uint64(50) {
		d := newDice(seed, false)
		f.Add(marshal(f, &allCoding, d.all()))
		f.Add(marshal(f, &messageCoding, &message{Next: d.message(0)}))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		decodeAlike(t, &allCoding, b)
		decodeAlike(t, &messageCoding, b)
	})
}

func decodeAlike[T any](t *testing.T, coding *wire.Coding[T], b []byte) {
	t.Helper()
	var generated, reflected T // of a type without a coding, by reflection
	errG := wire.Unmarshal(wire.CBOR, b, coding, &generated)
	errR := wire.Unmarshal(wire.CBOR, b, nil, &reflected)
	if (errG == nil) != (errR == nil) {
		t.Fatalf("%x: generated: %v; reflected: %v", b, errG, errR)
	}
	if errG != nil {
		return
	}
	if diff := cmp.Diff(generated, reflected, same); diff != "" {
		t.Errorf("%x (-generated +reflected):\n%s", b, diff)
	}
}

// strange items, to be put where others belong.
var strange = [][]byte{
	{0xf6}, {0xf7}, {0xf5}, {0xe0}, {0xf8, 0x20}, // null, undefined, true, simple values
	{0x00}, {0x20}, {0x18, 0xff}, {0x38, 0x80}, {0x19, 0xff, 0xff}, // integers
	{0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	{0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0}, {0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0}, {0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	{0xf9, 0x3c, 0x00}, {0xf9, 0x7e, 0x00}, {0xf9, 0x00, 0x01}, {0xfa, 0x3f, 0x80, 0, 0}, // floats
	{0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0}, {0xfb, 0x7f, 0xef, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0xfb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0},
	{0x60}, {0x61, 'a'}, {0x61, 0xff}, {0x40}, {0x44, 1, 2, 3, 4}, {0x7f, 0x61, 'a', 0xff}, // texts and bytes
	{0x80}, {0x81, 0xf6}, {0x82, 0x01, 0x02}, {0x9f, 0xff}, {0x9b, 0x40, 0, 0, 0, 0, 0, 0, 0}, // arrays
	{0xa0}, {0xa1, 0x61, 'X', 0x01}, {0xa1, 0x61, 'x', 0x01}, {0xa2, 0x61, 'X', 1, 0x61, 'X', 2}, {0xa2, 0x61, 'q', 1, 0x61, 'q', 2},
	{0xa1, 0x01, 0x02}, {0xa2, 0x01, 0x02, 0x01, 0x02}, {0xbf, 0xff}, {0xba, 0xff, 0xff, 0xff, 0xff}, // maps
	{0xc0, 0x60}, {0xc2, 0x41, 1}, {0xd9, 0xd9, 0xf7, 0x01}, // tags
	append([]byte{0x74}, "2006-01-02T15:04:05Z"...), append([]byte{0x74}, "2006-01-02T15:04:05z"...), append([]byte{0x73}, "2006-01-02T5:04:05Z"...),
}

// FuzzDecodeSpliced is FuzzDecodeAlike with inputs that are nearly right: some
// items of a good one are replaced.
func FuzzDecodeSpliced(f *testing.F) {
	for seed := range uint64(2000) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		d := newDice(seed, false)
		b := marshal(t, &allCoding, d.all())
		for range 1 + d.IntN(2) {
			b = d.splice(b)
		}
		decodeAlike(t, &allCoding, b)
	})
}

// splice replaces an item of b, or what looks like one.
func (d dice) splice(b []byte) []byte {
	for range 100 {
		start := d.IntN(len(b))
		var item cbor.RawMessage
		rest, err := cbor.UnmarshalFirst(b[start:], &item)
		if err == nil {
			return slices.Concat(b[:start], strange[d.IntN(len(strange))], rest)
		}
	}
	return b
}
