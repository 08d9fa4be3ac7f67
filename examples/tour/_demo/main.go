// The processes of the tour: hub, station and guest. The first two live until
// their stdin ends, so that none is left behind, whatever happens to the tour.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
)

var secret = []byte(os.Getenv("TOUR_SECRET"))

func main() {
	roles := map[string]func(context.Context, []string) error{
		"hub": runHub, "station": runStation, "guest": runGuest,
	}
	if err := roles[os.Args[1]](context.Background(), os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// stay says that the process is ready, and returns when stdin ends.
func stay(ready ...string) {
	for _, line := range ready {
		fmt.Println(line)
	}
	io.Copy(io.Discard, os.Stdin)
}
