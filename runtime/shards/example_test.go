package shards_test

import (
	"context"
	"fmt"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/shards"
)

// Four shards connect to a server that knows them by their names.
func Example() {
	ctx := context.Background()
	srv := ipc.NewServer(nil)
	l, err := srv.Listen(ctx, "mem:shards")
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, l)
	defer srv.Close()

	s, err := shards.New(l.URL(), &shards.Options{
		Count: 4, Concurrency: 2, Spacing: -1,
		Client: ipc.ClientOptions{Identity: ipc.Identity{Group: "bot"}},
	})
	if err != nil {
		panic(err)
	}
	defer s.Close()
	if err := s.Start(ctx); err != nil {
		panic(err)
	}
	for _, p := range srv.Peers() {
		fmt.Println(p)
	}
	cl, err := s.For("guild-42")
	fmt.Println("guild-42 belongs to", cl.Identity(), err)
	// Output:
	// bot/0-of-4
	// bot/1-of-4
	// bot/2-of-4
	// bot/3-of-4
	// guild-42 belongs to bot/1-of-4 <nil>
}
