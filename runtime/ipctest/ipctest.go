// Package ipctest connects servers and clients in memory, for tests.
//
// A [Pair] is all that most tests need:
//
//	srv, cl := ipctest.Pair(t, func(srv *ipc.Server, cl *ipc.Client) {
//		greet.RegisterGreeter(srv, greeter{})
//	})
//	g := greet.NewGreeterClient(cl)
//
// Nothing in memory blocks outside the reach of testing/synctest: inside
// synctest.Test hours of heartbeats, deadlines and reconnects pass in
// milliseconds, and a goroutine that is left behind fails the test. A [Link]
// is a connection that can be cut or made to stall.
package ipctest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

var names atomic.Int64

// Serve makes srv serve in memory until the test ends, and returns the URL to
// dial.
func Serve(t testing.TB, srv *ipc.Server) (url string) {
	t.Helper()
	url = fmt.Sprintf("mem:ipctest-%d", names.Add(1))
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	l, err := srv.Listen(ctx, url)
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	go func() { served <- srv.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		srv.Close()
		if err := <-served; err != nil && !errors.Is(err, code.Closed) {
			t.Errorf("serve: %v", err)
		}
	})
	return url
}

// Pair returns a server and a client that is connected to it, in memory. What
// they serve is registered by setup, which may be nil. Both are closed at the
// end of the test.
func Pair(t testing.TB, setup func(srv *ipc.Server, cl *ipc.Client)) (*ipc.Server, *ipc.Client) {
	t.Helper()
	srv := ipc.NewServer(nil)
	cl := ipc.NewClient(Serve(t, srv), nil)
	if setup != nil {
		setup(srv, cl)
	}
	Connect(t, cl)
	return srv, cl
}

// Connect connects cl, and closes it at the end of the test.
func Connect(t testing.TB, cl *ipc.Client) {
	t.Helper()
	t.Cleanup(func() { cl.Close() })
	if err := cl.Connect(t.Context()); err != nil {
		t.Fatalf("connect: %v", err)
	}
}
