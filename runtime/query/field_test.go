package query

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type state struct {
	load    int8
	ratio   float32
	region  region
	ready   bool
	version Version
	tags    []region
	limit   *uint16
}

var fields = struct {
	load    Number[int8]
	ratio   Number[float32]
	region  Text[region]
	ready   Flag[bool]
	version Release
	tags    List[region]
	limit   Number[uint16]
}{"load", "ratio", "region", "ready", "version", "tags", "limit"}

func (s *state) read(m Metadata) error {
	return Read(m, fields.load.Read(&s.load), fields.ratio.Read(&s.ratio), fields.region.Read(&s.region), fields.ready.Read(&s.ready),
		fields.version.Read(&s.version), fields.tags.Read(&s.tags), fields.limit.ReadOptional(&s.limit))
}

func TestTypedFieldsAreTheirFunctions(t *testing.T) {
	for _, c := range []struct {
		got  *Query
		want string
	}{
		{fields.load.Eq(5), `load == 5`}, {fields.load.Ne(5), `load != 5`}, {fields.load.Lt(5), `load < 5`}, {fields.ratio.Lte(0.5), `ratio <= 0.5`},
		{fields.load.Gt(5), `load > 5`}, {fields.load.Gte(5), `load >= 5`}, {fields.load.In(1, 2), `load in [1, 2]`}, {fields.load.NotIn(), `load not in []`},
		{fields.region.Eq("eu"), `region == "eu"`}, {fields.region.In("eu", "us"), `region in ["eu", "us"]`}, {fields.region.Contains("e"), `region contains "e"`},
		{fields.region.NotContains("e"), `region not contains "e"`}, {fields.ready.Eq(true), `ready == true`}, {fields.ready.Ne(true), `ready != true`},
		{fields.version.Gte(MustVersion("1.2.3")), `version >= v1.2.3`}, {fields.version.NotIn(Version{}), `version not in [v0.0.0]`},
		{fields.tags.Contains("a"), `tags contains "a"`}, {fields.tags.NotContains("a"), `tags not contains "a"`}, {fields.tags.Has(), `has(tags)`},
	} {
		if c.got.Err() != nil || c.got.String() != c.want {
			t.Errorf("got %v, %v, want %s", c.got, c.got.Err(), c.want)
		}
	}
	if got := fields.load.Min().String(); got != `min-by("load")` {
		t.Errorf("got %s", got)
	}
}

func TestTypedUpdatesAreReadBack(t *testing.T) {
	var m Metadata
	limit := uint16(7)
	for _, update := range []Metadata{
		fields.load.Set(5), fields.ratio.Set(0.5), fields.region.Set("eu"), fields.ready.Set(true), fields.version.Set(MustVersion("1.2.3")),
		fields.tags.Set([]region{"a", "b"}), fields.limit.Set(8), fields.limit.Unset(), {"limit": Optional(&limit)},
	} {
		var err error
		if m, err = m.Merge(update); err != nil {
			t.Fatal(err)
		}
	}
	want := state{5, 0.5, "eu", true, MustVersion("1.2.3"), []region{"a", "b"}, &limit}
	var got state
	if err := got.read(m); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(state{}, Version{})); diff != "" {
		t.Error(diff)
	}
	if m, _ = m.Merge(Metadata{"limit": Optional[uint16](nil), "load": nil}); got.read(m) != nil || got.limit != nil || got.load != 5 {
		t.Errorf("without limit and load: %+v", got)
	}
}

func TestReadTellsWhatDoesNotFit(t *testing.T) {
	for want, m := range map[string]Metadata{
		`query: metadata "load" holds 128, which does not fit into int8`:                        {"load": 128},
		`query: metadata "load" holds 1.5, which does not fit into int8`:                        {"load": 1.5},
		`query: metadata "limit" holds -1, which does not fit into uint16`:                      {"limit": -1},
		`query: metadata "ratio" holds 1e+300, which does not fit into float32`:                 {"ratio": 1e300},
		`query: metadata "load" holds "5", which is a text, no int8`:                            {"load": "5"},
		`query: metadata "region" holds 5, which is a number, no query.region`:                  {"region": 5},
		`query: metadata "region" holds v1.0.0, which is a version, no query.region`:            {"region": MustVersion("1")},
		`query: metadata "version" holds "1.0.0", which is a text, no query.Version`:            {"version": "1.0.0"},
		`query: metadata "tags" holds "a", which is a text, no []query.region`:                  {"tags": "a"},
		`query: metadata "tags" holds at [1] 7, which is a number, no query.region`:             {"tags": []any{"a", 7}},
		`query: metadata "ready" holds ["a"], which is a list, no bool`:                         {"ready": []string{"a"}},
		`query: metadata "ready" holds a map: want a string`:                                    {"ready": map[string]any{}},
		"query: metadata \"load\" holds true, which is a bool, no int8\nquery: metadata \"tags": {"load": true, "tags": 1},
	} {
		got := state{load: 1, region: "eu"}
		if err := got.read(m); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v: got error %v, want %s", m, err, want)
		}
		if got.load != 1 || got.region != "eu" || got.limit != nil || got.tags != nil {
			t.Errorf("%v: changed to %+v", m, got)
		}
	}
	var got state
	if err := got.read(Metadata{"load": 5.0, "ratio": 1, "limit": 7.0}); err != nil || got.load != 5 || got.ratio != 1 || *got.limit != 7 {
		t.Errorf("numbers of JSON: %+v, %v", got, err)
	}
}
