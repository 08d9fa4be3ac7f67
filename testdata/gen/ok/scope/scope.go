// Package scope declares names that generated code would like to use.
package scope

import (
	stdctx "context"
	seq "iter"
)

// Scope uses the package's own names.
//
//ipc:service
type Scope interface {
	Context(ctx stdctx.Context, of Context) (Context, error)
	Single(ctx stdctx.Context, x e, y v) (d, error)
	All(ctx stdctx.Context, items seq.Seq2[Item, error]) seq.Seq2[item, error]
	Pair(ctx stdctx.Context) (a a, r r, err error)
}

// Context is not the standard library's.
type Context struct{ Depth int }

// Item and item end up in functions of the same name.
type Item struct{ ID int }

type item struct{ Name string }

type (
	e    string
	v    int
	d    []v
	a    struct{ A e }
	r    map[e]v
	impl struct{}
)

func context() impl            { return impl{} }
func iter(n int) int           { return n }
func ipc() string              { return wire }
func encodeContext(c Context)  {}
func scopeSingle() (in, f int) { return iter(1), iter(2) }

const wire, scopeErrors = "wire", "errors"

var ctx, scopeSingleArgs = context(), ipc()
