package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipcgen/ipcgen/examples/chat/room"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// client is somebody who chats: it can call the room, and has a screen.
type client struct {
	*ipc.Client
	*room.RoomClient
	screen screen
}

// connect connects to the server at url. The server is to find a name for the
// identity: what one is called in the room is another matter.
func connect(ctx context.Context, url, secret string) (*client, error) {
	cl := ipc.NewClient(url, &ipc.ClientOptions{
		Identity: ipc.Identity{Group: "chat"},
		Secret:   []byte(secret),
	})
	c := &client{cl, room.NewRoomClient(cl), make(screen, 10)}
	room.RegisterScreen(cl, c.screen)
	return c, cl.Connect(ctx)
}

// enterAs enters under the first of names that the room lets pass.
func (c *client) enterAs(ctx context.Context, names ...string) (err error) {
	for _, name := range names {
		err = c.Enter(ctx, name)
		if !errors.Is(err, room.ErrNoName) && !errors.Is(err, room.ErrNameTaken) {
			return err
		}
		fmt.Printf("no entrance as %q: %v\n", name, err)
	}
	return err
}

// screen is a room.Screen. It keeps what it is to show.
type screen chan room.Message

func (s screen) Show(_ context.Context, m room.Message) error {
	s <- m
	return nil
}

// print waits for n messages and prints them.
func (s screen) print(whose string, n int) {
	for range n {
		m := <-s
		fmt.Printf("%s sees: %s %s\n", whose, m.From, m.Text)
	}
}
