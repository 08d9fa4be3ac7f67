package main

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/examples/rooms/club"
	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// The output of main, over real WebSockets.
func Example() {
	main()
	// Output:
	// a stranger, in group restricted:
	// - sees [go music office], <nil>
	// - enters: ipc: denied: Club.Enter is not public: credentials are needed
	// - subscribes: ipc: denied: events are not for restricted sessions
	// with a wrong key nobody is let in: true
	// bob wants to hear all: ipc: denied: members/bob may not subscribe to RoomEvents of room.>
	// bob makes a mistake: ipc: bad_request: subscribe: no topic of RoomEvents.Entered can match "rooms.*": they are all like "room.*"
	// bob enters the office: ipc: denied: Club.Enter is not allowed
	// bob enters the cellar: ipc: club.no-room: no such room, that is ErrNoRoom: true
	// bob hears in go: ada comes
	// bob hears in go: cy comes
	// ada hears in go: bob comes
	// ada hears in go: cy comes
	// bob posts elsewhere: ipc: denied: Club.Post is not allowed
	// ada hears in go: bob: hello
	// bob hears in go: bob: hello
	// cy hears in go: bob: hello
	// bob types in his name: <nil>
	// bob types in cy's: ipc: denied: members/bob may not publish Signs.Typing to sign.go.cy
	// bob types in a room with a star: ipc: bad_request: Signs.Typing: topic "sign.*.bob": level "*" holds * or >, which only stand alone, and in patterns
	// bob posts for ada: ipc: denied: members/bob may not publish RoomEvents.Posted to room.go
	// ada hears in go: bob types, says members/bob
	// bob announces: ipc: denied: Club.Announce is not allowed
	// ada hears the news: le thé est prêt
	// bob hears the news: tea is ready
	// cy hears the news: le thé est prêt
	// a sketch in music is rendered 0 times
	// a sketch in go is rendered 1 times
	// bob hears in go: sketch 1
	// cy hears in go: sketch 1
	// ada is asked by cy: ada, are you there?
	// bob hears in go: cy: ada, are you there?
	// cy hears in go: cy: ada, are you there?
	// of 2000 sketches some come: true; others are dropped, and that is told: true; together that is all: true
	// bob posts 3 times, then: ipc: rate_limited
	// - it was not sent: true; to be tried again in about 2m0s
	// - bob was disconnected, and is back
	// bob posts 0 times, then: ipc: rate_limited
	// - it was not sent: true; to be tried again in about 2m0s
	// - bob was disconnected, and is back
	// bob hears in go: ada: calm down, bob
	// denied: Club.Announce, 1 times
	// denied: Club.Enter, 1 times
	// denied: Club.Post, 1 times
	// denied: RoomEvents.Posted, 1 times
	// denied: Signs.Typing, 1 times
}

