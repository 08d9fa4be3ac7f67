package query

import (
	"math"
	"strings"
	"testing"
)

var someone = Subject{Group: "bots", Name: "bot-1", Metadata: Metadata{
	"load": int64(3), "ratio": 0.5, "region": "eu-west", "ready": true, "version": MustVersion("1.10.0"),
	"tags": []any{"fast", int64(7), MustVersion("2.0.0")}, "empty": []any{}, "whole": 3.0, "big": int64(1<<53 + 1),
}}

// S5: every operator, on every kind of value.
func TestOperators(t *testing.T) {
	for _, c := range []struct {
		query *Query
		want  bool
	}{
		{Eq("load", 3), true}, {Eq("load", 4), false}, {Eq("load", 3.0), true}, {Eq("whole", 3), true}, {Eq("load", uint8(3)), true},
		{Eq("big", float64(1<<53)), false}, {Gt("big", float64(1<<53)), true}, {Eq("big", 1<<53+1), true},
		{Lt("load", math.MaxFloat64), true}, {Gt("load", -math.MaxFloat64), true}, {Lt("load", 3.5), true}, {Gt("load", 2.5), true},
		{Ne("load", 4), true}, {Ne("load", 3), false},
		{Lt("load", 4), true}, {Lt("load", 3), false}, {Lte("load", 3), true}, {Lte("load", 2), false},
		{Gt("load", 2), true}, {Gt("load", 3), false}, {Gte("load", 3), true}, {Gte("load", 4), false},
		{Lt("region", "f"), true}, {Gte("region", "eu-west"), true}, {Eq("ready", true), true}, {Ne("ready", true), false},
		{Gt("version", MustVersion("1.9.0")), true}, {Lt("version", MustVersion("1.10.0-rc.1")), false}, {Eq("version", MustVersion("1.10.0+x")), true},
		{In("load", 1, 2, 3), true}, {In("load", 1, 2), false}, {In[int]("load"), false}, {In[any]("load", 1, 3.0), true},
		{NotIn("load", 1, 2), true}, {NotIn("load", 1, 3), false}, {NotIn[int]("load"), true},
		{Contains("tags", "fast"), true}, {Contains("tags", "fas"), false}, {Contains("tags", 7.0), true}, {Contains("tags", MustVersion("2.0.0")), true},
		{Contains("tags", "2.0.0"), false}, {Contains("region", "west"), true}, {Contains("region", "east"), false}, {Contains("empty", 1), false},
		{NotContains("tags", "slow"), true}, {NotContains("tags", "fast"), false}, {NotContains("region", "east"), true}, {NotContains("empty", 1), true},
		{Has("load"), true}, {Has("empty"), true}, {Has("absent"), false},
		{GroupField.Eq("bots"), true}, {NameField.Eq("bot-2"), false}, {NameField.Contains("bot-"), true}, {NameField.Has(), true},
		{All(), true}, {All(Eq("load", 3), Has("tags")), true}, {All(Eq("load", 3), Has("absent")), false},
		{Any(), false}, {Any(Eq("load", 4), Has("tags")), true}, {Any(Eq("load", 4), Has("absent")), false},
		{None(), true}, {None(Eq("load", 4), Has("absent")), true}, {None(Eq("load", 4), Has("tags")), false},
		{All(nil, Has("load")), true}, {None(nil), false}, {nil, true},
	} {
		if err := c.query.Err(); err != nil {
			t.Errorf("%v: %v", c.query, err)
		}
		if got := c.query.Match(someone); got != c.want {
			t.Errorf("%v: got %v", c.query, got)
		}
	}
}

// tests are one of each operator over the field and a value of the kind.
func tests(field string, value any) []*Query {
	all := []*Query{Eq(field, value), Ne(field, value), In(field, value), NotIn(field, value), Contains(field, value), NotContains(field, value)}
	if _, isBool := value.(bool); !isBool {
		all = append(all, Lt(field, value), Lte(field, value), Gt(field, value), Gte(field, value))
	}
	return all
}

func TestAMissingFieldNeverMatches(t *testing.T) {
	for _, value := range []any{1, 0.5, "eu", true, MustVersion("1.0.0")} {
		for _, q := range append(tests("absent", value), Has("absent")) {
			if q.Match(someone) || q.Match(Subject{}) {
				t.Errorf("%v matches", q)
			}
			if !None(q).Match(someone) {
				t.Errorf("%v does not match: None turns an answer round", None(q))
			}
		}
	}
}

