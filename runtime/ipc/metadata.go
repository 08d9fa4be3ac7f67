package ipc

import (
	"context"
	"sync"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// What a peer says of itself. The client keeps it in the form in which it was
// set, whether it is connected or not, and says all of it whenever it connects,
// before it is let in, and all of it again when it changes: so nothing can be
// lost, and nothing said twice does harm.

// ownRoutes are what every server serves to its clients beside what the
// application registers. Their names begin with ownPrefix, which nobody else's
// may.
const ownPrefix = "ipc:"

// revised answers an update.
type revised struct {
	Revision uint64 `json:"revision"`
}

// announcement says anew what the client says of itself.
var announcement = &Method[wire.Metadata, revised]{Route: &Route{Name: ownPrefix + "metadata"}}

// handleAnnouncement takes in an update.
func (s *Server) handleAnnouncement(ctx context.Context, m *wire.Metadata) (revised, error) {
	c := servingFrom(ctx).conn
	revision, err := s.directory.announce(c, m)
	return revised{revision}, err
}

// receiveMetadata reads what a client that has identified as id says of itself,
// if it says something. It is read only from those who have shown credentials.
func receiveMetadata(tc transport.Conn, d wire.Dialect, id *wire.Identify) (*wire.Metadata, error) {
	if !id.Metadata {
		return nil, nil
	}
	var m wire.Metadata
	tc.Limit(maxMetadata)
	defer tc.Limit(maxIdentify)
	return &m, receiveHandshake(tc, d, wire.KindMetadata, &m)
}

// take takes in what the peer of c has said in the handshake.
func (s *Server) take(c *conn, said *wire.Metadata) error {
	if said == nil {
		return nil
	}
	if _, err := s.directory.announce(c, said); err != nil {
		return &refusal{status: statusDenied, reason: asError(err).Message}
	}
	return nil
}

// ownMetadata is what a client says of itself.
type ownMetadata struct {
	turn chan struct{} // whoever is in it changes it, and tells the server

	mu  sync.Mutex
	all query.Metadata
	seq uint64 // of the latest change

	wrong error // why the metadata of the options cannot be said
}

func (o *ownMetadata) init(m query.Metadata) {
	o.turn = make(chan struct{}, 1)
	if o.all, o.wrong = m.Normalize(); len(o.all) > 0 {
		o.seq = 1
	}
}

// snapshot returns what to say to the server.
func (o *ownMetadata) snapshot() *wire.Metadata {
	o.mu.Lock()
	defer o.mu.Unlock()
	return &wire.Metadata{Seq: o.seq, Metadata: o.all.Wire()}
}

// replace puts all in force, and returns what was.
func (o *ownMetadata) replace(all query.Metadata) (was query.Metadata) {
	o.mu.Lock()
	defer o.mu.Unlock()
	was, o.all = o.all, all
	o.seq++
	return was
}

// Metadata returns what the client says of itself.
func (c *Client) Metadata() query.Metadata {
	c.metadata.mu.Lock()
	defer c.metadata.mu.Unlock()
	return c.metadata.all.Clone()
}

// SetMetadata changes what the client says of itself: the keys of updates get
// new values, or are removed where the value is nil, and the others stay.
// Several updates are one change. It waits until the server has taken it in and returns the revision, which rises
// with every change of any peer of that server.
//
// A client that is not connected keeps the change, says it when it connects,
// before it is ready, and returns 0. So it does when the connection is lost
// meanwhile. An update that the server refuses is undone: with code.Denied one
// of a key that the server itself has set, with code.BadRequest what is beyond
// the limits, 64 keys and 8 KiB (see [query.Metadata.Size]), or no metadata.
// After any other error the change is kept.
func (c *Client) SetMetadata(ctx context.Context, updates ...query.Metadata) (revision uint64, err error) {
	if s := servingFrom(ctx); s != nil {
		s.letRead() // who has the turn may wait for the reader
	}
	select {
	case c.metadata.turn <- struct{}{}:
		defer func() { <-c.metadata.turn }()
	case <-ctx.Done():
		return 0, ended(ctx.Err(), NotExecuted)
	}
	all, err := mergeAll(c.Metadata(), updates)
	if err != nil {
		return 0, notSent(code.BadRequest, "%v", err)
	}
	was := c.metadata.replace(all)
	if c.State() != Ready {
		return 0, nil
	}
	revision, err = c.announce(ctx)
	if refusedUpdate(err) {
		c.metadata.replace(was)
	}
	return revision, err
}

// mergeAll returns m after all updates.
func mergeAll(m query.Metadata, updates []query.Metadata) (_ query.Metadata, err error) {
	for _, update := range updates {
		if m, err = m.Merge(update); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// announce tells the server, if it can be reached.
func (c *Client) announce(ctx context.Context) (revision uint64, err error) {
	r, err := announcement.Call(ctx, c, c.metadata.snapshot())
	if e := asError(err); e != nil {
		switch e.Code {
		case code.NotConnected, code.Draining, code.Lost, code.Closed:
			return 0, nil // it is said with the next connection
		}
	}
	return r.Revision, err
}

// refusedUpdate reports whether err is the server's word that it does not take
// an update, now or later.
func refusedUpdate(err error) bool {
	e := asError(err)
	if e == nil {
		return false
	}
	switch e.Code {
	case code.BadRequest, code.Denied, code.TooLarge, code.NoRoute, code.Unsupported:
		return true
	}
	return false
}

// catchUp tells the server what has changed since the handshake began, in which
// seq was said.
func (c *Client) catchUp(seq uint64) {
	if c.metadata.snapshot().Seq == seq {
		return
	}
	go func() {
		defer c.contain(announcement.Route, func(error) {})
		select {
		case c.metadata.turn <- struct{}{}:
			defer func() { <-c.metadata.turn }()
		case <-c.ctx.Done():
			return
		}
		if _, err := c.announce(c.ctx); err != nil {
			c.log.Warn("ipc: metadata not told", "url", c.url, "error", err)
		}
	}()
}

// Metadata returns what is known of the peer at the other end of a server's
// connection: what it says of itself, and what the server has set. It is nil
// while there is no connection. Of a peer that [Client.Discover] found it is
// what was known then, and of others of a client nil.
func (p *Peer) Metadata() query.Metadata {
	if c := p.find(); c != nil && c.server != nil {
		return c.server.directory.metadata(c)
	}
	return p.seen.Clone()
}

// Explain says why q matches the peer or does not, test by test, as
// [query.Query.Explain] does: by its identity and what Metadata returns.
func (p *Peer) Explain(q *query.Query) string {
	return q.Explain(query.Subject{Group: p.id.Group, Name: p.id.Name, Metadata: p.Metadata()})
}

// SetMetadata changes what a server says of its peer: partial updates, as those
// of a [Client]. It goes before what the peer says of itself, which cannot
// change these keys from then on, and lasts as long as the connection:
// OnJoin is the place to set it. It returns the revision. Only a server can do
// that.
func (p *Peer) SetMetadata(updates ...query.Metadata) (revision uint64, err error) {
	c := p.find()
	switch {
	case c == nil:
		return 0, notSent(code.NotConnected, "%v", p.id)
	case c.server == nil:
		return 0, notSent(code.Denied, "%v is not a peer of this side", p.id)
	}
	if revision, err = c.server.directory.give(c, updates); err != nil {
		return 0, notSent(code.BadRequest, "%s", asError(err).Message)
	}
	return revision, nil
}
