package ipc_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

// paced returns a client that may make so many requests a minute, on a link.
func paced(t *testing.T, srv *ipc.Server, n int) (*ipc.Client, *ipctest.Link) {
	return linked(t, srv, &ipc.ClientOptions{SendLimit: ipc.Limit{Count: n, Period: time.Minute}})
}

// Requests beyond the limit wait for their turn, whatever their kind.
func TestSendLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		var notes atomic.Int32
		srv.Register(note.HandleNotify(func(context.Context, *countArgs) error { notes.Add(1); return nil }))
		cl, _ := paced(t, srv, 6)
		start := time.Now()
		request := func() {
			t.Helper()
			if _, err := echo.Call(t.Context(), cl, &textArgs{"a"}); err != nil {
				t.Errorf("call: %v", err)
			}
			if err := note.Notify(t.Context(), cl, &countArgs{1}); err != nil {
				t.Errorf("notify: %v", err)
			}
			for _, err := range count.Stream(t.Context(), cl, &countArgs{10}) { // ten items, one request
				if err != nil {
					t.Errorf("stream: %v", err)
				}
			}
		}
		request()
		request()
		if d := time.Since(start); d != 0 {
			t.Errorf("six requests took %v", d)
		}
		request()
		synctest.Wait()
		if d := time.Since(start); d != 30*time.Second || notes.Load() != 3 {
			t.Errorf("nine requests took %v, %d notifications arrived", d, notes.Load())
		}
	})
}

// Heartbeats and replies do not wait: the connection lives, and the client
// serves, while its own requests wait for an hour.
func TestHeartbeatsPassTheSendLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		cl, _ := linked(t, srv, &ipc.ClientOptions{SendLimit: ipc.Limit{Count: 1, Period: time.Hour}})
		patient := method[textArgs, string]("Test.Echo", ipc.KindCall)
		patient.Route.Timeout = 2 * time.Hour
		start := time.Now()
		for range 2 {
			if _, err := patient.Call(t.Context(), cl, &textArgs{"a"}); err != nil {
				t.Error(err)
			}
			go func() {
				for range 3 {
					time.Sleep(10 * time.Minute)
					if _, err := echo.Call(t.Context(), srv.Peer(cl.Identity()), &textArgs{"b"}); err != nil {
						t.Errorf("the client does not serve: %v", err)
					}
				}
			}()
		}
		if d := time.Since(start); d != time.Hour {
			t.Errorf("it took %v", d)
		}
		if _, measured := cl.Server().Latency(); !measured || cl.State() != ipc.Ready {
			t.Errorf("the client is %v", cl.State())
		}
		time.Sleep(time.Hour)
	})
}

// Nobody waits longer than the context and the timeout allow, nor at all when
// the turn would come too late, and whoever gives up leaves the turn to others.
func TestWaitingForTheSendLimitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		cl, _ := paced(t, srv, 1)
		if _, err := echo.Call(t.Context(), cl, &textArgs{"a"}); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		refused := func(ctx context.Context, after time.Duration) {
			t.Helper()
			var e *ipc.Error
			_, err := echo.Call(ctx, cl, &textArgs{"a"})
			if !errors.As(err, &e) || e.Code != code.RateLimited || !errors.Is(err, ipc.ErrNotSent) || e.RetryAfter != time.Minute {
				t.Errorf("it fails with %v", err)
			}
			if d := time.Since(start); d != after {
				t.Errorf("after %v, not %v", d, after)
			}
		}
		refused(t.Context(), 0) // the route has 30 s
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		refused(short, 0)

		patient := method[textArgs, string]("Test.Echo", ipc.KindCall)
		patient.Route.Timeout = time.Hour
		ctx, giveUp := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, giveUp)
		if _, err := patient.Call(ctx, cl, &textArgs{"a"}); !errors.Is(err, context.Canceled) || !errors.Is(err, ipc.ErrNotSent) || time.Since(start) != 10*time.Second {
			t.Errorf("given up: %v after %v", err, time.Since(start))
		}
		if _, err := patient.Call(t.Context(), cl, &textArgs{"a"}); err != nil || time.Since(start) != time.Minute {
			t.Errorf("the next one: %v after %v", err, time.Since(start))
		}
	})
}

// A connection that ends settles those who wait for their turn on it at once.
func TestTheSendLimitOfALostConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl, link := paced(t, testServer(ipc.ServerOptions{}), 1)
		patient := method[textArgs, string]("Test.Echo", ipc.KindCall)
		patient.Route.Timeout = time.Hour
		if _, err := patient.Call(t.Context(), cl, &textArgs{"a"}); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		time.AfterFunc(time.Second, link.Down)
		_, err := patient.Call(t.Context(), cl, &textArgs{"a"})
		if !errors.Is(err, ipc.ErrNotSent) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// A handler that waits for its turn does not keep the connection from being read.
func TestHandlersMayWaitForTheSendLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		cl, _ := paced(t, srv, 60)
		for range 60 {
			if _, err := echo.Call(t.Context(), cl, &textArgs{"a"}); err != nil {
				t.Fatal(err)
			}
		}
		p := srv.Peer(cl.Identity())
		f := relay.Start(t.Context(), p, &textArgs{"through"}) // calls back, in its turn
		start := time.Now()
		if _, err := echo.Call(t.Context(), p, &textArgs{"beside"}); err != nil || time.Since(start) != 0 {
			t.Errorf("beside it: %v after %v", err, time.Since(start))
		}
		if got, err := f.Wait(t.Context()); got != "through" || err != nil || time.Since(start) != time.Second {
			t.Errorf("the handler: %q, %v after %v", got, err, time.Since(start))
		}
	})
}
