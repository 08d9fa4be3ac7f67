package main

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/ipcgen/ipcgen/examples/rooms/club"
	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/topic"
)

// house is a club.Club, and the server it is in.
type house struct {
	srv    *ipc.Server
	rooms  []string
	events *club.RoomEventsPublisher // to everybody who has subscribed

	mu      sync.Mutex
	history map[string][]club.Message // by room
	denied  map[string]int            // by route or event
}

// newHouse returns a house for members, and strangers.
func newHouse() *house {
	h := &house{
		rooms:   []string{"go", "music", club.Office},
		history: map[string][]club.Message{},
		denied:  map[string]int{},
	}
	h.srv = ipc.NewServer(&ipc.ServerOptions{
		Keys:         keysOf,
		Restricted:   true, // who shows no key sees what is public
		OnJoin:       h.join,
		Interceptors: []ipc.Interceptor{h.note},
		MaySubscribe: h.maySubscribe,
		MayPublish:   h.mayPublish,
		// Who is too slow for what happens in a room misses the oldest of it.
		// That somebody typed some time ago is of no interest.
		Slow: map[string]topic.Policy{
			"room.*": {Drop: topic.DropOldest, Buffer: 16},
			"sign.>": {Drop: topic.Latest},
		},
		Logger: quiet,
	})
	h.events = club.NewRoomEventsPublisher(h.srv)
	club.RegisterClub(h.srv, h)
	return h
}

// join is asked when a peer has identified.
func (h *house) join(_ context.Context, p *ipc.Peer) error {
	club.Guests.Set(p, club.Guest{Staff: p.Identity().Group == "staff"})
	return nil
}

// note counts what the guards deny, of requests and of events.
func (h *house) note(ctx context.Context, r *ipc.Request, next func(context.Context) error) error {
	err := next(ctx)
	if errors.Is(err, code.Denied) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.denied[r.Route.Name]++
	}
	return err
}

// maySubscribe keeps the office private: also from those who ask for all rooms.
func (h *house) maySubscribe(p *ipc.Peer, _, pattern string) bool {
	return club.Guests.Get(p).Staff ||
		!topic.Overlap(pattern, "room."+club.Office) && !topic.Overlap(pattern, "sign."+club.Office+".*")
}

// mayPublish lets members make signs in their own name, in the rooms they are in.
func (h *house) mayPublish(p *ipc.Peer, event, t string) bool {
	return event == club.SignsRoutes.Typing.Name &&
		slices.ContainsFunc(club.Guests.Get(p).Rooms, func(room string) bool {
			return t == "sign."+room+"."+p.Identity().Name
		})
}

func (h *house) Rooms(context.Context) ([]string, error) { return h.rooms, nil }

func (h *house) Enter(ctx context.Context, room string) error {
	if !slices.Contains(h.rooms, room) {
		return club.ErrNoRoom
	}
	p := caller(ctx)
	club.Guests.Update(p, func(g club.Guest) club.Guest {
		if !slices.Contains(g.Rooms, room) {
			g.Rooms = append(slices.Clone(g.Rooms), room)
		}
		return g
	})
	others := h.srv.All(nil).Except(p)
	return club.NewRoomEventsPublisher(others).Entered(ctx, room, p.Identity().Name)
}

func (h *house) Post(ctx context.Context, room, text string) error {
	m := club.Message{From: caller(ctx).Identity().Name, Text: text}
	h.mu.Lock()
	h.history[room] = append(h.history[room], m)
	h.mu.Unlock()
	return h.events.Posted(ctx, room, m)
}

func (h *house) History(_ context.Context, room string) ([]club.Message, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.history[room]), nil
}

func (h *house) Announce(ctx context.Context, language, text string) error {
	those := h.srv.All(club.ProfileFields.Language.Eq(language))
	return club.NewNewsPublisher(those).Announced(ctx, text)
}

// caller returns who has made the call that is being served.
func caller(ctx context.Context) *ipc.Peer {
	r, _ := ipc.RequestFrom(ctx)
	return r.Peer
}
