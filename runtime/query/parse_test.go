package query

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]*Query{
		`load<5`:                   Lt("load", 5),
		` load <= -5 `:             Lte("load", -5),
		`load>1.5e+3`:              Gt("load", 1500.0),
		`load >= 0`:                Gte("load", 0),
		`region="eu"`:              Eq("region", "eu"),
		`region=eu`:                Eq("region", "eu"),
		`region != "e\u0075"`:      Ne("region", "eu"),
		`ready == true`:            Eq("ready", true),
		`ready="true"`:             Eq("ready", "true"),
		`version >= v1.2-rc.1`:     nil,
		`version >= v1.2.0-rc.1+x`: Gte("version", MustVersion("1.2.0-rc.1+x")),
		`version = vanilla`:        Eq("version", "vanilla"),
		`peer.group = bots`:        GroupField.Eq("bots"),
		`load in [1, 2]`:           In("load", 1, 2),
		`load in []`:               In[int]("load"),
		`load not in [1]`:          NotIn("load", 1),
		`tags contains old`:        Contains("tags", "old"),
		`tags not contains "old"`:  NotContains("tags", "old"),
		`has(tags)`:                Has("tags"),
		`"in" = "has"`:             Eq("in", "has"),
		`"9" = 9`:                  Eq("9", 9),
		`true`:                     All(),
		`false`:                    Any(),
		`!true`:                    None(nil),
		`!load = 5`:                None(Eq("load", 5)),
		`!(a=1||b=2)`:              None(Eq("a", 1), Eq("b", 2)),
		`a=1 && b=2 || c=3`:        Any(All(Eq("a", 1), Eq("b", 2)), Eq("c", 3)),
		`a=1 && (b=2 || c=3)`:      All(Eq("a", 1), Any(Eq("b", 2), Eq("c", 3))),
		`(a=1 && b=2) && ((c=3))`:  All(Eq("a", 1), Eq("b", 2), Eq("c", 3)),
		`!!has(a)`:                 None(None(Has("a"))),
		`load<5 && region="eu" && !(tags contains "old")`: All(Lt("load", 5), Eq("region", "eu"), None(Contains("tags", "old"))),
	} {
		q, err := Parse(text)
		switch {
		case want == nil && err == nil:
			t.Errorf("%s: got %v", text, q)
		case want != nil && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != nil && q.String() != want.String():
			t.Errorf("%s: got %v, want %v", text, q, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``:                                   `column 1: want the name of a field, found the end`,
		`load`:                               `column 5: want an operator: == != < <= > >= in contains not, found the end`,
		`load <`:                             `column 7: want a value, found the end`,
		`load < 5 &&`:                        `column 12: want the name of a field, found the end`,
		`load < 5 region = eu`:               `column 10: want the end, found region`,
		`load < 5)`:                          `column 9: want the end, found )`,
		`(load < 5`:                          `column 10: want ), found the end`,
		`load <> 5`:                          `column 7: want a value, found >`,
		`load < 5x`:                          `column 8: 5x is no number: write a text in quotes`,
		`load < 5_000`:                       `column 8: 5_000 is no number`,
		`load < 0x10`:                        `column 8: 0x10 is no number`,
		`load < 1e999`:                       `column 8: 1e999 is beyond 9223372036854775807 and 1.797`,
		`load < 9223372036854775808`:         `column 8: 9223372036854775808 is beyond`,
		`load < true`:                        `column 8: "load" is compared with a bool, which has no order`,
		`load & 5`:                           `column 6: '&' means nothing here`,
		`größe = 5`:                          `column 3: 'ö' means nothing here`,
		`region = "eu`:                       `column 10: no text in quotes begins here: the closing " is missing`,
		`region = 'eu'`:                      `column 10: '\'' means nothing here`,
		`region = "\xff"`:                    `column 10: "region" is compared with "\xff", which is not UTF-8`,
		`version = v1.02`:                    `column 11: "v1.02" is no version: want one like 1.2.3`,
		`load in 5`:                          `column 9: want [, found 5`,
		`load in [5`:                         `column 11: want ,, found the end`,
		`load in [5,]`:                       `column 12: want a value, found ]`,
		`load in [5, eu]`:                    `column 8: "load" is compared with a number and a text: want values of one kind`,
		`load not 5`:                         `column 10: want in or contains after not, found 5`,
		`in = 5`:                             `column 1: want the name of a field, found in: write it in quotes if it is one`,
		`5 = load`:                           `column 1: want the name of a field, found 5: write it in quotes if it is one`,
		`load = in`:                          `column 8: want a value, found in: write it in quotes if it is one`,
		`has load`:                           `column 5: want (, found load`,
		`"a b" = 1`:                          `column 1: the name "a b" holds ' '`,
		`peer.id = 1`:                        `column 1: no field "peer.id"`,
		strings.Repeat("(", 33):              `column 33: more than 32 ! and parentheses within one another`,
		strings.Repeat("!", 33) + `has(a)`:   `column 33: more than 32 ! and parentheses`,
		strings.Repeat("!", 20) + `has(a)`:   `column 5: operators are 17 deep, at most 16 are allowed`,
		`a=1` + strings.Repeat("||a=1", 200): `column 1: 403 operators and values, at most 256 are allowed`,
		strings.Repeat(" ", MaxText+1):       `column 8193: the text has 8193 bytes, at most 8192 are allowed`,
	} {
		q, err := Parse(text)
		if err == nil || !strings.HasPrefix(err.Error(), "query: "+want) {
			t.Errorf("%.60s:\ngot  %v, %v\nwant %s", text, q, err, want)
		}
		if syntax := (*SyntaxError)(nil); err != nil && !errors.As(err, &syntax) {
			t.Errorf("%.60s: no SyntaxError: %T", text, err)
		}
	}
}

func TestChoicesAreText(t *testing.T) {
	for text, want := range map[string]Choice{
		`random()`:        Random(),
		`sticky("u 42")`:  Sticky("u 42"),
		`round-robin()`:   RoundRobin(),
		`least-pending()`: LeastPending(),
		`min-by("load")`:  MinBy("load"),
		`else(region == "eu" && has(load), sticky("k"), else(true, min-by("load")))`: Else(All(Eq("region", "eu"), Has("load")), Sticky("k"), Else(nil, MinBy("load"))),
		`else(false)`: Else(Any()),
	} {
		c, err := ParseChoice(text)
		if err != nil || c.String() != text || want.String() != text {
			t.Errorf("%s: got %v, %v; %v", text, c, err, want)
		}
	}
	if c, err := ParseChoice("min-by(load)"); err != nil || c.field != "load" {
		t.Errorf("got %v, %v", c, err)
	}
}

func TestParseChoiceRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``:                                `column 1: want a choice: random() sticky(key) round-robin() least-pending() min-by(field) else(query, choice), found the end`,
		`random`:                          `column 7: want (, found the end`,
		`random(1)`:                       `column 8: want ), found 1`,
		`sticky(k)`:                       `column 8: want a key in quotes, found k`,
		`min-by("peer.name")`:             `column 1: metadata "peer.name": names that begin with peer. are the peer's identity`,
		`else(load < )`:                   `column 13: want a value, found )`,
		`else(true, random(), random())`:  `column 1: two choices of one: only Else may follow the first`,
		strings.Repeat("else(true, ", 17): `column 177: more than 16 Else within one another`,
	} {
		if c, err := ParseChoice(text); err == nil || !strings.HasPrefix(err.Error(), "query: "+want) {
			t.Errorf("%.60s:\ngot  %v, %v\nwant %s", text, c, err, want)
		}
	}
}

