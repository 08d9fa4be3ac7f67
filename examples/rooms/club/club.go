// Package club is what the server and the members of package rooms agree on.
package club

import (
	"context"
	"errors"
	"slices"

	"github.com/ipcgen/ipcgen/runtime/ipc"
)

//go:generate go tool ipcgen

// Club is what the server serves. Who may do what stands here, and is asked
// before anything runs.
//
//ipc:service
//ipc:limit 100/1s
type Club interface {
	// Rooms tells which rooms there are, also to strangers.
	//
	//ipc:route public
	Rooms(ctx context.Context) ([]string, error)

	// Enter lets the caller into a room, and tells the others. It fails with
	// ErrNoRoom.
	//
	//ipc:allow room != Office || isStaff(peer)
	Enter(ctx context.Context, room string) error

	// Post shows text to those who look into a room that the caller is in.
	//
	//ipc:allow isIn(peer, room)
	//ipc:allow text != "" && len(text) <= 1000
	//ipc:limit 5/10m disconnect
	Post(ctx context.Context, room, text string) error

	// History returns what was posted in a room that the caller is in.
	//
	//ipc:allow isIn(peer, room)
	History(ctx context.Context, room string) ([]Message, error)

	// Announce tells text to all who speak a language.
	//
	//ipc:allow isStaff(peer)
	Announce(ctx context.Context, language, text string) error
}

// Office is a room for staff only.
const Office = "office"

// Message is what was posted in a room.
type Message struct{ From, Text string }

// ErrNoRoom says that there is no such room.
//
//ipc:error no-room
var ErrNoRoom = errors.New("no such room")

// Guest is what the server knows of somebody who is connected.
type Guest struct {
	Staff bool
	Rooms []string // not to be changed, but replaced
}

// Guests are all who are connected, on the server.
var Guests ipc.Session[Guest]

func isStaff(p *ipc.Peer) bool { return Guests.Get(p).Staff }

func isIn(p *ipc.Peer, room string) bool { return slices.Contains(Guests.Get(p).Rooms, room) }

// Profile is what a member tells about itself.
//
//ipc:metadata
type Profile struct {
	Language string `json:"language"`
}
