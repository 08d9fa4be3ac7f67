// Tour shows in a few seconds what this module does, with nothing but Go.
//
//	go run ./examples/tour
//
// It writes an annotated interface into a temporary module, generates its
// client and dispatcher, compiles programs that use them, and runs these as
// processes of their own: a hub, three stations that connect to it over Unix
// sockets and WebSocket, and a guest who calls the hub, is called back by it,
// and in the end does it all again over WebSocket and stdio. On the way it
// shows the code, which is in _demo, what came of it, and the time that took.
//
// The files: main (interrupts, the exit status), tour and guest (the steps, in
// order), module (what is written, generated and compiled), process (what is
// run), source (which code is shown) and page (how it looks).
//
// Nothing is left behind: the temporary module is removed, and a process of
// the tour ends when the tour does, even if that is killed.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// patience bounds the tour. Most of it is for a compiler with a cold cache.
const patience = 5 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second one is not waited for
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("it took too long"))
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "\ntour: %v\n", err)
		os.Exit(1)
	}
}
