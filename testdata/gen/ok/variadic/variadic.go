// Package variadic has routes whose last parameter is repeated.
package variadic

import (
	"context"
	"iter"
)

// Variadic takes any number of values.
//
//ipc:service
type Variadic interface {
	Join(ctx context.Context, parts ...string) (string, error)
	Sum(ctx context.Context, label string, numbers ...int) (int, error)
	Draw(ctx context.Context, shapes ...*Shape) error
	Nest(ctx context.Context, rows ...[]byte) (int, error)
	//ipc:notify
	Note(ctx context.Context, lines ...string) error
	Watch(ctx context.Context, topics ...Topic) iter.Seq2[Topic, error]
}

// Shape is drawn.
type Shape struct{ Sides int }

// Topic is watched.
type Topic string
