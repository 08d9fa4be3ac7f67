// Package generic has routes over instantiated types.
package generic

import (
	"context"
	"iter"
	"time"
)

// Generic moves instances of generic types.
//
//ipc:service
type Generic interface {
	Items(ctx context.Context, page Page[Item]) (Page[string], error)
	Pair(ctx context.Context, pair Pair[string, Item], twice Pair[Page[int], []Item]) (Pair[int, time.Time], error)
	List(ctx context.Context, list List[Item], set Set[string]) (List[int], error)
	Maybe(ctx context.Context, maybe *Maybe[Item]) (Items, error)
	Pages(ctx context.Context) iter.Seq2[Page[Item], error]
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	Next  *Page[T]
}

// Pair is two values.
type Pair[A, B any] struct {
	First  A
	Second B
}

type (
	// List is a slice.
	List[T any] []T
	// Set is a map.
	Set[K comparable] map[K]bool
	// Maybe holds a value or none.
	Maybe[T any] struct{ Value *T }
	// Items is an alias of an instance.
	Items = Page[Item]
)

// Item is a type argument.
type Item struct{ ID int }