// opened opens a house in which everybody is in room go.
func opened(t *testing.T) *story {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	s, err := open(ctx, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	for _, m := range []*member{s.ada, s.bob, s.cy} {
		if err := m.Enter(ctx, "go"); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// What the guards refuse has not happened.
func TestGuards(t *testing.T) {
	s := opened(t)
	ctx := s.ctx
	eve, err := join(ctx, s.url, card{ipc.Identity{Group: "staff", Name: "eve"}, "", ""}.options())
	if err != nil {
		t.Fatal(err)
	}
	defer eve.Close()
	subscribe := func(m *member, pattern string) error {
		sub, err := club.SubscribeRoomEvents(ctx, m, pattern, m)
		if err == nil {
			sub.Close()
		}
		return err
	}
	for _, c := range []struct {
		what string
		err  error
		want error
	}{
		{"a stranger enters", eve.Enter(ctx, "go"), code.Denied},
		{"a stranger posts", eve.Post(ctx, "go", "hello"), code.Denied},
		{"a stranger subscribes", subscribe(eve, "room.go"), code.Denied},
		{"a stranger publishes", club.NewSignsPublisher(eve).Typing(ctx, "go", "eve"), code.Denied},
		{"a member enters the office", s.bob.Enter(ctx, club.Office), code.Denied},
		{"a member listens to the office", subscribe(s.bob, "room.office"), code.Denied},
		{"a member listens to all", subscribe(s.bob, ">"), code.Denied},
		{"a member listens to a room", subscribe(s.bob, "room.music"), nil},
		{"a member posts elsewhere", s.bob.Post(ctx, "music", "hello"), code.Denied},
		{"a member posts nothing", s.bob.Post(ctx, "go", ""), code.Denied},
		{"a member announces", s.bob.Announce(ctx, "en", "hello"), code.Denied},
		{"a member types elsewhere", club.NewSignsPublisher(s.bob).Typing(ctx, "music", "bob"), code.Denied},
		{"a member types as another", club.NewSignsPublisher(s.bob).Typing(ctx, "go", "cy"), code.Denied},
		{"a member types", club.NewSignsPublisher(s.bob).Typing(ctx, "go", "bob"), nil},
		{"staff enters the office", s.ada.Enter(ctx, club.Office), nil},
		{"staff listens to all", subscribe(s.ada, ">"), nil},
		{"staff posts", s.ada.Post(ctx, club.Office, "hello"), nil},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", c.what, c.err, c.want)
		}
		if c.want != nil && !errors.Is(c.err, ipc.ErrNotSent) {
			t.Errorf("%s: %v, which may have run", c.what, c.err)
		}
	}
	rooms, err := eve.Rooms(ctx)
	if err != nil || len(rooms) != 3 {
		t.Errorf("a stranger sees %v, %v", rooms, err)
	}
	posted, err := s.ada.History(ctx, club.Office)
	if want := []club.Message{{From: "ada", Text: "hello"}}; err != nil || !slices.Equal(posted, want) {
		t.Errorf("posted was %v, %v", posted, err)
	}
	s.house.mu.Lock()
	defer s.house.mu.Unlock()
	if len(s.house.history) != 1 {
		t.Errorf("posted was %v", s.house.history)
	}
	seen := map[string]int{"Club.Post": 2, "Club.Enter": 1, "Club.Announce": 1, "Signs.Typing": 3}
	if !maps.Equal(s.house.denied, seen) {
		t.Errorf("the interceptor saw %v", s.house.denied)
	}
}

// A sketch is encoded once for all who look, and not at all for nobody.
func TestSketchesAreRenderedOnce(t *testing.T) {
	s := opened(t)
	check := func(room string, want int64) {
		t.Helper()
		if renders, err := s.draw(room, 1); renders != want || err != nil {
			t.Errorf("in %s: rendered %d times, want %d, %v", room, renders, want, err)
		}
	}
	check("go", 0)
	if _, err := club.SubscribeRoomEventsPosted(s.ctx, s.ada, "room.*", s.ada.Posted); err != nil {
		t.Fatal(err)
	}
	check("go", 0) // ada wants other events
	for _, m := range []*member{s.bob, s.cy} {
		if _, err := club.SubscribeRoomEventsDrawn(s.ctx, m, "room.go", m.Drawn); err != nil {
			t.Fatal(err)
		}
	}
	check("music", 0) // bob and cy look elsewhere
	check("go", 1)
	for _, m := range []*member{s.bob, s.cy} {
		if line, err := m.next(s.ctx); line != m.name+" hears in go: sketch 1" || err != nil {
			t.Errorf("%q, %v", line, err)
		}
	}
}

// What comes too fast is dropped as the policy says, and told in its place.
func TestTheTrain(t *testing.T) {
	s := opened(t)
	came, missed, err := s.ride(2000, 16<<10)
	told := int(s.train.told.Load())
	if err != nil || came+missed != 2000 || told == 0 || told > missed {
		t.Errorf("%d came, %d were missed, of %d the house told: %v", came, missed, told, err)
	}
	s.train.told.Store(0)
	if came, missed, err := s.ride(10, 100); came != 10 || missed != 0 || err != nil {
		t.Errorf("of a few: %d came, %d were missed, %v", came, missed, err)
	}
}

// A limit belongs to who exceeds it, not to the connection.
func TestLimitsStay(t *testing.T) {
	s := opened(t)
	if _, err := club.SubscribeRoomEventsPosted(s.ctx, s.bob, "room.go", s.bob.Posted); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	for _, want := range []int{5, 0, 0} {
		posts, err := s.chatter()
		var refused *ipc.Error
		if posts < want || !errors.As(err, &refused) || refused.Code != code.RateLimited || refused.Outcome() != ipc.NotExecuted {
			t.Fatalf("%d posts, then %v", posts, err)
		}
		if most := want + int(time.Since(start)/(2*time.Minute)) + 1; posts > most {
			t.Errorf("%d posts, want at most %d", posts, most)
		}
		if refused.RetryAfter <= 0 || refused.RetryAfter > 2*time.Minute {
			t.Errorf("to be tried again after %v", refused.RetryAfter)
		}
		for range posts {
			if line, err := s.bob.next(s.ctx); line != "bob hears in go: bob: bla" || err != nil {
				t.Fatalf("%q, %v", line, err)
			}
		}
		select {
		case <-s.bob.ready:
		case <-s.ctx.Done():
			t.Fatal("bob does not come back")
		}
	}
	// Who has come back is subscribed as before.
	if err := s.ada.Post(s.ctx, "go", "calm down"); err != nil {
		t.Fatal(err)
	}
	if line, err := s.bob.next(s.ctx); line != "bob hears in go: ada: calm down" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
}
