package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ipcgen/ipcgen/examples/chat/room"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// chat is a room.Room, and who is in it.
type chat struct {
	srv *ipc.Server

	mu    sync.Mutex
	names map[ipc.Identity]string
}

func newChat(secret string) *chat {
	c := &chat{names: map[ipc.Identity]string{}}
	c.srv = ipc.NewServer(&ipc.ServerOptions{Secret: []byte(secret), OnLeave: c.leave})
	room.RegisterRoom(c.srv, c)
	return c
}

func (c *chat) Enter(ctx context.Context, name string) error {
	name = strings.TrimSpace(name)
	if name == "" {
		return room.ErrNoName
	}
	if !c.add(caller(ctx), name) {
		return room.ErrNameTaken
	}
	c.show(ctx, room.Message{From: name, Text: "enters"})
	return nil
}

func (c *chat) Say(ctx context.Context, text string) error {
	name, ok := c.name(caller(ctx))
	if !ok {
		return room.ErrOutside
	}
	c.show(ctx, room.Message{From: name, Text: "says: " + text})
	return nil
}

func (c *chat) Names(context.Context) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Values(c.names)), nil
}

// leave is called when a connection has ended.
func (c *chat) leave(p *ipc.Peer, _ error) {
	name, ok := c.name(p.Identity())
	if !ok {
		return
	}
	c.mu.Lock()
	delete(c.names, p.Identity())
	c.mu.Unlock()
	c.show(context.Background(), room.Message{From: name, Text: "leaves"})
}

// show shows m to everybody in the room. Whoever has just left misses it.
func (c *chat) show(ctx context.Context, m room.Message) {
	inside := c.srv.All(nil).Where(func(p *ipc.Peer) bool {
		_, ok := c.name(p.Identity())
		return ok
	})
	room.NewScreenGroup(inside).Show(ctx, m)
}

// caller returns who has made the call that is being served.
func caller(ctx context.Context) ipc.Identity {
	r, _ := ipc.RequestFrom(ctx)
	return r.Peer.Identity()
}

func (c *chat) name(id ipc.Identity) (name string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name, ok = c.names[id]
	return name, ok
}

// add gives name to id, and reports whether nobody else has it.
func (c *chat) add(id ipc.Identity, name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for other, n := range c.names {
		if n == name && other != id {
			return false
		}
	}
	c.names[id] = name
	return true
}
