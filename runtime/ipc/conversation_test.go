package ipc_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

// pair runs scene in virtual time with a server and a client that both serve
// all the routes of the tests.
func pair(t *testing.T, scene func(t *testing.T, srv *ipc.Server, cl *ipc.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv, cl := ipctest.Pair(t, func(srv *ipc.Server, cl *ipc.Client) {
			serveAll(srv)
			serveAll(cl)
		})
		scene(t, srv, cl)
	})
}

// Z2: either side calls the other, also from inside a handler.
func TestCallsGoBothWays(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		if got, err := echo.Call(t.Context(), cl, &textArgs{"up"}); got != "up" || err != nil {
			t.Errorf("client calls server: %q, %v", got, err)
		}
		peer := srv.Peer(cl.Identity())
		if got, err := echo.Call(t.Context(), peer, &textArgs{"down"}); got != "down" || err != nil {
			t.Errorf("server calls client: %q, %v", got, err)
		}
		if got, err := relay.Call(t.Context(), cl, &textArgs{"back"}); got != "back" || err != nil {
			t.Errorf("call back inside a handler: %q, %v", got, err)
		}
	})
}

func TestFutureSettlesOnceForAll(t *testing.T) {
	pair(t, func(t *testing.T, _ *ipc.Server, cl *ipc.Client) {
		f := echo.Start(t.Context(), cl, &textArgs{"later"})
		<-f.Done()
		for range 2 {
			if got, err := f.Wait(t.Context()); got != "later" || err != nil {
				t.Errorf("wait: %q, %v", got, err)
			}
		}
		f.Cancel()
		if got, err := f.Wait(t.Context()); got != "later" || err != nil {
			t.Errorf("wait after a late cancel: %q, %v", got, err)
		}
	})
}

func TestCallSettlesAtItsDeadline(t *testing.T) {
	pair(t, func(t *testing.T, _ *ipc.Server, cl *ipc.Client) {
		for _, bound := range []time.Duration{3 * time.Second, 30 * time.Second} {
			ctx, cancel := context.Background(), func() {}
			if bound < 30*time.Second {
				ctx, cancel = context.WithTimeout(ctx, bound)
			}
			start := time.Now()
			_, err := block.Call(ctx, cl, &noArgs{})
			cancel()
			var e *ipc.Error
			if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &e) || e.Code != code.Deadline {
				t.Errorf("bound %v: %v", bound, err)
			}
			if d := time.Since(start); d < bound || d > bound+time.Second {
				t.Errorf("bound %v: settled after %v", bound, d)
			}
		}
	})
}

// W6, K6: a stream of any size arrives whole, and knows its end.
func TestStreamsMoveEveryItemInOrder(t *testing.T) {
	const n = 1000 // many windows
	pair(t, func(t *testing.T, _ *ipc.Server, cl *ipc.Client) {
		want := 0
		for got, err := range count.Stream(t.Context(), cl, &countArgs{n}) {
			if err != nil || got != want {
				t.Fatalf("item %d: %d, %v", want, got, err)
			}
			want++
		}
		if want != n {
			t.Errorf("stream ended after %d items", want)
		}
		if got, err := sum.Upload(t.Context(), cl, &noArgs{}, upTo(n)); got != n*(n-1)/2 || err != nil {
			t.Errorf("upload: %d, %v", got, err)
		}
		want = 0
		for got, err := range twice.Duplex(t.Context(), cl, &noArgs{}, upTo(n)) {
			if err != nil || got != 2*want {
				t.Fatalf("duplex item %d: %d, %v", want, got, err)
			}
			want++
		}
		if want != n {
			t.Errorf("duplex ended after %d items", want)
		}
	})
}
