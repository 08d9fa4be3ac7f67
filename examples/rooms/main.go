// Rooms is a club with rooms, over WebSocket: what happens in a room is
// published, and who may do what is said where the interface is declared.
//
//	go run ./examples/rooms
//
// Strangers see what is public. Members subscribe to rooms, to one or to all
// they may look into, with a handler or in a loop, and hear what the server
// publishes: to everybody, to all but one, to those who speak a language. They
// make signs to each other, in their own name. What nobody listens to is not
// even encoded. Who sits on a train misses something in a tunnel, and is told
// how much. Who talks too much is told when to go on.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ipcgen/ipcgen/examples/rooms/club"
	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/topic"
)

// quiet is where it is logged who was denied what, and who is disconnected.
var quiet = slog.New(slog.DiscardHandler)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run tells the story.
func run(ctx context.Context, out io.Writer) error {
	s, err := open(ctx, out)
	if err != nil {
		return err
	}
	defer s.close()
	for _, chapter := range []func() error{
		s.strangers, s.entrance, s.talk, s.signs, s.news, s.sketches, s.await, s.tunnel, s.flood, s.guards,
	} {
		if err := chapter(); err != nil {
			return err
		}
	}
	return nil
}

// story is what happens in this example.
type story struct {
	ctx   context.Context
	out   io.Writer
	house *house
	url   string
	web   *http.Server

	ada, bob, cy *member
	all          *ipc.Subscription // of ada to all rooms
	train        train             // that cy is on
}

