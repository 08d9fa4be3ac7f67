package ipc_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

// Handlers and interceptors that misbehave harm their own request only.

// intercepted runs scene with a server, and a client, that are wrapped.
func intercepted(t *testing.T, server, client []ipc.Interceptor, scene func(t *testing.T, srv *ipc.Server, cl *ipc.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{Interceptors: server})
		cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{Interceptors: client, Logger: quiet})
		serveAll(cl)
		ipctest.Connect(t, cl)
		scene(t, srv, cl)
	})
}

// on applies an interceptor to requests with that text only.
func on(text string, ic ipc.Interceptor) ipc.Interceptor {
	return func(ctx context.Context, r *ipc.Request, next func(context.Context) error) error {
		if a, ok := r.Args.(*textArgs); ok && a.Text == text {
			return ic(ctx, r, next)
		}
		return next(ctx)
	}
}

func TestInterceptorsThatMisbehave(t *testing.T) {
	var runs atomic.Int32
	misbehaving := []ipc.Interceptor{
		on("panic", func(context.Context, *ipc.Request, func(context.Context) error) error { panic("secret detail") }),
		on("goexit", func(context.Context, *ipc.Request, func(context.Context) error) error { runtime.Goexit(); return nil }),
		on("nothing", func(context.Context, *ipc.Request, func(context.Context) error) error { return nil }),
		on("twice", func(ctx context.Context, _ *ipc.Request, next func(context.Context) error) error {
			return errors.Join(next(ctx), next(ctx))
		}),
		on("later", func(ctx context.Context, _ *ipc.Request, next func(context.Context) error) error {
			err := next(ctx)
			time.AfterFunc(time.Second, func() { next(ctx) }) // when the answer is gone
			return err
		}),
	}
	intercepted(t, misbehaving, nil, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		counted := method[textArgs, string]("Test.Counted", ipc.KindCall)
		srv.Register(counted.Handle(func(_ context.Context, a *textArgs) (string, error) { runs.Add(1); return a.Text, nil }))
		for _, tc := range []struct {
			text, result string
			why          code.Code
			runs         int32
		}{
			{"panic", "", code.Internal, 0},
			{"goexit", "", code.Internal, 0},
			{"nothing", "", "", 0},
			{"twice", "twice", "", 2},
			{"later", "later", "", 1},
			{"fine", "fine", "", 1},
		} {
			runs.Store(0)
			got, err := counted.Call(t.Context(), cl, &textArgs{tc.text})
			if got != tc.result || runs.Load() != tc.runs || (tc.why != "") != (err != nil) || err != nil && !errors.Is(err, tc.why) {
				t.Errorf("%s: %q, %v after %d runs", tc.text, got, err, runs.Load())
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: its text crosses: %v", tc.text, err)
			}
		}
		time.Sleep(2 * time.Second)
	})
}

// Around the caller, too, next may be called twice: the later result counts,
// and nothing of the one before is left in it.
func TestInterceptorsThatCallTwice(t *testing.T) {
	twice := func(ctx context.Context, _ *ipc.Request, next func(context.Context) error) error {
		next(ctx)
		return next(ctx)
	}
	intercepted(t, nil, []ipc.Interceptor{twice}, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		var n atomic.Int32
		tags := method[noArgs, map[string]int]("Test.Tags", ipc.KindCall)
		srv.Register(tags.Handle(func(context.Context, *noArgs) (map[string]int, error) {
			if n.Add(1)%2 == 1 {
				return map[string]int{"first": 1}, nil
			}
			return map[string]int{"second": 2}, nil
		}))
		if got, err := tags.Call(t.Context(), cl, &noArgs{}); len(got) != 1 || got["second"] != 2 || err != nil {
			t.Errorf("call: %v, %v", got, err)
		}
		if got, err := tags.Start(t.Context(), cl, &noArgs{}).Wait(t.Context()); len(got) != 1 || got["second"] != 2 || err != nil {
			t.Errorf("future: %v, %v", got, err)
		}
		items := 0
		for range count.Stream(t.Context(), cl, &countArgs{3}) {
			items++
		}
		if items != 6 {
			t.Errorf("%d items of two streams of three", items)
		}
		for range count.Stream(t.Context(), cl, &countArgs{3}) {
			break // the consumer wants no second stream
		}
	})
}

// A future whose goroutine ends is settled, and not with a result.
func TestFuturesOfInterceptorsThatEndTheirGoroutine(t *testing.T) {
	exit := on("goexit", func(context.Context, *ipc.Request, func(context.Context) error) error { runtime.Goexit(); return nil })
	intercepted(t, nil, []ipc.Interceptor{exit}, func(t *testing.T, _ *ipc.Server, cl *ipc.Client) {
		if got, err := echo.Start(t.Context(), cl, &textArgs{"goexit"}).Wait(t.Context()); err == nil {
			t.Errorf("it has the result %q", got)
		}
	})
}

// A handler past its deadline, or without a caller, is not listened to, and
// counts as running until it ends.
func TestHandlersThatOutliveTheirCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{Limits: ipc.Limits{Running: 1}})
		deaf := method[noArgs, string]("Test.Deaf", ipc.KindCall)
		srv.Register(deaf.Handle(func(context.Context, *noArgs) (string, error) {
			time.Sleep(time.Minute)
			return "too late", nil
		}))
		cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{Logger: quiet})
		ipctest.Connect(t, cl)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := deaf.Call(ctx, cl, &noArgs{}); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ipc.ErrUnknownOutcome) {
			t.Errorf("past its deadline: %v", err)
		}
		if _, err := echo.Call(t.Context(), cl, &textArgs{}); !errors.Is(err, code.Overloaded) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("beside it: %v", err)
		}
		time.Sleep(time.Minute)
		f := deaf.Start(t.Context(), cl, &noArgs{})
		time.Sleep(time.Second)
		f.Cancel()
		if _, err := f.Wait(t.Context()); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		time.Sleep(time.Minute)
		if got, err := echo.Call(t.Context(), cl, &textArgs{"free"}); got != "free" || err != nil {
			t.Errorf("after both: %q, %v", got, err)
		}
	})
}
