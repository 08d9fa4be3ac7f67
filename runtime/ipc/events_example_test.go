package ipc_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipcgen/ipcgen/examples/rooms/club"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/topic"
)

// publishing serves events in memory, and returns the server and a client.
func publishing(url string, opts *ipc.ServerOptions) (*ipc.Server, *ipc.Client) {
	srv := ipc.NewServer(opts)
	l, err := srv.Listen(context.Background(), url)
	if err != nil {
		panic(err)
	}
	go srv.Serve(context.Background(), l)
	cl, err := ipc.Dial(context.Background(), url, &ipc.ClientOptions{Identity: ipc.Identity{Group: "members", Name: "ada"}})
	if err != nil {
		panic(err)
	}
	return srv, cl
}

// An event in its plain form, without generated code: it is published under a
// topic, to whoever has subscribed to a pattern that matches.
func ExampleEvent() {
	srv, cl := publishing("mem:event", nil)
	defer srv.Close()
	defer cl.Close()
	type reading struct {
		Place   string
		Degrees float64
	}
	measured := &ipc.Event[reading]{
		Route:   &ipc.Route{Name: "Weather.Measured", Kind: ipc.KindNotify},
		Pattern: "weather.*",
		Topic:   func(r *reading) []string { return []string{"weather", r.Place} },
	}

	heard := make(chan reading, 10)
	sub, err := cl.Subscribe(context.Background(), "weather.*", measured.Handle(func(_ context.Context, r *reading) error {
		heard <- *r
		return nil
	}))
	fmt.Println(sub, err)
	fmt.Println(measured.Publish(context.Background(), srv, &reading{"paris", 21.5}))
	fmt.Println(<-heard)
	fmt.Println(measured.Publish(context.Background(), srv, &reading{"st. ives", 18}))
	// Output:
	// Weather.Measured of weather.* <nil>
	// <nil>
	// {paris 21.5}
	// ipc: bad_request: Weather.Measured: topic "weather.st. ives": level "st. ives" holds a dot, which separates levels
}

// Generated code publishes through a type that is itself the interface, and
// subscribes with another.
func ExampleEvent_Publish() {
	srv, cl := publishing("mem:publish", nil)
	defer srv.Close()
	defer cl.Close()
	ctx := context.Background()
	done := make(chan struct{})
	_, err := club.SubscribeRoomEventsPosted(ctx, cl, "room.*", func(_ context.Context, room string, m club.Message) error {
		fmt.Printf("in %s: %s: %s\n", room, m.From, m.Text)
		close(done)
		return nil
	})
	if err != nil {
		panic(err)
	}
	pub := club.NewRoomEventsPublisher(srv)
	fmt.Println(pub.Entered(ctx, "go", "bob")) // nobody wants it: it is not encoded
	others := srv.All(nil).Except(srv.Peer(cl.Identity()))
	fmt.Println(club.NewRoomEventsPublisher(others).Posted(ctx, "go", club.Message{From: "ada", Text: "not to herself"}))
	fmt.Println(pub.Posted(ctx, "go", club.Message{From: "bob", Text: "hello"}))
	<-done
	// Unordered output:
	// <nil>
	// <nil>
	// <nil>
	// in go: bob: hello
}

// Watch subscribes at once. What comes before the loop, and between its rounds,
// is kept; if that is too much the sequence says so and goes on.
func ExampleEvent_Watch() {
	srv, cl := publishing("mem:watch", nil)
	defer srv.Close()
	defer cl.Close()
	ctx := context.Background()
	events := club.WatchRoomEventsEntered(ctx, cl, "room.*")
	pub := club.NewRoomEventsPublisher(srv)
	for _, name := range []string{"ada", "bob"} {
		if err := pub.Entered(ctx, "go", name); err != nil {
			panic(err)
		}
	}
	for e, err := range events {
		var missed topic.Missed
		switch {
		case errors.As(err, &missed):
			fmt.Println("some have entered unseen:", int(missed))
			continue
		case err != nil:
			panic(err)
		}
		fmt.Println(e.Name, "enters", e.Room)
		if e.Name == "bob" {
			break // ends the subscription
		}
	}
	// Output:
	// ada enters go
	// bob enters go
}

// Watch before doing what leads to the event: then it cannot be missed.
func ExampleAwait() {
	srv, cl := publishing("mem:await", nil)
	defer srv.Close()
	defer cl.Close()
	ctx := context.Background() // with a deadline, in real life
	entered := club.WatchRoomEventsEntered(ctx, cl, "room.*")
	for _, name := range []string{"ada", "bob", "cy"} {
		if err := club.NewRoomEventsPublisher(srv).Entered(ctx, "go", name); err != nil {
			panic(err)
		}
	}
	e, err := ipc.Await(ctx, entered, func(e club.RoomEventsEntered) bool { return e.Name == "bob" })
	fmt.Println(e.Name, "is in", e.Room, err)
	// Output: bob is in go <nil>
}

// Clients publish where the server lets them, which knows who they are and
// under which topic.
func ExampleServerOptions_mayPublish() {
	srv, cl := publishing("mem:maypublish", &ipc.ServerOptions{
		MayPublish: func(p *ipc.Peer, event, t string) bool {
			return topic.Match("sign.*."+p.Identity().Name, t)
		},
	})
	defer srv.Close()
	defer cl.Close()
	signs := club.NewSignsPublisher(cl)
	fmt.Println(signs.Typing(context.Background(), "go", "ada"))
	fmt.Println(signs.Typing(context.Background(), "go", "bob"))
	// Output:
	// <nil>
	// ipc: denied: members/ada may not publish Signs.Typing to sign.go.bob
}
