package untyped_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/pull"
	"github.com/ipcgen/ipcgen/runtime/untyped"
)

// grumpy is a value that does not want to be encoded.
type grumpy struct{}

func (grumpy) MarshalJSON() ([]byte, error) { panic("a bug") }
func (grumpy) MarshalCBOR() ([]byte, error) { panic("a bug") }

// Handlers may panic, and so may what they return: that request fails, and
// nothing else. Where requests are pulled an answer that panics is the puller's
// own, and may be given again.
func TestPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		route := func(name string) untyped.Values { return untyped.Values{Name: name} }
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: slog.New(slog.DiscardHandler)})
		q := pull.New(nil)
		srv.Register(q.Calls("Pulled")...)
		srv.Register(
			route("Call").Handle(func(context.Context, map[string]any) (any, error) { panic("a bug") }),
			route("Grumpy").Handle(func(context.Context, map[string]any) (any, error) { return grumpy{}, nil }),
			route("Notify").HandleNotify(func(context.Context, map[string]any) error { panic("a bug") }),
			route("Stream").HandleStream(func(context.Context, map[string]any) iter.Seq2[any, error] { panic("a bug") }),
			route("Upload").HandleUpload(func(context.Context, map[string]any, iter.Seq2[any, error]) (any, error) { panic("a bug") }),
			route("Fine").Handle(func(context.Context, map[string]any) (any, error) { return "fine", nil }),
		)
		cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{Logger: slog.New(slog.DiscardHandler)})
		ipctest.Connect(t, cl)
		in := func(yield func(any, error) bool) { yield("item", nil) }
		_, called := route("Call").Call(t.Context(), cl, nil)
		_, uploaded := route("Upload").Upload(t.Context(), cl, nil, in)
		var streamed error
		for _, streamed = range route("Stream").Stream(t.Context(), cl, nil) {
		}
		for what, err := range map[string]error{"call": called, "upload": uploaded, "stream": streamed} {
			if !errors.Is(err, code.Internal) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := route("Grumpy").Call(t.Context(), cl, nil); err == nil {
			t.Error("a result that panics has arrived")
		}
		if err := route("Notify").Notify(t.Context(), cl, nil); err != nil {
			t.Error(err)
		}
		pulled := route("Pulled").Start(t.Context(), cl, nil)
		r, err := q.Receive(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := reply(r, grumpy{}); err == nil {
			t.Error("an answer that panics was sent")
		}
		if err := r.Reply("fine"); err != nil {
			t.Error(err)
		}
		if got, err := pulled.Wait(t.Context()); got != "fine" || err != nil {
			t.Errorf("pulled: %v, %v", got, err)
		}
		if got, err := route("Fine").Call(t.Context(), cl, nil); got != "fine" || err != nil {
			t.Errorf("afterwards: %v, %v", got, err)
		}
	})
}

// reply answers r with v on the test's own goroutine, whose panics are its own.
func reply(r *pull.Request, v any) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("it panics")
		}
	}()
	return r.Reply(v)
}
