// Package several has several services, in one file and in two.
package several

import "context"

// First is one of two in its file.
//
//ipc:service
type First interface {
	Do(ctx context.Context, item Item) (Item, error)
	Second(ctx context.Context) (Item, error)
}

// FirstSecond has names that run into those of First.
//
//ipc:service
type FirstSecond interface {
	Do(ctx context.Context, item *Item) error
}

// Unmarked is no service.
type Unmarked interface{ Do() }

// Item is shared by all services.
type Item struct{ Name string }
