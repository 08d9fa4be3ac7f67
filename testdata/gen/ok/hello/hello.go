// Package hello is the example of the documentation: one service with a route
// of every kind, and errors that cross.
package hello

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

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

	// Stat tells count and mean.
	Stat(ctx context.Context, tags ...string) (count int, mean float64, err error)

	// Sum adds numbers.
	Sum(ctx context.Context, label string, numbers iter.Seq2[int, error]) (int, error)

	// Echo sends back.
	Echo(ctx context.Context, in iter.Seq2[Message, error]) iter.Seq2[Message, error]
}

// Message is what [Greeter.Echo] echoes.
type Message struct {
	ID    int64
	Tags  []string
	At    time.Time
	Next  *Message
	Extra map[string]int `json:"extra"`
}

// ErrEmpty says that a name was empty.
//
//ipc:error empty
var ErrEmpty = errors.New("empty name")

// QuotaError says that a caller greeted too often.
//
//ipc:error quota
type QuotaError struct{ Limit int }

// Error says how often one may greet.
func (e *QuotaError) Error() string { return fmt.Sprintf("more than %d greetings", e.Limit) }
