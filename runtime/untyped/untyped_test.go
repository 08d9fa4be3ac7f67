package untyped_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/ipcgen/ipcgen/examples/hello/greet"
	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/untyped"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// inBoth runs test with a client of either dialect.
func inBoth(t *testing.T, test func(t *testing.T, srv *ipc.Server, cl *ipc.Client)) {
	for _, d := range []wire.Dialect{wire.CBORv1, wire.JSONv1} {
		t.Run(d.Name(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := ipc.NewServer(nil)
				greet.RegisterGreeter(srv, greeter{})
				cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{Dialect: d})
				ipctest.Connect(t, cl)
				test(t, srv, cl)
			})
		})
	}
}

func rawJSON(s string) wire.Raw { return wire.Raw{Codec: wire.JSON, Bytes: []byte(s)} }

// Every kind of route is called and served by name, in either codec.
func TestEveryKindOfRoute(t *testing.T) {
	inBoth(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		ctx := t.Context()
		echo, seen := untyped.Raw{Name: "Any.Echo"}, untyped.Values{Name: "Any.Seen"}
		count, sum, double := untyped.Values{Name: "Any.Count"}, untyped.Route[none, int]{Name: "Any.Sum"}, untyped.Route[none, int]{Name: "Any.Double"}
		heard := make(chan any, 2)
		srv.Register(
			echo.Handle(func(_ context.Context, args wire.Raw) (wire.Raw, error) { return args, nil }),
			seen.HandleNotify(func(_ context.Context, args map[string]any) error { heard <- args["what"]; return nil }),
			count.HandleStream(func(_ context.Context, args map[string]any) iter.Seq2[any, error] {
				return sequence[any](args["a"], args["b"])
			}),
			sum.HandleUpload(func(_ context.Context, _ none, in iter.Seq2[int, error]) (total int, err error) {
				for n, err := range in {
					if total += n; err != nil {
						return 0, err
					}
				}
				return total, nil
			}),
			double.HandleDuplex(func(_ context.Context, _ none, in iter.Seq2[int, error]) iter.Seq2[int, error] {
				return func(yield func(int, error) bool) {
					for n, err := range in {
						if !yield(2*n, err) {
							return
						}
					}
				}
			}),
		)

		body := `{"deep":[1,{"er":[null,true,"ü"]}],"n":-5}`
		if got, err := echo.Call(ctx, cl, rawJSON(body)); err != nil || inJSON(t, got) != body {
			t.Errorf("echo: %s, %v", got.Bytes, err)
		}
		if got, err := echo.Call(ctx, cl, wire.Raw{}); err != nil || inJSON(t, got) != `{}` {
			t.Errorf("echo of no arguments: %s, %v", got.Bytes, err)
		}
		if got, err := echo.Start(ctx, cl, rawJSON(body)).Wait(ctx); err != nil || inJSON(t, got) != body {
			t.Errorf("echo, later: %s, %v", got.Bytes, err)
		}
		for _, what := range []string{"one", "two"} {
			if err := seen.Notify(ctx, cl, map[string]any{"what": what}); err != nil {
				t.Error(err)
			}
		}
		if one, two := <-heard, <-heard; one != "one" || two != "two" {
			t.Errorf("heard %v and %v", one, two)
		}
		if got := collect(t, count.Stream(ctx, cl, map[string]any{"a": "x", "b": []any{true}})); !cmp.Equal(got, []any{"x", []any{true}}) {
			t.Errorf("count: %v", got)
		}
		if got, err := sum.Upload(ctx, cl, none{}, sequence(1, 2, 3)); got != 6 || err != nil {
			t.Errorf("sum: %v, %v", got, err)
		}
		if got := collect(t, double.Duplex(ctx, cl, none{}, sequence(1, 2, 3))); !slices.Equal(got, []int{2, 4, 6}) {
			t.Errorf("double: %v", got)
		}
		for _, result := range []wire.Raw{{}, rawJSON(`null`), rawJSON(`"text"`), rawJSON(`[1,2]`)} {
			constant := untyped.Raw{Name: "Any.Constant"}
			h := constant.Handle(func(context.Context, wire.Raw) (wire.Raw, error) { return result, nil })
			srv.Register(h)
			got, err := constant.Call(ctx, cl, wire.Raw{})
			if err != nil || inJSON(t, got) != inJSON(t, result) {
				t.Errorf("result %s: %s, %v", result.Bytes, got.Bytes, err)
			}
			srv.Unregister(h.Route())
		}
	})
}

