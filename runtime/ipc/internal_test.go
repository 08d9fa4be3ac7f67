package ipc

import (
	"log/slog"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// newTestConn returns the dialer's side of a connection that is not started,
// and the far end of its transport.
func newTestConn(t testing.TB, limits Limits) (*conn, transport.Conn) {
	t.Helper()
	n := &node{}
	n.init(limits, slog.New(slog.DiscardHandler), nil)
	near, far := transport.Pipe(&transport.Options{MaxMessage: n.limits.Message + slack})
	c := newConn(n, near, wire.CBORv1, true)
	c.joined.Store(true)
	c.peer = &Peer{id: Identity{"test", "peer"}, node: n, find: func() *conn { return c }, session: new(session)}
	t.Cleanup(func() {
		c.fail(errShutdown)
		far.Close(0, "")
	})
	return c, far
}
