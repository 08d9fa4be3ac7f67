package topic_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ipcgen/ipcgen/runtime/topic"
)

func TestTopicsAndPatterns(t *testing.T) {
	levels := strings.Repeat("a.", topic.MaxLevels-1) + "a"
	for _, test := range []struct {
		s              string
		topic, pattern bool
	}{
		{"room", true, true},
		{"room.go", true, true},
		{"größe 1.ü-_:/", true, true},
		{levels, true, true},
		{levels + ".a", false, false},
		{strings.Repeat("a", topic.MaxLength), true, true},
		{strings.Repeat("a", topic.MaxLength+1), false, false},
		{"*", false, true},
		{">", false, true},
		{"room.*", false, true},
		{"*.*.>", false, true},
		{"", false, false},
		{".", false, false},
		{"room.", false, false},
		{".room", false, false},
		{"a..b", false, false},
		{">.a", false, false},
		{"a.>.b", false, false},
		{"a*", false, false},
		{"a.b>", false, false},
		{"a.\n", false, false},
		{"a.\xff", false, false},
		{"a.\uFFFD", true, true},
		{"a.\x00", false, false},
	} {
		if err := topic.Check(test.s); (err == nil) != test.topic {
			t.Errorf("topic %.40q: %v", test.s, err)
		}
		if err := topic.CheckPattern(test.s); (err == nil) != test.pattern {
			t.Errorf("pattern %.40q: %v", test.s, err)
		}
	}
}

// The error says which level is wrong, and why.
func TestJoin(t *testing.T) {
	if got, err := topic.Join("room", "go"); got != "room.go" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for level, want := range map[string]string{
		"":     `topic "room.": level "" is empty`,
		"a.b":  `topic "room.a.b": level "a.b" holds a dot, which separates levels`,
		"a*":   `topic "room.a*": level "a*" holds * or >, which only stand alone, and in patterns`,
		">":    `topic "room.>": level ">" holds * or >, which only stand alone, and in patterns`,
		"\x07": `topic "room.\a": level "\a" holds what cannot be printed`,
	} {
		if _, err := topic.Join("room", level); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", level, err, want)
		}
	}
}

var matches = []struct {
	pattern, topic string
	want           bool
}{
	{"room.go", "room.go", true},
	{"room.go", "room.c", false},
	{"room.go", "room", false},
	{"room", "room.go", false},
	{"room.*", "room.go", true},
	{"room.*", "room", false},
	{"room.*", "room.go.posts", false},
	{"*.go", "room.go", true},
	{"*.*", "room.go", true},
	{"*", "room.go", false},
	{"room.>", "room.go", true},
	{"room.>", "room.go.posts", true},
	{"room.>", "room", false},
	{"room.>", "rooms.go", false},
	{"*.>", "room.go", true},
	{"*.>", "room", false},
	{">", "room", true},
	{">", "a.b.c", true},
}

func TestMatch(t *testing.T) {
	for _, m := range matches {
		if got := topic.Match(m.pattern, m.topic); got != m.want {
			t.Errorf("%s, %s: %v", m.pattern, m.topic, got)
		}
		var trie topic.Trie[int]
		trie.Add(m.pattern, 1)
		if got := len(found(&trie, m.topic)) == 1; got != m.want {
			t.Errorf("trie of %s, %s: %v", m.pattern, m.topic, got)
		}
	}
}

func TestOverlap(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"room.*", "room.go", true},
		{"room.*", "*.go", true},
		{"room.*", "user.*", false},
		{"room.*", "room", false},
		{"room.*", ">", true},
		{"room.*", "room.*.posts", false},
		{"room.*.posts", "room.>", true},
		{"room.*.posts", "room.go.>", true},
		{"room.*", "room.go.>", false},
		{"room", "room.>", false},
	} {
		if topic.Overlap(test.a, test.b) != test.want || topic.Overlap(test.b, test.a) != test.want {
			t.Errorf("%s and %s: not %v", test.a, test.b, test.want)
		}
	}
}

// found returns what t has for s, in the order in which it comes.
func found[V any](t *topic.Trie[V], s string) (all []V) {
	for values := range t.Match(s) {
		all = append(all, values...)
	}
	return all
}

