package ipc_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// account is what the server of the example knows of a peer.
type account struct{ Admin bool }

var user ipc.Session[account]

// A server remembers who has joined, and only admins may reboot it. In an
// annotated interface the condition reads //ipc:allow user.Get(peer).Admin.
func ExampleSession() {
	srv := ipc.NewServer(&ipc.ServerOptions{OnJoin: func(_ context.Context, p *ipc.Peer) error {
		user.Set(p, account{Admin: p.Identity().Group == "admins"})
		return nil
	}})
	type none struct{}
	reboot := &ipc.Method[none, string]{Route: &ipc.Route{Name: "Machine.Reboot"}}
	srv.Register(reboot.Handle(func(context.Context, *none) (string, error) { return "see you", nil }).
		Allow(func(r *ipc.Request) bool { return user.Get(r.Peer).Admin }))
	l, err := srv.Listen(context.Background(), "mem:session")
	if err != nil {
		panic(err)
	}
	go srv.Serve(context.Background(), l)
	defer srv.Close()

	for _, group := range []string{"admins", "guests"} {
		cl, err := ipc.Dial(context.Background(), l.URL(), &ipc.ClientOptions{Identity: ipc.Identity{Group: group}})
		if err != nil {
			panic(err)
		}
		text, err := reboot.Call(context.Background(), cl, &none{})
		fmt.Printf("%s: %q, denied: %v\n", group, text, errors.Is(err, code.Denied))
		cl.Close()
	}
	// Output:
	// admins: "see you", denied: false
	// guests: "", denied: true
}
