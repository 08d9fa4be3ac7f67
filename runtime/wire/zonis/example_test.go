package zonis

import (
	"context"
	"fmt"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// A server that clients of Zonis may call, beside those that speak our own
// dialects. Here the client is of Go, too.
func ExampleDialect() {
	srv := ipc.NewServer(&ipc.ServerOptions{
		Secret:   []byte("s3cret"),
		Dialects: []wire.Dialect{wire.CBORv1, wire.JSONv1, Dialect{Group: "bots"}},
	})
	RegisterBot(srv, bot{})
	l, err := srv.Listen(context.Background(), "mem:example")
	if err != nil {
		fmt.Println(err)
		return
	}
	go srv.Serve(context.Background(), l)
	defer srv.Close()

	cl, err := ipc.Dial(context.Background(), l.URL(), &ipc.ClientOptions{
		Dialect: Dialect{}, Identity: ipc.Identity{Group: "bots", Name: "bot-1"}, Secret: []byte("s3cret"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cl.Close()
	fmt.Println(NewBotClient(cl).Hello(context.Background(), "Ada"))
	fmt.Println(srv.Peers())
	// Output:
	// hello, Ada <nil>
	// [bots/bot-1]
}
