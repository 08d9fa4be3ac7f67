package roundtrip_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/rooms"
)

// visitor is a rooms.RoomEvents and a rooms.Alarms. It says what it hears.
type visitor chan string

func (v visitor) Posted(_ context.Context, room string, m rooms.Message) error {
	v <- fmt.Sprint(room, ": ", m.Text, " at ", m.At.Unix())
	return nil
}

func (v visitor) Renamed(_ context.Context, room, name string) error {
	v <- room + " is " + name
	return nil
}

func (v visitor) Closed(_ context.Context, room string, guests ...string) error {
	v <- fmt.Sprint(room, " had ", guests)
	return nil
}

func (v visitor) Raised(ctx context.Context, level rooms.Level, place rooms.Place, r int, pattern string, p *rooms.Place) error {
	request, _ := ipc.RequestFrom(ctx)
	v <- fmt.Sprint(request.Topic, " ", level, place, r, pattern, *p)
	return nil
}

func TestEvents(t *testing.T) {
	nothing := func(ipc.Registrar) {}
	play(t, nothing, func(t *testing.T, s scene) {
		ctx, v := t.Context(), make(visitor, 10)
		sub, err := rooms.SubscribeRoomEvents(ctx, s.cl, "room.*", v)
		same(t, "subscribe", err, nil)
		_, err = rooms.SubscribeAlarms(ctx, s.cl, "alarm.>", v)
		same(t, "subscribe", err, nil)
		events := rooms.WatchRoomEventsClosed(ctx, s.cl, "room.go")

		pub := rooms.NewRoomEventsPublisher(s.srv)
		same(t, "posted", pub.Posted(ctx, "go", rooms.Message{Text: "hello", At: time.Unix(7, 0)}), nil)
		same(t, "posted", <-v, "go: hello at 7")
		same(t, "renamed", pub.Renamed(ctx, "c", "C"), nil)
		same(t, "renamed", <-v, "c is C")
		same(t, "closed", pub.Closed(ctx, "c", "ada"), nil)
		same(t, "closed", <-v, "c had [ada]")
		same(t, "closed", pub.Closed(ctx, "go", "bob", "cy"), nil)
		same(t, "closed", <-v, "go had [bob cy]")
		for event, err := range events {
			same(t, "watched", err, nil)
			same(t, "watched", event, rooms.RoomEventsClosed{Room: "go", Guests: []string{"bob", "cy"}})
			break
		}
		sub.Close()
		same(t, "posted", pub.Renamed(ctx, "go", "Go"), nil)

		door := rooms.Place("door")
		alarms := rooms.NewAlarmsPublisher(s.srv.All(nil))
		same(t, "raised", alarms.Raised(ctx, 3, "kitchen", -4, "text", &door), nil)
		same(t, "raised", <-v, "alarm.kitchen.-4.3 3kitchen-4textdoor")
		if err := alarms.Raised(ctx, 3, "kit.chen", 1, "", nil); !errors.Is(err, code.BadRequest) {
			t.Errorf("a place with a dot: %v", err)
		}
		_, err = rooms.SubscribeAlarms(ctx, s.cl, "alarms.*", v)
		if !errors.Is(err, code.BadRequest) {
			t.Errorf("another topic: %v", err)
		}
	})
}

// Who subscribes to one event is sent no other of the interface.
func TestSubscribeToOneEvent(t *testing.T) {
	nothing := func(ipc.Registrar) {}
	play(t, nothing, func(t *testing.T, s scene) {
		ctx, v := t.Context(), make(visitor, 10)
		_, err := rooms.SubscribeRoomEventsClosed(ctx, s.cl, "room.*", v.Closed)
		same(t, "subscribe", err, nil)
		pub := rooms.NewRoomEventsPublisher(s.srv)
		same(t, "renamed", pub.Renamed(ctx, "go", "Go"), nil)
		same(t, "closed", pub.Closed(ctx, "go", "ada", "bob"), nil)
		same(t, "closed", <-v, "go had [ada bob]")
	})
}
