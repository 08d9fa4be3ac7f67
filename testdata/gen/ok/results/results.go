// Package results has routes with several results, named and not.
package results

import (
	"context"
	"iter"
)

// Results returns more than one value.
//
//ipc:service
type Results interface {
	Named(ctx context.Context) (count int, mean float64, err error)
	Unnamed(ctx context.Context) (int, string, error)
	Blank(ctx context.Context) (_ int, _ []string, _ error)
	One(ctx context.Context) (text string, err error)
	OtherError(ctx context.Context) (n int, failure error)
	Three(ctx context.Context, r, result, err string) (a, b, c Point, _ error)
	Uploaded(ctx context.Context, in iter.Seq2[Point, error]) (int, Point, error)
}

// Point is a result.
type Point struct{ X, Y int }
