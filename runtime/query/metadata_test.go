package query

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type region string

func TestMetadataIsNormalized(t *testing.T) {
	given := Metadata{
		"int": 5, "uint8": uint8(5), "int64": int64(-5), "float32": float32(0.5), "float": 1.5, "bool": true,
		"text": "eu", "named": region("eu"), "version": MustVersion("v1.2"), "wire": map[string]any{"version": "1.2.0"},
		"texts": []string{"a", "b"}, "mixed": []any{1, "a", true, map[string]any{"version": "2.0.0"}}, "array": [2]int{1, 2},
		"none": []string(nil), "gone": nil,
	}
	want := Metadata{
		"int": int64(5), "uint8": int64(5), "int64": int64(-5), "float32": 0.5, "float": 1.5, "bool": true,
		"text": "eu", "named": "eu", "version": MustVersion("1.2.0"), "wire": MustVersion("1.2.0"),
		"texts": []any{"a", "b"}, "mixed": []any{int64(1), "a", true, MustVersion("2.0.0")}, "array": []any{int64(1), int64(2)},
		"none": []any{},
	}
	got, err := given.Normalize()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Version{})); diff != "" {
		t.Error(diff)
	}
}

func TestMetadataIsRefused(t *testing.T) {
	many := Metadata{}
	for i := range MaxKeys + 1 {
		many["k"+string(rune('0'+i/10))+string(rune('0'+i%10))] = i
	}
	for name, c := range map[string]struct {
		given Metadata
		want  string
	}{
		"a channel":           {Metadata{"c": make(chan int)}, `query: metadata "c" holds a chan int: want a string, an integer, a float, a bool, a query.Version, or a list of these`},
		"a struct in a list":  {Metadata{"l": []any{1, struct{}{}}}, `query: metadata "l" holds at [1] a struct {}: want`},
		"a list in a list":    {Metadata{"l": [][]int{{1}}}, `query: metadata "l" holds at [0] a []int: want`},
		"nil in a list":       {Metadata{"l": []any{nil}}, `query: metadata "l" holds at [0] a <nil>: want`},
		"bytes":               {Metadata{"b": []byte("x")}, `query: metadata "b" holds a []uint8: want`},
		"a map":               {Metadata{"m": map[string]any{"a": 1}}, `query: metadata "m" holds a map: want`},
		"no version":          {Metadata{"v": map[string]any{"version": "new"}}, `query: metadata "v" holds "new", which is no version: want one like 1.2.3 or 1.2.3-rc.1`},
		"NaN":                 {Metadata{"n": math.NaN()}, `query: metadata "n" holds NaN: numbers must be finite`},
		"infinity":            {Metadata{"n": math.Inf(1)}, `query: metadata "n" holds +Inf: numbers must be finite`},
		"too large a uint64":  {Metadata{"n": uint64(math.MaxUint64)}, `query: metadata "n" holds the integer 18446744073709551615, which does not fit into an int64`},
		"a text not in UTF-8": {Metadata{"s": "\xff"}, `query: metadata "s" holds "\xff", which is not UTF-8`},
		"the identity":        {Metadata{"peer.name": "me"}, `query: metadata "peer.name": names that begin with peer. are the peer's identity`},
		"no name":             {Metadata{"": 1}, `query: the name "" has 0 bytes, want 1 to 128`},
		"a long name":         {Metadata{strings.Repeat("n", 129): 1}, `has 129 bytes, want 1 to 128`},
		"a name with a space": {Metadata{"a b": 1}, `query: the name "a b" holds ' ', allowed are letters, digits and _.:/- of ASCII`},
		"65 keys":             {many, `query: metadata of 65 keys, at most 64 are allowed`},
		"8 KiB of text":       {Metadata{"s": strings.Repeat("x", MaxSize)}, `query: metadata of 8195 bytes, at most 8192 are allowed`},
		"a huge list":         {Metadata{"l": make([]int, 1<<20)}, `query: metadata "l" holds a list of 1048576 elements, which is more than 8192 bytes`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.given.Normalize()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want %s", err, c.want)
			}
			if err == nil {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestAnUpdateIsPartial(t *testing.T) {
	before := Metadata{"load": int64(1), "region": "eu"}
	after, err := before.Merge(Metadata{"load": 2, "region": nil, "tags": []string{"new"}, "absent": nil})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Metadata{"load": int64(2), "tags": []any{"new"}}, after); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Metadata{"load": int64(1), "region": "eu"}, before); diff != "" {
		t.Errorf("the old one changed: %s", diff)
	}
	if _, err := before.Merge(Metadata{"more": strings.Repeat("x", MaxSize)}); err == nil {
		t.Error("an update beyond the limit was merged")
	}
}

// Versions cross a wire that knows none, and come back as versions.
func TestMetadataCrossesAsPlainValues(t *testing.T) {
	given := Metadata{"v": MustVersion("1.2.3-rc.1"), "vs": []any{MustVersion("1.0.0"), "1.0.0"}, "load": int64(5), "old": nil}
	data, err := json.Marshal(given.Wire())
	if err != nil {
		t.Fatal(err)
	}
	var plain map[string]any
	if err := json.Unmarshal(data, &plain); err != nil {
		t.Fatal(err)
	}
	got, err := Metadata{"old": "x"}.Merge(plain)
	if err != nil {
		t.Fatal(err)
	}
	want := Metadata{"v": MustVersion("1.2.3-rc.1"), "vs": []any{MustVersion("1.0.0"), "1.0.0"}, "load": 5.0}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Version{})); diff != "" {
		t.Error(diff)
	}
	if typed := (Metadata{"vs": []Version{MustVersion("1.0.0")}}).Wire()["vs"]; !cmp.Equal(typed, []any{map[string]any{"version": "1.0.0"}}) {
		t.Errorf("a []Version crosses as %v", typed)
	}
}

func TestACloneSharesNothing(t *testing.T) {
	m := Metadata{"tags": []any{"a"}}
	m.Clone()["tags"].([]any)[0] = "b"
	if m["tags"].([]any)[0] != "a" {
		t.Error("the list is shared")
	}
}
