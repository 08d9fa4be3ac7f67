package probe

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// edges are values of basic types at which codings go wrong.
var (
	ints   = []int64{0, 1, -1, 23, 24, -24, -25, 255, 256, 65535, 65536, math.MaxInt32, math.MinInt64, math.MaxInt64}
	uints  = []uint64{0, 1, 23, 24, 255, 256, 65535, 65536, math.MaxUint32, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64}
	floats = []float64{0, 1.5, -0.1, math.Copysign(0, -1), math.MaxFloat32, math.SmallestNonzeroFloat64, 1 << 53}
	broken = []float64{math.NaN(), math.Inf(1), math.Inf(-1)}
	texts  = []string{"", "a", "naïve 世界 🎉", "\x00\u2028<&>", strings.Repeat("long", 100)}
	times  = []time.Time{
		{},
		time.Date(2024, 2, 29, 23, 59, 59, 123456789, time.FixedZone("", 5*3600+1800)),
		time.Date(1969, 12, 31, 23, 0, 0, 1, time.FixedZone("", -11*3600)),
		time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
	}
	anys = []any{nil, true, int64(-7), 1.5, "text", []any{"a", nil}, map[string]any{"k": []any{int64(1)}}}
)

// samplesOf are values of types that cannot be made from their kind. Types of
// the cases say theirs with a method Samples.
var samplesOf = map[reflect.Type][]any{
	reflect.TypeFor[time.Time]():       list(times),
	reflect.TypeFor[netip.Prefix]():    {netip.Prefix{}, netip.MustParsePrefix("10.0.0.0/8")},
	reflect.TypeFor[netip.AddrPort]():  {netip.MustParseAddrPort("[::1]:80")},
	reflect.TypeFor[netip.Addr]():      {netip.Addr{}, netip.MustParseAddr("::1"), netip.MustParseAddr("10.0.0.1")},
	reflect.TypeFor[json.Number]():     {json.Number("0"), json.Number("-12.5e3")},
	reflect.TypeFor[cbor.RawMessage](): {cbor.RawMessage(nil), cbor.RawMessage{0x61, 'a'}},
}

func list[T any](values []T) []any {
	var all []any
	for _, v := range values {
		all = append(all, v)
	}
	return all
}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

// filler makes values. Below its depth everything that can be nil is.
type filler struct {
	random *rand.Rand
	odd    bool // with floats that JSON cannot say
	depth  int
}

// fill makes v something, odd floats included or not.
func fill(v reflect.Value, random *rand.Rand, odd bool) {
	filler{random, odd, 7}.fill(v)
}

func (f filler) fill(v reflect.Value) {
	if samples := f.samples(v); samples != nil {
		v.Set(reflect.ValueOf(pick(f.random, samples)))
		return
	}
	f.depth--
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(f.random.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.Set(reflect.ValueOf(pick(f.random, ints)).Convert(v.Type()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.Set(reflect.ValueOf(pick(f.random, uints)).Convert(v.Type()))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(f.float())
	case reflect.String:
		v.SetString(pick(f.random, texts))
	case reflect.Interface:
		if any := pick(f.random, anys); any != nil {
			v.Set(reflect.ValueOf(any))
		}
	default:
		f.fillComposite(v)
	}
}

// samples returns what v may be set to if its type has samples.
func (f filler) samples(v reflect.Value) []any {
	if of, ok := v.Interface().(interface{ Samples() []any }); ok && v.Kind() != reflect.Pointer {
		return of.Samples()
	}
	return samplesOf[v.Type()]
}

func (f filler) float() float64 {
	if f.odd && f.random.IntN(3) == 0 {
		return pick(f.random, broken)
	}
	return pick(f.random, floats)
}

func (f filler) fillComposite(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i))
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	default:
		if f.depth > 0 && f.random.IntN(4) > 0 {
			f.fillReference(v)
		}
	}
}

// fillReference makes what could be nil something else. Maps get one entry at
// most: the order of several is nobody's promise.
func (f filler) fillReference(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		n := f.length(v.Type())
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range min(v.Len(), 3) {
			f.fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		if f.random.IntN(3) > 0 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key)
			f.fill(value)
			v.SetMapIndex(key, value)
		}
	}
}

// length returns how long a slice shall be: none, short, or, of bytes, long.
func (f filler) length(t reflect.Type) int {
	if t.Elem().Kind() == reflect.Uint8 && f.random.IntN(10) == 0 {
		return 70_000
	}
	return f.random.IntN(4)
}
