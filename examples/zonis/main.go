// Zonis is a server in Go for bots in Python that know nothing of Go: they use
// Zonis, an IPC library for Python, as it is. Each side calls the other.
//
//	go run ./examples/zonis
//
// and, in another terminal, as often as you like, with other names:
//
//	pip install zonis
//	python3 examples/zonis/bot.py bot-1
//
// Clients in Go, and pages in browsers, share the URL with them.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"

	"github.com/ipcgen/ipcgen/examples/zonis/crew"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/wire"
	"github.com/ipcgen/ipcgen/runtime/wire/zonis"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := newServer("s3cret").ListenAndServe(ctx, "ws://127.0.0.1:7712/ipc"); err != nil {
		log.Fatal(err)
	}
}

// newServer returns the server for bots that know the secret.
func newServer(secret string) *ipc.Server {
	srv := ipc.NewServer(&ipc.ServerOptions{
		Secret:   []byte(secret),
		Dialects: []wire.Dialect{wire.CBORv1, wire.JSONv1, zonis.Dialect{Group: "bots"}},
		OnJoin: func(_ context.Context, p *ipc.Peer) error {
			go welcome(p) // it hears nothing before OnJoin returns
			return nil
		},
	})
	crew.RegisterDashboard(srv, prefixes{"gophers": "go!"})
	return srv
}

// welcome calls a bot that has just connected.
func welcome(p *ipc.Peer) {
	bot, ctx := crew.NewBotClient(p), context.Background()
	n, err := bot.Servers(ctx)
	if err != nil {
		log.Printf("%v: %v", p, err)
		return
	}
	log.Printf("%v is in %d servers", p, n)
	m, err := bot.Post(ctx, "general", "hello from Go")
	if err != nil {
		log.Printf("%v: %v", p, err)
		return
	}
	log.Printf("%v posted message %d to #%s: %s", p, m.ID, m.Channel, m.Text)
}

// prefixes are a crew.Dashboard.
type prefixes map[string]string

func (p prefixes) Prefix(_ context.Context, server string) (string, error) {
	if prefix, ok := p[server]; ok {
		return prefix, nil
	}
	return "!", nil
}
