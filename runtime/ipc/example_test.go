package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/ipcgen/ipcgen/examples/hello/greet"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/query"
)

// greeter is the implementation of a greet.Greeter.
type greeter struct{ me string }

func (g greeter) Hello(_ context.Context, name string) (string, error) {
	return fmt.Sprintf("Hello, %s, I am %s.", name, g.me), nil
}

func (g greeter) Countdown(_ context.Context, from int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for n := from; n > 0; n-- {
			if !yield(n, nil) {
				return
			}
		}
	}
}

func (g greeter) Forget(context.Context, string) error { return nil }

// serve serves a greeter in memory until stop is called.
func serve(url string) (stop func()) {
	srv := ipc.NewServer(nil)
	greet.RegisterGreeter(srv, greeter{"the server"})
	l, err := srv.Listen(context.Background(), url)
	if err != nil {
		panic(err)
	}
	go srv.Serve(context.Background(), l)
	return func() { srv.Close() }
}

// A server and a client meet, and the client calls.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	srv := ipc.NewServer(nil)
	greet.RegisterGreeter(srv, greeter{"the server"})
	l, err := srv.Listen(ctx, "mem:example") // or unix:///run/greet.sock
	if err != nil {
		panic(err)
	}
	served := make(chan error)
	go func() { served <- srv.Serve(ctx, l) }()

	cl, err := ipc.Dial(ctx, l.URL(), nil)
	if err != nil {
		panic(err)
	}
	defer cl.Close()
	g := greet.NewGreeterClient(cl) // itself a greet.Greeter
	fmt.Println(g.Hello(ctx, "Ada"))

	stop() // the server shuts down in order
	fmt.Println(<-served)
	// Output:
	// Hello, Ada, I am the server. <nil>
	// <nil>
}

func ExampleDial() {
	defer serve("mem:dial")()
	ctx := context.Background()
	cl, err := ipc.Dial(ctx, "mem:dial", &ipc.ClientOptions{
		Identity: ipc.Identity{Group: "bots", Name: "one"},
	})
	if err != nil {
		panic(err)
	}
	defer cl.Close()
	fmt.Println(cl.Identity(), "is", cl.State())
	fmt.Println(greet.NewGreeterClient(cl).Hello(ctx, "Ada"))
	// Output:
	// bots/one is ready
	// Hello, Ada, I am the server. <nil>
}

// A client that serves registers what it serves before it connects: then the
// server can call it at once.
func ExampleNewClient() {
	ctx := context.Background()
	srv := ipc.NewServer(nil)
	defer srv.Close()
	l, err := srv.Listen(ctx, "mem:newclient")
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, l)

	bot := ipc.Identity{Group: "bots", Name: "one"}
	cl := ipc.NewClient(l.URL(), &ipc.ClientOptions{Identity: bot})
	defer cl.Close()
	greet.RegisterGreeter(cl, greeter{"a bot"})
	if err := cl.Connect(ctx); err != nil {
		panic(err)
	}
	g := greet.NewGreeterClient(srv.Peer(bot))
	fmt.Println(g.Hello(ctx, "Ada"))
	// Output: Hello, Ada, I am a bot. <nil>
}

// A group calls all its members at once. Each answers for itself.
func ExampleServer_Group() {
	ctx := context.Background()
	srv := ipc.NewServer(nil)
	defer srv.Close()
	l, err := srv.Listen(ctx, "mem:group")
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, l)
	for _, name := range []string{"one", "two", "three"} {
		cl := ipc.NewClient(l.URL(), &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: name}})
		defer cl.Close()
		greet.RegisterGreeter(cl, greeter{name})
		if err := cl.Connect(ctx); err != nil {
			panic(err)
		}
	}
	for r := range greet.NewGreeterGroup(srv.Group("bots")).Hello(ctx, "Ada") {
		fmt.Println(r.From, r.Value, r.Err)
	}
	// Unordered output:
	// bots/one Hello, Ada, I am one. <nil>
	// bots/two Hello, Ada, I am two. <nil>
	// bots/three Hello, Ada, I am three. <nil>
}

