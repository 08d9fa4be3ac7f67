package tunnel_test

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/tunnel"
)

// A bot that nobody can dial shows its page to the server that it has dialed.
func Example() {
	ctx := context.Background()
	joined := make(chan *ipc.Peer, 1)
	srv := ipc.NewServer(&ipc.ServerOptions{OnJoin: func(_ context.Context, p *ipc.Peer) error { joined <- p; return nil }})
	l, err := srv.Listen(ctx, "mem:tunnel")
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, l)
	defer srv.Close()

	bot := ipc.NewClient(l.URL(), &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: "one"}})
	bot.Register(tunnel.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s says that all is well at %s", r.Host, r.URL.Path)
	}), nil))
	if err := bot.Connect(ctx); err != nil {
		panic(err)
	}
	defer bot.Close()

	page := &http.Client{Transport: tunnel.Transport(<-joined, nil)}
	resp, err := page.Get("http://one/status")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(resp.Status, string(body), err)
	// Output: 200 OK one says that all is well at /status <nil>
}