// A generated side meets an untyped one, both ways.
func TestGeneratedMeetsUntyped(t *testing.T) {
	inBoth(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		ctx := t.Context()
		if got, err := (untyped.Raw{Name: "Greeter.Hello"}).Call(ctx, cl, rawJSON(`{"name":"Ada"}`)); err != nil || inJSON(t, got) != `"hello, Ada"` {
			t.Errorf("hello: %s, %v", got.Bytes, err)
		}
		if got := collect(t, untyped.Raw{Name: "Greeter.Countdown"}.Stream(ctx, cl, rawJSON(`{"from":2}`))); len(got) != 2 || inJSON(t, got[1]) != `1` {
			t.Errorf("countdown: %v", got)
		}
		cl.Register(untyped.Values{Name: "Greeter.Hello"}.Handle(func(_ context.Context, args map[string]any) (any, error) {
			return fmt.Sprint("you are ", args["name"]), nil
		}))
		if got, err := greet.NewGreeterClient(srv.Peers()[0]).Hello(ctx, "Bob"); got != "you are Bob" || err != nil {
			t.Errorf("hello from a generated client: %q, %v", got, err)
		}
		for r := range (untyped.Values{Name: "Greeter.Hello"}).Gather(ctx, srv.All(nil), map[string]any{"name": "all"}) {
			if r.Value != "you are all" || r.Err != nil || r.From != cl.Identity() {
				t.Errorf("gathered %+v", r)
			}
		}
		if err := (untyped.Values{Name: "Greeter.Forget"}).NotifyAll(ctx, srv.All(nil), nil); err != nil {
			t.Error("notify all:", err)
		}
	})
}

// What cannot be served is refused, with the code that says why, and did not run.
func TestRefusals(t *testing.T) {
	inBoth(t, func(t *testing.T, _ *ipc.Server, cl *ipc.Client) {
		large := rawJSON(`{"name":"` + strings.Repeat("x", 1<<20) + `"}`)
		for _, test := range []struct {
			name, route string
			args        wire.Raw
			want        code.Code
			text        string
		}{
			{"an unknown route", "Greeter.Goodbye", wire.Raw{}, code.NoRoute, "Greeter.Goodbye"},
			{"no name of a route", "Greeter Hello", wire.Raw{}, code.BadRequest, "name holds other bytes"},
			{"a malformed body", "Greeter.Hello", rawJSON(`{"name":`), code.BadRequest, "name: unexpected end"},
			{"malformed CBOR", "Greeter.Hello", wire.Raw{Bytes: []byte{0xa1}}, code.BadRequest, "unexpected end"},
			{"two bodies", "Greeter.Hello", rawJSON(`{} {}`), code.BadRequest, "trailing bytes"},
			{"a body that is no map", "Greeter.Hello", rawJSON(`["Ada"]`), code.BadRequest, "args: not a map"},
			{"null", "Greeter.Hello", rawJSON(`null`), code.BadRequest, "args: not a map"},
			{"an argument of another type", "Greeter.Hello", rawJSON(`{"name":1}`), code.BadRequest, "args.name: want text"},
			{"too many bytes", "Greeter.Hello", large, code.TooLarge, "the limit is 1048576"},
			{"a notification of a call", "Greeter.Forget", rawJSON(`{"name":"Ada"}`), code.BadRequest, "is for a notify"},
		} {
			_, err := untyped.Raw{Name: test.route}.Call(t.Context(), cl, test.args)
			if !errors.Is(err, test.want) || !errors.Is(err, ipc.ErrNotSent) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("%s: %v, want %v: %s", test.name, err, test.want, test.text)
			}
		}
	})
}

