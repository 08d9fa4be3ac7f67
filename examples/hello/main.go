// Hello is the smallest program: a server and a client that meet on a Unix
// socket. Package greet holds the interface between them; what a call looks
// like is in [talk].
//
//	go run ./examples/hello
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/ipcgen/ipcgen/examples/hello/greet"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "hello")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	g := greeter{forgotten: make(chan string, 1)}
	srv := ipc.NewServer(nil)
	defer srv.Close()
	greet.RegisterGreeter(srv, g)
	l, err := srv.Listen(ctx, "unix://"+dir+"/greet.sock")
	if err != nil {
		return err
	}
	go srv.Serve(ctx, l)

	cl, err := ipc.Dial(ctx, l.URL(), nil)
	if err != nil {
		return err
	}
	defer cl.Close()
	if err := talk(ctx, greet.NewGreeterClient(cl)); err != nil {
		return err
	}
	fmt.Println("forgotten:", <-g.forgotten)
	return nil
}

// talk calls a greeter, wherever it is.
func talk(ctx context.Context, g greet.Greeter) error {
	s, err := g.Hello(ctx, "Ada")
	if err != nil {
		return err
	}
	fmt.Println(s)
	for n, err := range g.Countdown(ctx, 3) {
		if err != nil {
			return err
		}
		fmt.Println(n)
	}
	return g.Forget(ctx, "Ada")
}