// open opens the house, and has the members join.
func open(ctx context.Context, out io.Writer) (*story, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &story{ctx: ctx, out: out, house: newHouse(), url: "ws://" + l.Addr().String()}
	s.web = &http.Server{Handler: s.house.srv}
	go s.web.Serve(l)
	var errs [3]error
	s.ada, errs[0] = join(ctx, s.url, ada.options())
	s.bob, errs[1] = join(ctx, s.url, bob.options())
	onTrain := cy.options()
	onTrain.Dial, onTrain.OnPacket = s.train.dial(s.url), s.train.see
	s.cy, errs[2] = join(ctx, s.url, onTrain)
	if err := errors.Join(errs[:]...); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// close closes everything.
func (s *story) close() {
	for _, m := range []*member{s.ada, s.bob, s.cy} {
		if m != nil {
			m.Close()
		}
	}
	s.house.srv.Close() // net/http loses sight of WebSockets
	s.web.Close()
}

func (s *story) printf(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

// hear prints what each of those hears next.
func (s *story) hear(those ...*member) error {
	for _, m := range those {
		line, err := m.next(s.ctx)
		if err != nil {
			return err
		}
		s.printf("%s", line)
	}
	return nil
}

// strangers show no key. They see what is public.
func (s *story) strangers() error {
	eve, err := join(s.ctx, s.url, card{ipc.Identity{Group: "staff", Name: "eve"}, "", "en"}.options())
	if err != nil {
		return err
	}
	defer eve.Close()
	s.printf("a stranger, in group %s:", eve.Identity().Group)
	rooms, err := eve.Rooms(s.ctx)
	s.printf("- sees %v, %v", rooms, err)
	s.printf("- enters: %v", eve.Enter(s.ctx, "go"))
	_, err = club.SubscribeRoomEvents(s.ctx, eve, "room.go", eve)
	s.printf("- subscribes: %v", err)
	guess := ada.options()
	guess.Secret = []byte("a guess")
	_, err = join(s.ctx, s.url, guess)
	s.printf("with a wrong key nobody is let in: %v", errors.Is(err, code.Denied))
	return nil
}

// entrance has the members subscribe and enter.
func (s *story) entrance() error {
	var errs [3]error
	s.all, errs[0] = club.SubscribeRoomEvents(s.ctx, s.ada, "room.*", s.ada)         // all rooms
	_, errs[1] = club.SubscribeRoomEvents(s.ctx, s.bob, "room.go", s.bob)            // one of them
	_, errs[2] = club.SubscribeRoomEventsPosted(s.ctx, s.cy, "room.go", s.cy.Posted) // one event
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	_, err := club.SubscribeRoomEvents(s.ctx, s.bob, "room.>", s.bob)
	s.printf("bob wants to hear all: %v", err)
	_, err = club.SubscribeRoomEvents(s.ctx, s.bob, "rooms.*", s.bob)
	s.printf("bob makes a mistake: %v", err)

	s.printf("bob enters the office: %v", s.bob.Enter(s.ctx, club.Office))
	err = s.bob.Enter(s.ctx, "cellar")
	s.printf("bob enters the cellar: %v, that is ErrNoRoom: %v", err, errors.Is(err, club.ErrNoRoom))
	if err := errors.Join(s.ada.Enter(s.ctx, "go"), s.bob.Enter(s.ctx, "go"), s.cy.Enter(s.ctx, "go")); err != nil {
		return err
	}
	return s.hear(s.bob, s.bob, s.ada, s.ada) // nobody of itself
}

// talk posts. All who have subscribed hear it, the one who says it too.
func (s *story) talk() error {
	s.printf("bob posts elsewhere: %v", s.bob.Post(s.ctx, "music", "la la"))
	if err := s.bob.Post(s.ctx, "go", "hello"); err != nil {
		return err
	}
	defer s.all.Close() // ada knows enough; the house hears of that before her next call
	return s.hear(s.ada, s.bob, s.cy)
}

// signs are published by members, as far as the house lets them.
func (s *story) signs() error {
	sub, err := club.SubscribeSigns(s.ctx, s.ada, "sign.go.*", s.ada)
	if err != nil {
		return err
	}
	defer sub.Close()
	signs := club.NewSignsPublisher(s.bob)
	s.printf("bob types in his name: %v", signs.Typing(s.ctx, "go", "bob"))
	s.printf("bob types in cy's: %v", signs.Typing(s.ctx, "go", "cy"))
	s.printf("bob types in a room with a star: %v", signs.Typing(s.ctx, "*", "bob"))
	s.printf("bob posts for ada: %v", club.NewRoomEventsPublisher(s.bob).Posted(s.ctx, "go", club.Message{From: "ada", Text: "free drinks"}))
	return s.hear(s.ada)
}

// news are for those who speak the language.
func (s *story) news() error {
	for _, m := range []*member{s.ada, s.bob, s.cy} {
		if _, err := club.SubscribeNews(s.ctx, m, "news", m); err != nil {
			return err
		}
	}
	s.printf("bob announces: %v", s.bob.Announce(s.ctx, "en", "free drinks"))
	if err := errors.Join(s.ada.Announce(s.ctx, "en", "tea is ready"), s.ada.Announce(s.ctx, "fr", "le thé est prêt")); err != nil {
		return err
	}
	return s.hear(s.ada, s.bob, s.cy)
}

// sketches are encoded once for all who look, and not at all for nobody.
func (s *story) sketches() error {
	if _, err := club.SubscribeRoomEventsDrawn(s.ctx, s.cy, "room.go", s.cy.Drawn); err != nil {
		return err
	}
	for number, room := range []string{"music", "go"} {
		renders, err := s.draw(room, number)
		if err != nil {
			return err
		}
		s.printf("a sketch in %s is rendered %d times", room, renders)
	}
	return s.hear(s.bob, s.cy)
}

// draw draws a sketch, and returns how often that was rendered.
func (s *story) draw(room string, number int) (renders int64, err error) {
	var n atomic.Int64
	err = s.house.events.Drawn(s.ctx, room, club.Sketch{Number: number, Size: 100, Renders: &n})
	return n.Load(), err
}

// await waits for something to be said. What was said between the two steps is
// not lost.
func (s *story) await() error {
	said := club.WatchRoomEventsPosted(s.ctx, s.ada, "room.go")
	if err := s.cy.Post(s.ctx, "go", "ada, are you there?"); err != nil {
		return err
	}
	found, err := ipc.Await(s.ctx, said, func(e club.RoomEventsPosted) bool { return strings.HasPrefix(e.M.Text, "ada") })
	if err != nil {
		return err
	}
	s.printf("ada is asked by %s: %s", found.M.From, found.M.Text)
	return s.hear(s.bob, s.cy)
}

// tunnel has cy watch sketches come, on a train. They are dropped where they
// come faster than they can be sent, and what is dropped is told in its place.
func (s *story) tunnel() error {
	const total = 2000
	came, missed, err := s.ride(total, 16<<10)
	if err != nil {
		return err
	}
	s.printf("of %d sketches some come: %v; others are dropped, and that is told: %v; together that is all: %v",
		total, came > 0, s.train.told.Load() > 0, came+missed == total)
	return nil
}

// ride draws sketches, and returns how many came to cy, and how many did not.
func (s *story) ride(total, size int) (came, missed int, err error) {
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	sketches := club.WatchRoomEventsDrawn(ctx, s.cy, "room.train")
	s.train.tunnel.Lock()
	for n := range total {
		err = cmp.Or(err, s.house.events.Drawn(ctx, "train", club.Sketch{Number: n, Size: size}))
	}
	s.train.tunnel.Unlock()
	if err != nil {
		return 0, 0, err
	}
	for sketch, err := range sketches {
		var gap topic.Missed
		switch {
		case errors.As(err, &gap):
			missed += int(gap)
		case err != nil:
			return came, missed, err
		case sketch.S.Number != came+missed:
			return came, missed, fmt.Errorf("after %d sketches, and %d that were missed, comes number %d", came, missed, sketch.S.Number)
		default:
			came++
		}
		if came+missed >= total {
			break
		}
	}
	return came, missed, nil
}

// flood has bob talk too much. The limit is his, not his connection's; what he
// has subscribed to stays.
func (s *story) flood() error {
	for range 2 {
		posts, err := s.chatter()
		var refused *ipc.Error
		if !errors.As(err, &refused) {
			return err
		}
		s.printf("bob posts %d times, then: %v", posts, refused.Code)
		s.printf("- it was not sent: %v; to be tried again in about %v", errors.Is(err, ipc.ErrNotSent), refused.RetryAfter.Round(2*time.Minute))
		select {
		case <-s.bob.ready:
			s.printf("- bob was disconnected, and is back")
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
	}
	if err := s.ada.Post(s.ctx, "go", "calm down, bob"); err != nil {
		return err
	}
	for {
		line, err := s.bob.next(s.ctx)
		if err != nil {
			return err
		}
		if strings.Contains(line, "calm down") {
			s.printf("%s", line)
			return nil
		}
	}
}

// chatter has bob post until that is refused.
func (s *story) chatter() (posts int, err error) {
	for {
		if err := s.bob.Enter(s.ctx, "go"); err != nil { // a new connection is in no room
			return posts, err
		}
		if err := s.bob.Post(s.ctx, "go", "bla"); err != nil {
			return posts, err
		}
		posts++
	}
}

// guards shows what the interceptor has seen of them.
func (s *story) guards() error {
	s.house.mu.Lock()
	defer s.house.mu.Unlock()
	for _, route := range slices.Sorted(maps.Keys(s.house.denied)) {
		s.printf("denied: %s, %d times", route, s.house.denied[route])
	}
	return nil
}
