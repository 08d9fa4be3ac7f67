// Package settings has routes with everything that //ipc:route can say.
package settings

import (
	"context"
	"iter"
)

// Settings has routes that are set in every way. This comment would end too
// early if it were written */ between stars.
//
//ipc:service name=set
type Settings interface {
	// Hour waits for an hour.
	//
	//ipc:route timeout=1h
	Hour(ctx context.Context) error
	//ipc:route timeout=90s
	Seconds(ctx context.Context) error
	//ipc:route timeout=1m
	Minute(ctx context.Context) error
	//ipc:route timeout=1500ms idempotent
	Millis(ctx context.Context) error

	// Old is no longer needed: /* see */ New.
	//
	//	code := "in a comment"
	//
	// Choose of
	//
	//   - one
	//   - two
	//
	//ipc:route "deprecated=call New, it \"knows\" more"
	Old(ctx context.Context, text string) (string, error)

	// Older says so itself.
	//
	// Deprecated: call New.
	//
	//ipc:route deprecated=New
	Older(ctx context.Context) error

	// New was called otherwise.
	//
	//ipc:route name=Newest alias=set.New,set.Newer
	New(ctx context.Context, text string) (string, error)

	// Turn returns data, which it borrows, the other way round.
	//
	//ipc:route borrow
	Turn(ctx context.Context, data []byte) ([]byte, error)
	// TurnAll does so with one after the other; both sides borrow.
	//
	//ipc:route borrow
	TurnAll(ctx context.Context, chunks iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error]

	//ipc:notify
	//ipc:route alias=set.Suggest
	Hint(ctx context.Context) error
}

// Bare has routes without the name of a service.
//
//ipc:service bare
type Bare interface {
	Naked(ctx context.Context) error
	//ipc:route name=plain
	Simple(ctx context.Context) error
}
