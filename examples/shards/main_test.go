package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/ipcgen/ipcgen/examples/shards/gateway"
)

// The output of main, over real WebSockets.
func Example() {
	main()
	// Output:
	// 0-of-4 is bot-42, in [ml]
	// 1-of-4 is bot-42, in [lisp]
	// 2-of-4 is bot-42, in [c]
	// 3-of-4 is bot-42, in [go rust]
	// the gateway sees 0-of-4: online, playing chess
	// the gateway sees 1-of-4: online, playing chess
	// the gateway sees 2-of-4: online, playing chess
	// the gateway sees 3-of-4: online, playing chess
	// members of go: [100 100 50], <nil>
	// some of rust: [30], <nil>
	// asked with a mistake: bad query: a prefix and names exclude each other, after 0 more requests
	// asked by another shard: ipc: gateway.elsewhere: the guild belongs to another shard
	// 0-of-4 hears in ml: ada: hello, ml
	// 1-of-4 hears in lisp: ada: hello, lisp
	// 2-of-4 hears in c: ada: hello, c
	// 3-of-4 hears in go: ada: hello, go
	// 3-of-4 hears in rust: ada: hello, rust
	// the gateway restarts
	// the gateway sees 0-of-4: online, playing go
	// the gateway sees 1-of-4: online, playing go
	// the gateway sees 2-of-4: online, playing go
	// the gateway sees 3-of-4: online, playing go
	// 0-of-4 hears in ml: ada: hello, ml
	// 1-of-4 hears in lisp: ada: hello, lisp
	// 2-of-4 hears in c: ada: hello, c
	// 3-of-4 hears in go: ada: hello, go
	// 3-of-4 hears in rust: ada: hello, rust
}

// K6: what is wrong with a query is the same error on both sides.
func TestBadQueries(t *testing.T) {
	for want, q := range map[string]gateway.Query{
		"a guild is needed": {},
		"exclude":           {Guild: "go", Prefix: "a", Names: []string{"b"}},
		"101 names":         {Guild: "go", Names: make([]string, 101)},
		"negative":          {Guild: "go", Limit: -1},
	} {
		var bad *gateway.BadQuery
		if err := q.Validate(); !errors.As(err, &bad) || !strings.Contains(bad.Problem, want) {
			t.Errorf("%+v: %v, want %s", q, err, want)
		}
	}
	if err := (gateway.Query{Guild: "go", Names: []string{"a"}}).Validate(); err != nil {
		t.Error(err)
	}
}
