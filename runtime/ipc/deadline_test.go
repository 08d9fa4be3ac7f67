package ipc_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// Whatever a call waits for, it is over at its deadline.

// A peer may take a byte now and then, and so not be given up as slow.
func TestWaitingForRoomIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		cl, link := jammable(t, srv)
		link().jammed.Store(true)
		big := &textArgs{string(make([]byte, 3<<10))}
		for range 2 { // one is on its way, one fills the queue
			echo.Start(t.Context(), cl, big)
		}
		slow := &ipc.Method[textArgs, string]{Route: &ipc.Route{Name: "Test.Echo", Timeout: 5 * time.Second}}
		tell := &ipc.Method[textArgs, struct{}]{Route: &ipc.Route{Name: "Test.Tell", Kind: ipc.KindNotify, Timeout: 5 * time.Second}}
		for name, send := range map[string]func(context.Context) error{
			"call":         func(ctx context.Context) error { _, err := slow.Call(ctx, cl, big); return err },
			"future":       func(ctx context.Context) error { _, err := slow.Start(ctx, cl, big).Wait(ctx); return err },
			"notification": func(ctx context.Context) error { return tell.Notify(ctx, cl, big) },
		} {
			start := time.Now()
			err := send(context.Background())
			if !errors.Is(err, code.QueueFull) || !errors.Is(err, ipc.ErrNotSent) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
			if d := time.Since(start); d > 6*time.Second {
				t.Errorf("%s: over after %v", name, d)
			}
		}
	})
}

// A call that is tried again has no more time than one that is not.
func TestRetriesDoNotProlongACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := &ipc.Method[noArgs, string]{Route: &ipc.Route{Name: "Test.Block", Idempotent: true, Timeout: 10 * time.Second}}
		cl, link := linked(t, testServer(ipc.ServerOptions{}), &ipc.ClientOptions{})
		time.AfterFunc(9*time.Second, link.Cut)
		start := time.Now()
		if _, err := hang.Call(t.Context(), cl, &noArgs{}); err == nil {
			t.Error("it has a result")
		}
		if d := time.Since(start); d > 11*time.Second {
			t.Errorf("settled after %v", d)
		}
	})
}