// A result that cannot be encoded is told as such; the handler has run.
func TestBadResults(t *testing.T) {
	inBoth(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		bad := untyped.Raw{Name: "Bad.Result"}
		srv.Register(bad.Handle(func(context.Context, wire.Raw) (wire.Raw, error) { return rawJSON(`{"half":`), nil }))
		_, err := bad.Call(t.Context(), cl, wire.Raw{})
		var failure *ipc.Error
		if !errors.As(err, &failure) || failure.Code != code.BadReply || failure.Outcome() != ipc.Executed {
			t.Errorf("a malformed result: %v", err)
		}
	})
}

// Handlers come and go while calls are made. A name that is taken panics.
func TestHandlersComeAndGo(t *testing.T) {
	inBoth(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		now := untyped.Values{Name: "Now.Here"}
		h := now.Handle(func(context.Context, map[string]any) (any, error) { return "here", nil })
		for range 3 {
			srv.Register(h)
			if got, err := now.Call(t.Context(), cl, nil); got != "here" || err != nil {
				t.Errorf("while it is registered: %v, %v", got, err)
			}
			srv.Unregister(h.Route())
			if _, err := now.Call(t.Context(), cl, nil); !errors.Is(err, code.NoRoute) {
				t.Errorf("after it was removed: %v", err)
			}
		}
		defer func() {
			if problem := fmt.Sprint(recover()); !strings.Contains(problem, `"Greeter.Hello" is registered twice`) {
				t.Errorf("a name that is taken: %v", problem)
			}
		}()
		srv.Register(untyped.Values{Name: "Greeter.Hello"}.Handle(nil))
	})
}

// none is the arguments of a route that has none.
type none struct{}

func sequence[T any](items ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

func collect[T any](t *testing.T, seq iter.Seq2[T, error]) (items []T) {
	t.Helper()
	for item, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
	return items
}

func inJSON(t *testing.T, r wire.Raw) string {
	t.Helper()
	got, err := r.In(wire.JSON)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Bytes) == 0 {
		return "null"
	}
	return string(got.Bytes)
}

// H5: notifications without generated code, with raw bodies or maps, reach one, a
// group, or all, whoever was meant and nobody else.
func TestNotificationsWithoutTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(nil)
		url := ipctest.Serve(t, srv)
		var mu sync.Mutex
		heard := map[string][]string{}
		for name, d := range map[string]wire.Dialect{"bots/1": wire.CBORv1, "bots/2": wire.JSONv1, "apps/1": wire.CBORv1} {
			id, err := ipc.ParseIdentity(name)
			if err != nil {
				t.Fatal(err)
			}
			cl := ipc.NewClient(url, &ipc.ClientOptions{Identity: id, Dialect: d})
			cl.Register(untyped.Raw{Name: "Any.Note"}.HandleNotify(func(_ context.Context, args wire.Raw) error {
				mu.Lock()
				defer mu.Unlock()
				heard[name] = append(heard[name], inJSON(t, args))
				return nil
			}))
			ipctest.Connect(t, cl)
		}
		raw, values := untyped.Raw{Name: "Any.Note"}, untyped.Values{Name: "Any.Note"}
		one := srv.Peer(ipc.Identity{Group: "bots", Name: "2"})
		for _, err := range []error{
			raw.Notify(t.Context(), one, rawJSON(`{"to":"one"}`)),
			raw.NotifyAll(t.Context(), srv.Group("bots"), rawJSON(`{"to":"bots"}`)),
			values.NotifyAll(t.Context(), srv.All(nil), map[string]any{"to": "all"}),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		want := map[string][]string{
			"bots/1": {`{"to":"bots"}`, `{"to":"all"}`}, "bots/2": {`{"to":"one"}`, `{"to":"bots"}`, `{"to":"all"}`}, "apps/1": {`{"to":"all"}`},
		}
		if diff := cmp.Diff(want, heard); diff != "" {
			t.Error(diff)
		}
	})
}
