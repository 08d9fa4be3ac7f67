package ipc

import (
	"context"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/transport"
)

// Peer is the process at the other end of a connection, by its identity: it
// stays the same when the peer reconnects, and exists while the peer does not.
// It is a [Caller]; a call to a peer that is not connected fails with
// [ErrNotSent]. A Peer is safe for concurrent use.
type Peer struct {
	id   Identity
	node *node
	find func() *conn // the connection of the peer now, or nil
	// session is that of the connection which p was handed out for; nil if
	// there is none, and the current connection's counts.
	session *session
	// A peer behind the server of a client, which passes calls on:
	via  *Client        // else nil
	seen query.Metadata // when it was discovered
}

// Identity returns who the peer is. A client knows its server by the group
// "server" and an empty name.
func (p *Peer) Identity() Identity { return p.id }

// String returns the identity.
func (p *Peer) String() string { return p.id.String() }

// Connected reports whether the peer is connected and identified now. Of a
// peer behind the server of a client only the way to that server is known.
func (p *Peer) Connected() bool {
	if p.via != nil {
		return p.via.State() == Ready
	}
	return p.live() != nil
}

// live returns the connection of the peer if it has not ended, else nil.
func (p *Peer) live() *conn {
	if c := p.find(); c != nil && !c.hasEnded() {
		return c
	}
	return nil
}

// Latency returns the time that the latest ping took to be answered, and
// whether there was one on this connection, which has not ended.
func (p *Peer) Latency() (time.Duration, bool) {
	if c := p.live(); c != nil {
		return c.pulse.last()
	}
	return 0, false
}

// Info describes the ends of the peer's connection, and reports whether there is one.
func (p *Peer) Info() (transport.Info, bool) {
	if c := p.live(); c != nil {
		return c.transport.Info(), true
	}
	return transport.Info{}, false
}

// Close closes the peer's connection for good: it is told the reason and does
// not reconnect by itself. Without a connection Close does nothing.
func (p *Peer) Close(reason string) {
	if c := p.find(); c != nil {
		c.end(statusClosed, reason)
	}
}

func (p *Peer) pick(ctx context.Context) (*conn, error) {
	if p.via != nil {
		return p.via.pick(ctx)
	}
	if c := p.find(); c != nil {
		return c, nil
	}
	return nil, notSent(code.NotConnected, "%v", p.id)
}

func (p *Peer) target() string {
	if p.via != nil {
		return p.id.String()
	}
	return ""
}

func (p *Peer) settings() *node { return p.node }

// Peer returns the peer of that identity behind the server, whether it is
// connected or not. Calls to it go through the server, if its
// [ServerOptions.Relay] allows that, and are otherwise as those to the server:
// one that did not reach the peer matches [ErrNotSent], one of which the way
// was lost [ErrUnknownOutcome]. The error of a notification says only whether it
// was sent to the server.
func (c *Client) Peer(id Identity) *Peer {
	return &Peer{id: id, node: &c.node, via: c, find: func() *conn { return nil }}
}
