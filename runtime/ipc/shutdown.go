package ipc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Shutdown ends the server in order: it stops accepting, tells the peers to go
// elsewhere, refuses new calls as not sent, waits for the running handlers,
// cancels those that are not done when ctx ends or Limits.Drain is over, and
// closes the connections. Its error names the routes that did not stop even
// then. It returns within Limits.Drain and three seconds.
func (s *Server) Shutdown(ctx context.Context) error {
	conns := s.stopAccepting()
	ctx, cancel := context.WithTimeout(ctx, s.limits.Drain)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	stuck := map[string]bool{}
	for _, c := range conns {
		wg.Go(func() {
			names := c.drain(ctx)
			mu.Lock()
			defer mu.Unlock()
			for _, name := range names {
				stuck[name] = true
			}
			c.end(statusGone, "the server is shutting down")
		})
	}
	wg.Wait()
	s.hub.stop(ctx)
	s.cancel()
	s.awaitHandshakes()
	if len(stuck) > 0 {
		return fmt.Errorf("ipc: shutdown: still running: %s", strings.Join(slices.Sorted(maps.Keys(stuck)), ", "))
	}
	return nil
}

// Close ends the server at once: connections are closed, the contexts of
// handlers end, nobody is waited for. Calls under way have an unknown outcome.
func (s *Server) Close() error {
	conns := s.stopAccepting()
	s.cancel()
	var wg sync.WaitGroup
	for _, c := range conns {
		wg.Go(func() { c.end(statusGone, "the server was closed") })
	}
	wg.Wait()
	s.hub.stop(s.ctx)
	s.awaitHandshakes()
	return nil
}

// handshakePatience is how long Close waits for handshakes whose context has
// ended: Authenticate or OnJoin may not heed it.
const handshakePatience = 500 * time.Millisecond

// awaitHandshakes waits for the handshakes to end.
func (s *Server) awaitHandshakes() {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.wg.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(handshakePatience):
	}
}

// stopAccepting closes the listeners and returns the connections there are.
func (s *Server) stopAccepting() []*conn {
	s.mu.Lock()
	s.closing = true
	listeners := slices.Collect(maps.Keys(s.listeners))
	s.mu.Unlock()
	for _, l := range listeners {
		l.Close()
	}
	return s.all()
}

// errShutdown is the cause with which Shutdown cancels handlers.
var errShutdown = errors.New("ipc: shutting down")

// drain refuses new requests and waits for those that run or, as notifications
// do, wait for their turn, and for what is queued to leave; when ctx ends it
// cancels them. It returns the routes of those that run even then.
func (c *conn) drain(ctx context.Context) (stuck []string) {
	if !c.joined.Load() {
		return nil // nothing runs yet, and nothing leaves
	}
	c.draining.Store(true)
	c.out.post(&wire.Packet{Kind: wire.KindGoAway})
	c.baton.snatch(c.baton.table.Load()) // what runs on the reader is counted from here on
	if c.idle(ctx, c.done) || c.hasEnded() {
		return nil
	}
	if n := c.notes.discard(); n > 0 {
		c.log.Warn("ipc: notifications dropped by the shutdown", "peer", c.peer.id, "dropped", n)
	}
	c.running.cancelAll(errShutdown)
	ctx, cancel := context.WithTimeout(context.Background(), afterCancel)
	defer cancel()
	if c.idle(ctx, nil) {
		return nil
	}
	return c.running.names()
}

// idle waits until no request runs or waits and nothing is to be sent, and
// reports false when ctx ends or over is closed before that.
func (c *conn) idle(ctx context.Context, over <-chan struct{}) bool {
	for _, none := range []func() <-chan struct{}{c.notes.none, c.running.none, c.forwards.none, c.out.drained} {
		select {
		case <-none():
		case <-over:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}
