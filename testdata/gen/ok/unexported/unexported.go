// Package unexported has types that only it can name.
package unexported

import (
	"context"
	"iter"
)

// Exported has routes over unexported types.
//
//ipc:service
type Exported interface {
	Move(ctx context.Context, p point, by *vector) (point, error)
	Paths(ctx context.Context, kind kind) iter.Seq2[path, error]
	Pair(ctx context.Context, p point) (point, kind, error)
}

// hidden is itself unexported.
//
//ipc:service
type hidden interface {
	Look(ctx context.Context, at point) (Seen, error)
	Both(ctx context.Context) (a, b point, err error)
}

type point struct {
	X, Y  int
	label string
}

type vector struct{ DX, DY int }

type kind uint8

type path []point

// Seen is exported and holds what is not.
type Seen struct{ Points []point }
