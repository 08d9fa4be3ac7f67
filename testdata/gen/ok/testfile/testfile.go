// Package testfile has a service for everybody and one for its tests.
package testfile

import "context"

// Store is in an ordinary file.
//
//ipc:service
type Store interface {
	Put(ctx context.Context, item Item) error
}

// Item is used by both services.
type Item struct{ Name string }