// exampleBots connects bots with these loads, which greet, to a server that
// passes on what they and others want of each other.
func exampleBots(url string, loads map[string]int) (srv *ipc.Server, stop func()) {
	ctx := context.Background()
	srv = ipc.NewServer(&ipc.ServerOptions{Relay: func(from, to *ipc.Peer, route string) error {
		if from.Identity().Group != "ops" {
			return errors.New("operators only")
		}
		return nil
	}})
	l, err := srv.Listen(ctx, url)
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, l)
	var bots []*ipc.Client
	for name, load := range loads {
		cl := ipc.NewClient(url, &ipc.ClientOptions{
			Identity: ipc.Identity{Group: "bots", Name: name},
			Metadata: query.Metadata{"load": load},
		})
		bots = append(bots, cl)
		greet.RegisterGreeter(cl, greeter{name})
		if err := cl.Connect(ctx); err != nil {
			panic(err)
		}
	}
	return srv, func() {
		for _, cl := range bots {
			cl.Close()
		}
		srv.Close()
	}
}

// One peer is chosen for every call: here the one with the lowest load. Where
// nobody matches, nobody is called.
func ExampleServer_One() {
	srv, stop := exampleBots("mem:one", map[string]int{"ada": 5, "bob": 2, "cyd": 9})
	defer stop()
	ctx := context.Background()
	f := greet.NewGreeterClient(srv.One(query.Lt("load", 8), query.MinBy("load"))).StartHello(ctx, "Eve")
	fmt.Println(f.Wait(ctx))
	fmt.Println(f.From())

	busy := query.Gt("load", 9)
	_, err := greet.NewGreeterClient(srv.One(busy)).Hello(ctx, "Eve")
	fmt.Println(err, errors.Is(err, ipc.ErrNotSent))
	fmt.Print(srv.Peer(ipc.Identity{Group: "bots", Name: "cyd"}).Explain(busy))
	// Output:
	// Hello, Eve, I am bob. <nil>
	// bots/bob
	// ipc: no_route: no peer matches load > 9 true
	// no   load > 9: it is 9
}

// More than half of a group have answered; the others are not waited for.
func ExampleFirst() {
	srv, stop := exampleBots("mem:first", map[string]int{"ada": 5, "bob": 2, "cyd": 9})
	defer stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	bots := srv.Group("bots")
	quorum, err := ipc.First(greet.NewGreeterGroup(bots).Hello(ctx, "Eve"), len(bots.Peers())/2+1)
	fmt.Println(len(quorum), err)

	_, err = ipc.First(greet.NewGreeterGroup(bots.Except(srv.Peer(quorum[0].From))).Hello(ctx, "Eve"), 3)
	fmt.Println(err)
	// Output:
	// 2 <nil>
	// ipc: 2 of 3 replies: no more members
}

// A client calls others through the server, where that lets it.
func ExampleClient_Peer() {
	_, stop := exampleBots("mem:relay", map[string]int{"ada": 5, "bob": 2})
	defer stop()
	ctx := context.Background()
	for _, group := range []string{"ops", "guests"} {
		cl, err := ipc.Dial(ctx, "mem:relay", &ipc.ClientOptions{Identity: ipc.Identity{Group: group, Name: "eve"}})
		if err != nil {
			panic(err)
		}
		defer cl.Close()
		ada := cl.Peer(ipc.Identity{Group: "bots", Name: "ada"})
		fmt.Println(greet.NewGreeterClient(ada).Hello(ctx, "Eve"))
		fmt.Println(greet.NewGreeterClient(cl.One(query.Lt("load", 3))).Hello(ctx, "Eve"))
		fmt.Println(cl.Discover(ctx, nil))
	}
	// Output:
	// Hello, Eve, I am ada. <nil>
	// Hello, Eve, I am bob. <nil>
	// [bots/ada bots/bob] <nil>
	//  ipc: denied: operators only
	//  ipc: no_route: no peer matches load < 3, or may be called
	// [] <nil>
}

