package untyped_test

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/ipcgen/ipcgen/examples/hello/greet"
	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/untyped"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// greeter is a greet.Greeter.
type greeter struct{}

func (greeter) Hello(_ context.Context, name string) (string, error) { return "hello, " + name, nil }
func (greeter) Countdown(_ context.Context, from int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for n := from; n > 0 && yield(n, nil); n-- {
		}
	}
}
func (greeter) Forget(context.Context, string) error { return nil }

// meet connects a client to a server that serves a greeter.
func meet(url string) (srv *ipc.Server, cl *ipc.Client, leave func()) {
	ctx := context.Background()
	srv = ipc.NewServer(nil)
	greet.RegisterGreeter(srv, greeter{})
	l, err := srv.Listen(ctx, url)
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, l)
	cl, err = ipc.Dial(ctx, url, nil)
	if err != nil {
		panic(err)
	}
	return srv, cl, func() { cl.Close(); srv.Close() }
}

// Arguments by name, and what comes back, without a line of generated code.
func Example() {
	_, cl, leave := meet("mem:untyped")
	defer leave()
	ctx := context.Background()

	fmt.Println(untyped.Values{Name: "Greeter.Hello"}.Call(ctx, cl, map[string]any{"name": "Ada"}))
	for n, err := range (untyped.Values{Name: "Greeter.Countdown"}).Stream(ctx, cl, map[string]any{"from": 2}) {
		fmt.Println(n, err)
	}
	_, err := untyped.Values{Name: "Greeter.Goodbye"}.Call(ctx, cl, nil)
	fmt.Println(err, errors.Is(err, ipc.ErrNotSent))
	// Output:
	// hello, Ada <nil>
	// 2 <nil>
	// 1 <nil>
	// ipc: no_route: Greeter.Goodbye true
}

// JSON in and JSON out, over a connection that speaks CBOR: what a command line
// does.
func ExampleRaw() {
	_, cl, leave := meet("mem:untyped-raw")
	defer leave()

	typed := wire.Raw{Codec: wire.JSON, Bytes: []byte(`{"name": "Ada"}`)}
	result, err := untyped.Raw{Name: "Greeter.Hello"}.Call(context.Background(), cl, typed)
	if err != nil {
		panic(err)
	}
	shown, err := result.In(wire.JSON)
	fmt.Printf("%s %v\n", shown.Bytes, err)
	// Output:
	// "hello, Ada" <nil>
}

// A handler that is registered while the server runs, and removed again.
func ExampleRoute_Handle() {
	srv, cl, leave := meet("mem:untyped-handle")
	defer leave()
	ctx := context.Background()

	type pair struct{ A, B int }
	add := untyped.Route[pair, int]{Name: "Calculator.Add"}
	h := add.Handle(func(_ context.Context, p pair) (int, error) { return p.A + p.B, nil })
	srv.Register(h)
	fmt.Println(add.Call(ctx, cl, pair{1, 2}))

	srv.Unregister(h.Route())
	_, err := add.Call(ctx, cl, pair{1, 2})
	fmt.Println(errors.Is(err, code.NoRoute))
	// Output:
	// 3 <nil>
	// true
}
