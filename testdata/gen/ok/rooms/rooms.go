// Package rooms has events, of all kinds of topics and parameters.
package rooms

import (
	"context"
	"time"
)

// RoomEvents are what happens in rooms.
//
//ipc:events topic=room.{room}
type RoomEvents interface {
	// Posted tells that m was posted to room.
	Posted(ctx context.Context, room string, m Message) error
	Renamed(ctx context.Context, room, name string) error
	// Closed tells of the end, and who was there.
	Closed(_ context.Context, room string, guests ...string) error
}

// Message is what is posted.
type Message struct {
	From, Text string
	At         time.Time
}

// Level is how urgent something is.
type Level uint8

// Place is where something is.
type Place string

// Alarms name the topic by values that are no strings, and parameters as
// generated code would like to name its own.
//
//ipc:events topic=alarm.{place}.{r}.{level}
type Alarms interface {
	Raised(ctx context.Context, level Level, place Place, r int, pattern string, p *Place) error
}

//ipc:events topic=clock
type ticks interface {
	Tick(context.Context) error
	TickAt(ctx2 context.Context, at time.Time) error
}

// Room is a service beside the events, as usual.
//
//ipc:service
type Room interface {
	Post(ctx context.Context, room string, m Message) error
}