// The more specific pattern comes first, so that the first is the one to apply
// where only one can be.
func TestTheSpecificComesFirst(t *testing.T) {
	var trie topic.Trie[string]
	for _, p := range []string{">", "*.*", "*.go", "room.>", "room.*", "room.go"} {
		trie.Add(p, p)
	}
	want := []string{"room.go", "room.*", "room.>", "*.go", "*.*", ">"}
	if got := found(&trie, "room.go"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for values := range trie.Match("room.go") {
		if values[0] != "room.go" {
			t.Errorf("first %v", values)
		}
		break // it can be left
	}
}

// What was taken out is not found, and leaves nothing behind.
func TestRemove(t *testing.T) {
	var trie topic.Trie[int]
	patterns := []string{"a.b", "a.b", "a.*", "a.>", "*.b", ">", "a", "a.b.c"}
	var entries []*topic.Entry[int]
	for i, p := range patterns {
		entries = append(entries, trie.Add(p, i))
	}
	for i, e := range entries {
		if !slices.Contains(found(&trie, strings.NewReplacer("*", "b", ">", "b").Replace(patterns[i])), i) {
			t.Errorf("%s is not there", patterns[i])
		}
		trie.Remove(e)
		trie.Remove(e) // again
		for _, s := range []string{"a", "a.b", "b.b", "a.b.c"} {
			if slices.Contains(found(&trie, s), i) {
				t.Errorf("%s is still there", patterns[i])
			}
		}
	}
	if trie.Len() != 0 || !trie.Bare() {
		t.Errorf("%d values are left, or the nodes they were in", trie.Len())
	}
}

// naive is the definition of matching, without any cleverness.
func naive(pattern, s []string) bool {
	switch {
	case len(pattern) == 0 || len(s) == 0:
		return len(pattern) == len(s)
	case pattern[0] == ">":
		return true
	}
	return (pattern[0] == "*" || pattern[0] == s[0]) && naive(pattern[1:], s[1:])
}

// FuzzMatch reads a topic and patterns, one a line, and holds the trie and
// Match against the naive matcher, while patterns come and go.
func FuzzMatch(f *testing.F) {
	f.Add("room.go\nroom.*\n*.go\n>\nroom.go\nroom.>")
	f.Add("a.a.a.a.a.a.a.a\n*.*.*.*.*.*.*.*\n*.*.*.*.>\n*.*.*.*.*.*.*.b\na.*.a.*.a.*.a.*")
	f.Add("a\n\n.\n*.\n>.>\n**")
	f.Fuzz(func(t *testing.T, in string) {
		lines := strings.Split(in, "\n")
		s, patterns := lines[0], lines[1:]
		if topic.Check(s) != nil {
			s = "a.b"
		} else if !utf8.ValidString(s) || topic.CheckPattern(s) != nil || !topic.Match(s, s) {
			t.Fatalf("topic %q", s)
		}
		var trie topic.Trie[string]
		entries := map[int]*topic.Entry[string]{}
		var want []string
		for i, p := range patterns {
			if topic.CheckPattern(p) != nil {
				continue
			}
			entries[i] = trie.Add(p, p)
			matches := naive(strings.Split(p, "."), strings.Split(s, "."))
			if got := topic.Match(p, s); got != matches {
				t.Fatalf("%q, %q: %v", p, s, got)
			}
			if topic.Overlap(p, s) != matches {
				t.Fatalf("%q, %q do not overlap as they match", p, s)
			}
			if i%3 == 0 {
				trie.Remove(entries[i])
			} else if matches {
				want = append(want, p)
			}
		}
		got := found(&trie, s)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%q: got %q, want %q", s, got, want)
		}
		for _, e := range entries {
			trie.Remove(e)
		}
		if !trie.Bare() {
			t.Fatal("nodes are left")
		}
	})
}

// BenchmarkMatch finds the one subscriber among many patterns.
func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{1, 100, 10_000} {
		var trie topic.Trie[int]
		for i := range n {
			trie.Add("room."+string(rune('a'+i%26))+strings.Repeat("x", i%7)+".*", i)
		}
		trie.Add("user.ada", n)
		b.Run(name(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for values := range trie.Match("user.ada") {
					_ = values
				}
			}
		})
	}
}

func name(n int) string {
	return map[int]string{1: "patterns=1", 100: "patterns=100", 10_000: "patterns=10000"}[n]
}
