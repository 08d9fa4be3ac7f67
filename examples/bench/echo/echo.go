// Package echo is the service that every contender offers. The generator
// makes its stubs for ipcgen; the contenders that take Go types as they are
// use the same structs, and those that speak protobuf use package echopb.
package echo

import (
	"context"
	"iter"
	"time"
)

//go:generate go tool ipcgen

// Echo sends back what it gets, and sends and receives what nobody keeps.
//
//ipc:service
type Echo interface {
	// Echo returns m.
	Echo(ctx context.Context, m Message) (Message, error)
	// Place returns o, a message of the shape that applications send.
	Place(ctx context.Context, o Order) (Order, error)
	// Download yields count messages with payloads of size bytes.
	Download(ctx context.Context, size, count int) iter.Seq2[Message, error]
	// Upload returns how many messages there were.
	Upload(ctx context.Context, messages iter.Seq2[Message, error]) (int, error)
}

// Lent is Echo where the payloads that arrive are not copied: who gets one has
// it until the handler returns, or until the next one comes.
//
//ipc:service
type Lent interface {
	// Echo returns m.
	//
	//ipc:route borrow
	Echo(ctx context.Context, m Message) (Message, error)
	// Place returns o, in which there is nothing to borrow.
	Place(ctx context.Context, o Order) (Order, error)
	// Download yields count messages with payloads of size bytes.
	//
	//ipc:route borrow
	Download(ctx context.Context, size, count int) iter.Seq2[Message, error]
	// Upload returns how many messages there were.
	//
	//ipc:route borrow
	Upload(ctx context.Context, messages iter.Seq2[Message, error]) (int, error)
}

// Event is what those who listen are told.
//
//ipc:events topic=crowd
type Event interface {
	// Happened tells that m happened.
	Happened(ctx context.Context, m Message) error
}

// Crowd tells an event to all who listen.
//
//ipc:service
type Crowd interface {
	// Publish tells everybody that m happened. Who leaves meanwhile is passed
	// over.
	Publish(ctx context.Context, m Message) error
}

// Message is what is echoed and streamed.
type Message struct {
	ID      int64
	Name    string
	Payload []byte
}

// Order is a nested message of typical shape.
type Order struct {
	ID         int64
	Customer   Customer
	Lines      []Line
	Tags       []string
	Attributes map[string]string
	Placed     time.Time
}

// Customer is who has placed an order.
type Customer struct {
	Name  string
	Email string
	Since time.Time
}

// Line is one line of an order.
type Line struct {
	Article  string
	Quantity int64
	Price    float64
}