func TestAKindMismatchNeverMatches(t *testing.T) {
	for field, value := range map[string]any{"load": "3", "ratio": true, "region": 5, "ready": 1, "version": "1.10.0", "whole": MustVersion("3.0.0")} {
		for _, q := range tests(field, value) {
			if q.Err() != nil || q.Match(someone) {
				t.Errorf("%v matches, or %v", q, q.Err())
			}
		}
	}
	for _, q := range tests("tags", "fast")[:4] {
		if q.Match(someone) {
			t.Errorf("%v matches a list", q)
		}
	}
}

func TestABadQueryMatchesNobodyAndSaysWhy(t *testing.T) {
	deep := Has("a")
	for range MaxDepth {
		deep = None(deep)
	}
	for name, c := range map[string]struct {
		query *Query
		want  string
	}{
		"a channel":            {Eq("load", make(chan int)), `query: "load" is compared with a chan int: want a string`},
		"nil":                  {Eq("load", nil), `query: "load" is compared with a <nil>: want`},
		"a list":               {Eq("tags", []string{"a"}), `query: "tags" is compared with a list: use Contains, or In for one of several values`},
		"order of a bool":      {Lt("ready", true), `query: "ready" is compared with a bool, which has no order`},
		"NaN":                  {Ne("load", math.NaN()), `query: "load" is compared with NaN: numbers must be finite`},
		"two kinds":            {In[any]("load", 1, "a"), `query: "load" is compared with a number and a text: want values of one kind`},
		"a name":               {Has("a b"), `query: the name "a b" holds ' '`},
		"an identity":          {Has("peer.id"), `query: no field "peer.id": of the identity there are peer.group and peer.name`},
		"too many values":      {In("load", make([]int, MaxTerms+1)...), `query: 257 operators and values, at most 256 are allowed`},
		"too many operators":   {All(In("load", make([]int, 200)...), In("load", make([]int, 200)...)), `query: 403 operators and values, at most 256`},
		"too deep":             {deep, `query: operators are 17 deep, at most 16 are allowed`},
		"too long":             {Any(Eq("a", strings.Repeat("x", MaxText)), Has("b")), `bytes, at most 8192 are allowed`},
		"something within":     {None(Has("")), `query: the name "" has 0 bytes`},
		"something far within": {Any(All(), None(All(Has("load"), Any(Has(""), Has("x"))))), `query: the name "" has 0 bytes`},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.query.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want %s", err, c.want)
			}
			if c.query.Match(someone) || None(c.query).Match(someone) || Any(All(), c.query).Match(someone) {
				t.Error("it matches, alone or within another")
			}
			if !strings.HasPrefix(c.query.String(), "invalid(") || !strings.HasPrefix(c.query.Explain(someone), "no   invalid(") {
				t.Errorf("it reads %s", c.query)
			}
		})
	}
}

// Metadata that nobody normalized is not matched by accident.
func TestOnlyNormalMetadataMatches(t *testing.T) {
	s := Subject{Metadata: Metadata{"load": 3, "nan": math.NaN()}}
	for _, q := range append(tests("load", 3), tests("nan", 1.0)...) {
		if q.Match(s) {
			t.Errorf("%v matches", q)
		}
	}
}

func TestExplain(t *testing.T) {
	q := All(Lt("load", 5), Any(Eq("region", "us"), None(Contains("tags", "fast"))), Eq("version", "1.10.0"), Ne("absent", 1))
	const want = `no   all of
yes    load < 5: it is 3
no     any of
no       region == "us": it is "eu-west"
no       not
yes        tags contains "fast": it is ["fast", 7, v2.0.0]
no     version == "1.10.0": it is a version, v1.10.0
no     absent != 1: there is no such field
`
	if got := q.Explain(someone); got != want {
		t.Errorf("got:\n%s", got)
	}
	if got := (*Query)(nil).Explain(someone); got != "yes  true: everybody matches\n" {
		t.Errorf("got %s", got)
	}
	if got := Any().Explain(someone); got != "no   false: nobody matches\n" {
		t.Errorf("got %s", got)
	}
}
