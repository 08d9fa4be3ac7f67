package main

import (
	"context"
	"fmt"

	"github.com/ipcgen/ipcgen/examples/rooms/club"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// card is what makes a member: the key does not travel. In real life each has
// its own in a file.
type card struct {
	id            ipc.Identity
	key, language string
}

var (
	ada = card{ipc.Identity{Group: "staff", Name: "ada"}, "ada's very own key", "fr"}
	bob = card{ipc.Identity{Group: "members", Name: "bob"}, "bob's very own key", "en"}
	cy  = card{ipc.Identity{Group: "members", Name: "cy"}, "cy's very own key", "fr"}
)

// keysOf returns the keys of who is to be a member.
func keysOf(id ipc.Identity) (keys [][]byte) {
	for _, c := range []card{ada, bob, cy} {
		if c.id == id {
			keys = append(keys, []byte(c.key))
		}
	}
	return keys
}

// options are those of the client of who has the card.
func (c card) options() ipc.ClientOptions {
	return ipc.ClientOptions{
		Identity: c.id,
		Secret:   []byte(c.key),
		Metadata: club.ProfileMetadata(club.Profile{Language: c.language}),
		Logger:   quiet,
	}
}

// member is somebody in the club: it can call the house, and hears what
// happens.
type member struct {
	*ipc.Client
	*club.ClubClient
	*ear
	ready chan struct{} // whenever it is connected
}

// join connects to the house at url.
func join(ctx context.Context, url string, opts ipc.ClientOptions) (*member, error) {
	m := &member{ear: &ear{opts.Identity.Name, make(chan string, 100)}, ready: make(chan struct{}, 10)}
	opts.OnState = func(_, to ipc.State) {
		if to == ipc.Ready {
			m.ready <- struct{}{}
		}
	}
	cl, err := ipc.Dial(ctx, url, &opts)
	if err != nil {
		return nil, err
	}
	<-m.ready
	m.Client, m.ClubClient = cl, club.NewClubClient(cl)
	return m, nil
}

// ear is a club.RoomEvents, a club.Signs and a club.News. It keeps what it hears.
type ear struct {
	name  string
	heard chan string
}

func (e *ear) hear(format string, args ...any) error {
	e.heard <- e.name + " hears " + fmt.Sprintf(format, args...)
	return nil
}

func (e *ear) Entered(_ context.Context, room, name string) error {
	return e.hear("in %s: %s comes", room, name)
}

func (e *ear) Posted(_ context.Context, room string, m club.Message) error {
	return e.hear("in %s: %s: %s", room, m.From, m.Text)
}

func (e *ear) Drawn(_ context.Context, room string, s club.Sketch) error {
	return e.hear("in %s: sketch %d", room, s.Number)
}

func (e *ear) Typing(ctx context.Context, room, name string) error {
	r, _ := ipc.RequestFrom(ctx)
	return e.hear("in %s: %s types, says %v", room, name, r.Peer)
}

func (e *ear) Announced(_ context.Context, text string) error { return e.hear("the news: %s", text) }

// next waits for the next thing heard.
func (e *ear) next(ctx context.Context) (string, error) {
	select {
	case line := <-e.heard:
		return line, nil
	case <-ctx.Done():
		return "", fmt.Errorf("%s hears nothing: %w", e.name, ctx.Err())
	}
}
