// Package names has parameters that are called what generated code would like
// to call something else.
package names

import (
	"context"
	"iter"
	"time"
)

// Names is full of names that mean something else elsewhere.
//
//ipc:service
type Names interface {
	Receiver(ctx context.Context, c, client, c2 int) (int, error)
	Group(ctx context.Context, g, group string) (string, error)
	Packages(ctx context.Context, ipc, wire, context, iter, time, fmt string) (string, error)
	Universe(ctx context.Context, len, cap int, string, error, nil, true, any string) (string, error)
	Errors(ctx context.Context, err, failure string) error
	Results(ctx context.Context, r, result string) (err, err2 string, ipc error)
	Handler(ctx context.Context, a, impl, in, e, d, v, f string) (int, string, error)
	Input(context context.Context, label string, ipc iter.Seq2[int, error]) (int, error)
	NoContext(_ context.Context, ctx string) (string, error)
	Unnamed(context.Context) error
	Hidden(ctx context.Context, namesHidden, namesHiddenArgs string, encodeNamesHiddenArgs int) (string, error)
	Cased(ctx context.Context, name, Name string, _name, naïve, 名 int) (string, error)
	Generated(ctx context.Context, Names, NamesClient, NamesRoutes string) (Result Result, err error)
	Clock(ctx context.Context, wire time.Time) (time time.Duration, err error)
	Type(ctx context.Context, func_, Func, Type string) error
}

// Result has the name of a result.
type Result struct{ Result string }

// HTTPServer is an initialism.
//
//ipc:service
type HTTPServer interface {
	ID(ctx context.Context) (string, error)
	GetURL(ctx context.Context, HTTPServer, url string) (string, error)
}
