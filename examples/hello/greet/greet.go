// Package greet is what the two sides of package hello agree on: one annotated
// interface. Its client and its dispatcher are in ipc_gen.go.
package greet

import (
	"context"
	"iter"
)

//go:generate go tool ipcgen

// Greeter greets people.
//
//ipc:service
type Greeter interface {
	// Hello greets name.
	//
	//ipc:route timeout=2s idempotent
	Hello(ctx context.Context, name string) (string, error)

	// Countdown streams from, from-1, ... 1.
	Countdown(ctx context.Context, from int) iter.Seq2[int, error]

	// Forget drops what is known of name. Nobody waits for it.
	//
	//ipc:notify
	Forget(ctx context.Context, name string) error
}
