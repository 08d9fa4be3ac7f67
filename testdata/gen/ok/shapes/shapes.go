// Package shapes has a route of every shape, with and without arguments and
// results.
package shapes

import (
	"context"
	"iter"
)

// Shapes is every combination of what a route may send and receive.
//
//ipc:service
type Shapes interface {
	Ping(ctx context.Context) error
	Set(ctx context.Context, key string, value int) error
	Get(ctx context.Context) (int, error)
	Add(ctx context.Context, a, b int) (int, error)
	Divide(ctx context.Context, a, b int) (quotient, remainder int, err error)

	//ipc:notify
	Wake(ctx context.Context) error
	//ipc:notify
	Log(ctx context.Context, line string) error

	Ticks(ctx context.Context) iter.Seq2[int, error]
	Range(ctx context.Context, from, to int) iter.Seq2[int, error]

	Drain(ctx context.Context, in iter.Seq2[int, error]) error
	Count(ctx context.Context, in iter.Seq2[int, error]) (int, error)
	Scale(ctx context.Context, by int, in iter.Seq2[int, error]) (int, error)
	Bounds(ctx context.Context, in iter.Seq2[int, error]) (low, high int, err error)

	Relay(ctx context.Context, in iter.Seq2[string, error]) iter.Seq2[string, error]
	Lengths(ctx context.Context, limit int, in iter.Seq2[string, error]) iter.Seq2[int, error]
}
