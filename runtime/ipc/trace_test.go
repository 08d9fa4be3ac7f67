package ipc_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

type traceKey struct{}

// traced is an interceptor, the same for every process, that hands the trace in
// its context on to whom it asks.
func traced(ctx context.Context, r *ipc.Request, next func(context.Context) error) error {
	if r.Inbound {
		ctx = context.WithValue(ctx, traceKey{}, r.Meta["trace"])
	} else if trace, ok := ctx.Value(traceKey{}).(string); ok {
		ctx = ipc.WithMeta(ctx, "trace", trace)
	}
	return next(ctx)
}

// W14: what correlates requests travels beside their arguments, in every kind of
// packet that begins something: from one process to the next, through a server,
// and with events. It goes no further than it is handed on.
func TestTracesTravel(t *testing.T) {
	withFleet(t, ipc.ServerOptions{Relay: relayAll, Interceptors: []ipc.Interceptor{traced}}, func(t *testing.T, f *fleet) {
		var e ear
		hear := func(ctx context.Context, what string) {
			r, _ := ipc.RequestFrom(ctx)
			e.hear("%s %v %s", what, ctx.Value(traceKey{}), r.Meta["correlation"])
		}
		opts := ipc.ClientOptions{Interceptors: []ipc.Interceptor{traced}}
		bot := f.prepare("bots/one", opts)
		bot.Register(
			echo.Handle(func(ctx context.Context, a *textArgs) (string, error) { hear(ctx, "call"); return a.Text, nil }),
			note.HandleNotify(func(ctx context.Context, _ *countArgs) error { hear(ctx, "note"); return nil }),
		)
		ipctest.Connect(t, bot)
		subscribe(t, bot, "room.*", posted.Handle(func(ctx context.Context, _ *postedArgs) error { hear(ctx, "event"); return nil }))
		through := method[noArgs, string]("Test.Through", ipc.KindCall)
		f.srv.Register(through.Handle(func(ctx context.Context, _ *noArgs) (string, error) {
			hear(ctx, "server")
			if _, err := echo.Call(ctx, f.srv.Peer(bot.Identity()), &textArgs{}); err != nil {
				return "", err
			}
			if err := note.Notify(ctx, f.srv.Peer(bot.Identity()), &countArgs{}); err != nil {
				return "", err
			}
			return "", posted.Publish(ctx, f.srv, &postedArgs{"go", ""})
		}))
		cl := f.prepare("apps/web", opts)
		ipctest.Connect(t, cl)

		for _, trace := range []string{"4bf9", "00f0"} {
			ctx := ipc.WithMeta(context.WithValue(t.Context(), traceKey{}, trace), "correlation", "7")
			if _, err := through.Call(ctx, cl, &noArgs{}); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			if _, err := echo.Call(ctx, cl.Peer(bot.Identity()), &textArgs{}); err != nil { // past the server's handlers
				t.Error(err)
			}
			e.want(t, // what is not handed on ends where it is heard
				"server "+trace+" 7", "call "+trace+" ", "note "+trace+" ", "event "+trace+" ", "call "+trace+" 7")
		}
	})
}