// A group is waited for, here until nobody has a load of more than 4.
func ExampleGroup_Until() {
	srv, stop := exampleBots("mem:until", map[string]int{"ada": 5, "bob": 2, "cyd": 9})
	defer stop()
	busy := srv.All(query.Gt("load", 4))
	go func() {
		for _, p := range busy.Peers() {
			p.Close("take a rest")
		}
	}()
	left, err := busy.Until(context.Background(), func(members []*ipc.Peer) bool { return len(members) == 0 })
	fmt.Println(left, err, srv.Group("bots").Peers())
	// Output: [] <nil> [bots/bob]
}

// A stream is ranged; to break off ends the context of its handler.
func Example_stream() {
	defer serve("mem:stream")()
	ctx := context.Background()
	cl, err := ipc.Dial(ctx, "mem:stream", nil)
	if err != nil {
		panic(err)
	}
	defer cl.Close()
	for n, err := range greet.NewGreeterClient(cl).Countdown(ctx, 1_000_000) {
		if err != nil {
			panic(err)
		}
		fmt.Println(n)
		if n == 999_998 {
			break
		}
	}
	// Output:
	// 1000000
	// 999999
	// 999998
}

// Calls that are started at once are on their way together.
func ExampleFuture() {
	defer serve("mem:future")()
	ctx := context.Background()
	cl, err := ipc.Dial(ctx, "mem:future", nil)
	if err != nil {
		panic(err)
	}
	defer cl.Close()
	g := greet.NewGreeterClient(cl)
	ada, bob := g.StartHello(ctx, "Ada"), g.StartHello(ctx, "Bob")
	fmt.Println(bob.Wait(ctx))
	fmt.Println(ada.Wait(ctx))
	// Output:
	// Hello, Bob, I am the server. <nil>
	// Hello, Ada, I am the server. <nil>
}

// An error says whether the call ran. One that was not sent may be made again.
func ExampleError() {
	srv := ipc.NewServer(nil)
	absent := srv.Peer(ipc.Identity{Group: "bots", Name: "nobody"})
	err := greet.NewGreeterClient(absent).Forget(context.Background(), "Ada")
	fmt.Println(err)
	fmt.Println(errors.Is(err, ipc.ErrNotSent))
	// Output:
	// ipc: not_connected: bots/nobody
	// true
}

// An interceptor sees what comes in and goes out, and may refuse it.
func ExampleInterceptor() {
	ctx := context.Background()
	trace := func(ctx context.Context, r *ipc.Request, next func(context.Context) error) error {
		err := next(ctx)
		fmt.Println(r.Peer, "called", r.Route.Name, "and got", err)
		return err
	}
	srv := ipc.NewServer(&ipc.ServerOptions{Interceptors: []ipc.Interceptor{trace}})
	defer srv.Close()
	greet.RegisterGreeter(srv, greeter{"the server"})
	l, err := srv.Listen(ctx, "mem:interceptor")
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, l)
	cl, err := ipc.Dial(ctx, l.URL(), &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: "one"}})
	if err != nil {
		panic(err)
	}
	defer cl.Close()
	fmt.Println(greet.NewGreeterClient(cl).Hello(ctx, "Ada"))
	// Output:
	// bots/one called Greeter.Hello and got <nil>
	// Hello, Ada, I am the server. <nil>
}

// One server serves wherever it listens, until the context ends: then it shuts
// down, and calls that run may finish.
func ExampleServer_Serve() {
	ctx, stop := context.WithCancel(context.Background())
	srv := ipc.NewServer(nil)
	greet.RegisterGreeter(srv, greeter{"the server"})
	served := make(chan error)
	for _, url := range []string{"mem:front", "mem:back"} { // or unix:///run/greet.sock
		l, err := srv.Listen(ctx, url)
		if err != nil {
			panic(err)
		}
		go func() { served <- srv.Serve(ctx, l) }()
	}
	for _, url := range []string{"mem:front", "mem:back"} {
		cl, err := ipc.Dial(ctx, url, nil)
		if err != nil {
			panic(err)
		}
		fmt.Println(greet.NewGreeterClient(cl).Hello(ctx, "Ada"))
		cl.Close()
	}
	stop()
	fmt.Println(<-served, <-served)
	// Output:
	// Hello, Ada, I am the server. <nil>
	// Hello, Ada, I am the server. <nil>
	// <nil> <nil>
}
