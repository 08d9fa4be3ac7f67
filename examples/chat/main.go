// Chat is a room over WebSocket: several clients talk, the server keeps who is
// in the room and pushes what is said to all of them.
//
//	go run ./examples/chat
//
// Both directions are typed: clients call the server, which is a room.Room,
// and the server notifies clients, each of which is a room.Screen. The server
// is an http.Handler among the others of a mux. A name that is taken is an
// error that the client finds again with errors.Is.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// run runs the server, and has clients talk.
func run(ctx context.Context) error {
	secret := rand.Text() // in real life both sides read it from a file
	c := newChat(secret)
	mux := http.NewServeMux()
	mux.Handle("/chat", c.srv)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	web := &http.Server{Handler: mux}
	go web.Serve(l)
	defer web.Close()
	defer c.srv.Close() // net/http loses sight of WebSockets
	return talk(ctx, "ws://"+l.Addr().String()+"/chat", secret)
}

// talk has three clients talk, of whom bob has trouble with his name and leaves.
func talk(ctx context.Context, url, secret string) error {
	var clients []*client
	for range 3 {
		c, err := connect(ctx, url, secret)
		if err != nil {
			return err
		}
		defer c.Close()
		clients = append(clients, c)
	}
	ada, bob, cy := clients[0], clients[1], clients[2]
	if err := errors.Join(
		ada.enterAs(ctx, "ada"),
		bob.enterAs(ctx, "", "ada", "bob"),
		cy.enterAs(ctx, "cy"),
		bob.Say(ctx, "I cannot stay"),
	); err != nil {
		return err
	}
	bob.screen.print("bob", 3)
	bob.Close()
	cy.screen.print("cy", 3)
	ada.screen.print("ada", 5)
	names, err := ada.Names(ctx)
	fmt.Println("in the room:", names)
	return err
}
