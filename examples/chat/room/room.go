// Package room is what the server and the clients of package chat agree on.
package room

import (
	"context"
	"errors"
)

//go:generate go tool ipcgen

// Room is what the server serves.
//
//ipc:service
type Room interface {
	// Enter lets the caller in, under a name that nobody else in the room
	// has. It fails with ErrNoName or ErrNameTaken.
	Enter(ctx context.Context, name string) error

	// Say shows text to everybody in the room. It fails with ErrOutside for
	// who has not entered.
	Say(ctx context.Context, text string) error

	// Names tells who is in the room, in alphabetical order.
	Names(ctx context.Context) ([]string, error)
}

// Screen is what a client serves to the server.
//
//ipc:service
type Screen interface {
	// Show shows what was said in the room.
	//
	//ipc:notify
	Show(ctx context.Context, m Message) error
}

// Message is a line on the screens.
type Message struct{ From, Text string }

// ErrNoName says that a name was empty.
//
//ipc:error no-name
var ErrNoName = errors.New("nobody enters without a name")

// ErrNameTaken says that somebody else has the name.
//
//ipc:error name-taken
var ErrNameTaken = errors.New("somebody else has that name")

// ErrOutside says that one has to enter first.
//
//ipc:error outside
var ErrOutside = errors.New("not in the room")
