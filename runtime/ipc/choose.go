package ipc

import (
	"context"

	"github.com/ipcgen/ipcgen/runtime/query"
)

// Selection is a [Caller] that chooses a peer for every call: one of those that
// match a query. Where nobody matches the call fails with [ErrNotSent] and
// code.NoRoute; nobody else is called instead, unless [query.Else] says so. A
// route declared idempotent chooses anew whenever it is tried again. Who
// answered is told by [Future.From]; to make several calls to the one chosen
// use [Selection.Pick]. It is safe for concurrent use.
type Selection struct {
	query   *query.Query
	choices []query.Choice
	server  *Server // that chooses; nil if that is the far one
	client  *Client // that asks its server
	text    string  // of query and choices, for the server
	err     error   // what is wrong with them
}

// One returns the caller that chooses one of the peers that match q, as choices
// say: at random, if they say nothing. See package query for the choices there
// are. LeastPending counts the calls that this server has under way.
func (s *Server) One(q *query.Query, choices ...query.Choice) *Selection {
	return &Selection{query: q, choices: choices, server: s, err: checkQuery(q, choices...)}
}

// Pick returns the peer that the next call would go to.
func (s *Selection) Pick(ctx context.Context) (*Peer, error) {
	if s.server == nil {
		return s.client.pickFar(ctx, s)
	}
	c, err := s.pick(ctx)
	if err != nil {
		return nil, err
	}
	return c.peer, nil
}

func (s *Selection) pick(ctx context.Context) (*conn, error) {
	switch {
	case s.err != nil:
		return nil, s.err
	case s.server == nil:
		return s.client.pick(ctx)
	}
	c, ok := s.server.directory.index.Choose(s.query, s.choices...)
	if !ok {
		return nil, errNobody(s.query)
	}
	return c, nil
}

func (s *Selection) target() string { return s.text }

func (s *Selection) settings() *node {
	if s.server == nil {
		return &s.client.node
	}
	return &s.server.node
}

// pending returns how many calls wait for their reply.
func (r *router) pending() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls)
}

// answering is a [Caller] that remembers who was called.
type answering struct {
	Caller
	from Identity
}

func (a *answering) pick(ctx context.Context) (*conn, error) {
	c, err := a.Caller.pick(ctx)
	if err == nil {
		a.from = c.peer.id
	}
	return c, err
}

// From returns who was called: of a [Selection] the peer that was chosen. It
// waits until the future is done. It is the zero Identity if nobody was found.
func (f *Future[R]) From() Identity {
	<-f.done
	return f.from()
}

// answeredBy returns who has settled p: the peer of the connection, or the one
// behind it that the call was passed on to.
func (p *pending) answeredBy(c *conn) Identity {
	if p.origin != "" {
		if id, err := ParseIdentity(p.origin); err == nil {
			return id
		}
	}
	return c.peer.id
}

// noteOrigin remembers who has answered p, if c wants to know.
func noteOrigin(c Caller, p *pending, conn *conn) {
	if a, ok := c.(*answering); ok {
		a.from = p.answeredBy(conn)
	}
}

// One returns the caller that lets the server choose one of the other peers
// that match q, as [Server.One] does, among those that the client may call. As
// text, a query and its choices have room for 507 bytes.
func (c *Client) One(q *query.Query, choices ...query.Choice) *Selection {
	s := &Selection{query: q, choices: choices, client: c, err: checkQuery(q, choices...)}
	if s.err == nil {
		s.text, s.err = targetText(q, choices)
	}
	return s
}
