package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ipcgen/ipcgen/examples/rooms/club"
	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// What an //ipc:allow says, for a handler made by hand: a condition over who
// calls and with what.
func ExampleHandler_Allow() {
	srv, cl := publishing("mem:allow", nil)
	defer srv.Close()
	defer cl.Close()
	type door struct{ Owner string }
	open := &ipc.Method[door, string]{Route: &ipc.Route{Name: "House.Open"}}
	srv.Register(open.Handle(func(_ context.Context, d *door) (string, error) {
		return d.Owner + "'s door is open", nil
	}).Allow(func(r *ipc.Request) bool {
		return r.Args.(*door).Owner == r.Peer.Identity().Name
	}))

	fmt.Println(open.Call(context.Background(), cl, &door{"ada"}))
	_, err := open.Call(context.Background(), cl, &door{"bob"})
	fmt.Println(err, errors.Is(err, ipc.ErrNotSent))
	// Output:
	// ada's door is open <nil>
	// ipc: denied: House.Open is not allowed true
}

// What an //ipc:limit says. Who exceeds it is told when to try again, and that
// nothing has run.
func ExampleLimit() {
	srv, cl := publishing("mem:limit", nil)
	defer srv.Close()
	defer cl.Close()
	type none struct{}
	ring := &ipc.Method[none, string]{Route: &ipc.Route{
		Name:   "House.Ring",
		Limits: []*ipc.Limit{{Count: 2, Period: 10 * time.Hour}},
	}}
	srv.Register(ring.Handle(func(context.Context, *none) (string, error) { return "ding", nil }))

	for range 3 {
		sound, err := ring.Call(context.Background(), cl, &none{})
		var e *ipc.Error
		if errors.As(err, &e) && e.Code == code.RateLimited {
			fmt.Println(e.Message, e.Outcome(), e.RetryAfter.Round(time.Hour))
			continue
		}
		fmt.Println(sound, err)
	}
	// Output:
	// ding <nil>
	// ding <nil>
	// House.Ring: the limit is 2 in 10h0m0s not executed 5h0m0s
}

// Who shows no credentials is a stranger, and sees what is public. A route is
// public by //ipc:route public.
func ExamplePeer_Restricted() {
	ctx := context.Background()
	srv := ipc.NewServer(&ipc.ServerOptions{
		Secret:     []byte("a secret of some length"),
		Restricted: true,
		OnJoin: func(_ context.Context, p *ipc.Peer) error {
			fmt.Println("joins:", p.Identity().Group, p.Restricted())
			return nil
		},
	})
	defer srv.Close()
	club.RegisterClub(srv, reception{})
	l, err := srv.Listen(ctx, "mem:restricted")
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, l)
	cl, err := ipc.Dial(ctx, l.URL(), &ipc.ClientOptions{Identity: ipc.Identity{Group: "staff", Name: "eve"}})
	if err != nil {
		panic(err)
	}
	defer cl.Close()
	c := club.NewClubClient(cl)
	fmt.Println(c.Rooms(ctx))
	fmt.Println(c.Enter(ctx, "go"))
	// Output:
	// joins: restricted true
	// [go music] <nil>
	// ipc: denied: Club.Enter is not public: credentials are needed
}

// reception is a club.Club as far as strangers see it.
type reception struct{ club.Club }

func (reception) Rooms(context.Context) ([]string, error) { return []string{"go", "music"}, nil }
