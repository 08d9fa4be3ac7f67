package ipc_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

// canary is the secret of these tests: it must not be seen anywhere.
const canary = "canary-6f2d1b90-a3c4"

// leaks reports whether text holds the canary, however written.
func leaks(text string) bool {
	bytes := fmt.Sprint([]byte(canary))
	for _, form := range []string{
		canary, hex.EncodeToString([]byte(canary)), strings.Trim(bytes, "[]"),
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(canary)), "="),
	} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// watchful returns a logger of everything that fails the test when it sees the
// canary.
func watchful(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(watcher{t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type watcher struct{ t *testing.T }

func (w watcher) Write(line []byte) (int, error) {
	if leaks(string(line)) {
		w.t.Errorf("a secret is in the log: %s", line)
	}
	return len(line), nil
}

// neighbour is a client that behaves, on the server that a stranger talks to. It
// has a call and a stream under way.
type neighbour struct {
	t       *testing.T
	cl      *ipc.Client
	running *ipc.Future[string]
	items   chan int
	more    chan struct{} // asks for another item
	changes atomic.Int32  // of its state
}

func moveIn(t *testing.T, url string) *neighbour {
	t.Helper()
	n := &neighbour{t: t, items: make(chan int), more: make(chan struct{})}
	n.cl = ipc.NewClient(url, &ipc.ClientOptions{
		Identity: ipc.Identity{Group: "neighbours", Name: "one"}, Secret: []byte(canary), Logger: watchful(t),
		OnState: func(ipc.State, ipc.State) { n.changes.Add(1) },
	})
	serveAll(n.cl)
	ipctest.Connect(t, n.cl)
	n.running = block.Start(t.Context(), n.cl, &noArgs{})
	go n.stream()
	n.undisturbed(0)
	return n
}

// stream consumes an endless stream, an item whenever it is asked to.
func (n *neighbour) stream() {
	defer close(n.items)
	for i, err := range count.Stream(n.t.Context(), n.cl, &countArgs{1 << 40}) {
		if _, ok := <-n.more; !ok || err != nil {
			return
		}
		n.items <- i
	}
}

// undisturbed makes sure that the neighbour has noticed nothing; seen is the
// number of times it was asked before.
func (n *neighbour) undisturbed(seen int) {
	n.t.Helper()
	start := time.Now()
	if got, err := echo.Call(n.t.Context(), n.cl, &textArgs{"hello"}); got != "hello" || err != nil {
		n.t.Errorf("the neighbour's call: %q, %v", got, err)
	}
	if d := time.Since(start); d > 50*time.Millisecond {
		n.t.Errorf("the neighbour's call took %v", d)
	}
	n.more <- struct{}{}
	if i, ok := <-n.items; i != seen || !ok {
		n.t.Errorf("the neighbour's stream is at %d, want %d", i, seen)
	}
	select {
	case <-n.running.Done():
		_, err := n.running.Wait(n.t.Context())
		n.t.Errorf("the neighbour's call ended: %v", err)
	default:
	}
	if c := n.changes.Load(); c != 2 || n.cl.State() != ipc.Ready {
		n.t.Errorf("the neighbour is %v after %d changes", n.cl.State(), c)
	}
}

// moveOut ends the stream and the client.
func (n *neighbour) moveOut() {
	close(n.more)
	n.cl.Close()
}

// scene lets a stranger talk to a server, once in each dialect, and makes sure
// that the neighbour notices nothing and that nothing is left of the stranger.
// More routes are registered by serve, which may be nil.
func scene(t *testing.T, opts ipc.ServerOptions, serve func(*ipc.Server), steps ...step) {
	t.Helper()
	for _, d := range bothDialects {
		t.Run(d.Name(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv, url := secured(t, opts, serve)
				n := moveIn(t, url)
				defer n.moveOut()
				s := meet(t, url, d)
				s.talk(steps...)
				n.undisturbed(1)
				hangUp(s)
				synctest.Wait()
				if peers := srv.Peers(); len(peers) != 1 {
					t.Errorf("who is left: %v", peers)
				}
				n.undisturbed(2)
			})
		})
	}
}

// secured returns a server that knows the secret and serves the routes of the
// tests, and where to dial it.
func secured(t *testing.T, opts ipc.ServerOptions, serve func(*ipc.Server)) (*ipc.Server, string) {
	t.Helper()
	if opts.Keys == nil {
		opts.Secret = []byte(canary)
	}
	opts.Logger = watchful(t)
	srv := ipc.NewServer(&opts)
	serveAll(srv)
	if serve != nil {
		serve(srv)
	}
	return srv, ipctest.Serve(t, srv)
}
