// Hub is a fleet of bots behind one server: it chooses one of them, calls all of
// them, and lets them call one another.
//
//	go run ./examples/hub
//
// A bot is a process of its own, this program once more. What the bots say of
// themselves is metadata with types, and so are the questions for it. Each act
// is printed with what it came to and the time it took:
//
//	join.go    who is there
//	choose.go  one of them is called
//	fanout.go  all of them are, also those that are slow or die over it
//	relay.go   they, and an operator, call one another through the hub
//	watch.go   they come, change and go, and why nobody matches
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	do := func() error { return play(ctx, os.Stdout) }
	if len(os.Args) == 6 && os.Args[1] == "bot" {
		do = func() error { return runBot(ctx, os.Args[2:]) }
	}
	if err := do(); err != nil {
		log.Fatal(err)
	}
}

// play runs the hub and its fleet.
func play(ctx context.Context, out io.Writer) error {
	_, err := newStory(out).play(ctx)
	return err
}
