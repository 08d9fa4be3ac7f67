package ipc_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

// A client asks for its turn before every attempt, the first and those after a
// loss, and says how it went. What it waits does not count as part of the
// handshake.
func TestTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link := ipctest.NewLink(ipctest.Serve(t, ipc.NewServer(nil)))
		var went []bool
		cl := ipc.NewClient("", &ipc.ClientOptions{Dial: link.Dial, Turn: func(ctx context.Context) (func(error), error) {
			time.Sleep(time.Minute) // longer than a handshake may take
			return func(err error) { went = append(went, err == nil) }, ctx.Err()
		}})
		ipctest.Connect(t, cl)
		link.Down()
		time.Sleep(2*time.Minute + time.Second)
		link.Up()
		time.Sleep(5 * time.Minute)
		if cl.State() != ipc.Ready {
			t.Errorf("the client is %v", cl.State())
		}
		synctest.Wait()
		if len(went) < 3 || !went[0] || went[1] || !went[len(went)-1] {
			t.Errorf("the attempts went %v", went)
		}
		if i := slices.Index(went[1:], true); i != len(went)-2 {
			t.Errorf("the attempts went on after success: %v", went)
		}
	})
}

// Who waits for a turn is let go by the context and by Close, and hears why.
func TestTurnGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		url := ipctest.Serve(t, ipc.NewServer(nil))
		cl := ipc.NewClient(url, &ipc.ClientOptions{Turn: func(ctx context.Context) (func(error), error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := cl.Connect(ctx); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, code.NotConnected) || cl.State() != ipc.Idle {
			t.Errorf("the context has ended: %v, and the client is %v", err, cl.State())
		}
		time.AfterFunc(time.Second, func() { cl.Close() })
		if err := cl.Connect(t.Context()); !errors.Is(err, code.Closed) {
			t.Errorf("the client was closed: %v", err)
		}
	})
}