// What Parse takes, String gives back so that Parse takes it as the same; both are in bounds.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`load<5 && region="eu" && !(tags contains "old")`, `a in [1, 2.5] || !!has("in") && true`, `v not in [v1.2.3-rc.1+x]`,
		`(a=1 || (b=2 && false)) && !(c not contains -0.0)`, `"9"="\u00e9\n" || x > 1e300`, `!(!(a=1))`, `((`, `a=+5`, `a=v1 `,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text)
		if err != nil {
			if syntax := err.(*SyntaxError); syntax.Offset < 0 || syntax.Offset > len(text) {
				t.Fatalf("%q: %v is outside", text, err)
			}
			return
		}
		if q.Err() != nil || q.Terms() > MaxTerms || q.depth > MaxDepth {
			t.Fatalf("%q: %v, %d terms, %d deep", text, q.Err(), q.Terms(), q.depth)
		}
		again, err := Parse(q.String())
		if err != nil {
			t.Fatalf("%q reads %s: %v", text, q, err)
		}
		if diff := cmp.Diff(q, again, cmp.AllowUnexported(Query{}, Version{})); diff != "" {
			t.Fatalf("%q reads %s: %s", text, q, diff)
		}
	})
}

func FuzzParseChoice(f *testing.F) {
	f.Add(`else(load<5, sticky("k"), else(true, min-by(load)))`)
	f.Add(`round-robin()`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseChoice(text)
		if err != nil {
			return
		}
		if again, err := ParseChoice(c.String()); err != nil || again.String() != c.String() || Check(nil, c) != nil {
			t.Fatalf("%q reads %v: %v, %v", text, c, again, err)
		}
	})
}

// What PROTOCOL.md shows of the two languages can be read.
func TestDocument(t *testing.T) {
	page, err := os.ReadFile("../../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(page), "```query\n")
	block, _, _ = strings.Cut(block, "```")
	read := 0
	for line := range strings.Lines(block) {
		what, text, _ := strings.Cut(line, " ")
		text = strings.TrimSpace(text)
		switch what {
		case "query":
			_, err = Parse(text)
		case "choice":
			_, err = ParseChoice(text)
		default:
			t.Errorf("what is %q?", line)
		}
		if read++; err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if read == 0 {
		t.Error("there is nothing")
	}
}
