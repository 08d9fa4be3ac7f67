package ipc

import (
	"crypto/rand"
	"sync"

	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Session is a value of type T that every connection has of its own: what is
// known of the peer at its other end. Its zero value is ready for use, and one
// declares it where a package declares its variables:
//
//	var user ipc.Session[User]
//
//	OnJoin: func(ctx context.Context, p *ipc.Peer) error {
//		u, err := lookUp(ctx, p.Identity())
//		user.Set(p, u)
//		return err
//	}
//	//ipc:allow user.Get(peer).Admin
//
// A value lives as long as its connection: who connects anew begins without
// one. A [*Peer] that was handed out for a connection, by a [Request], OnJoin,
// OnLeave, Peers or a group, has the values of that connection even when it has
// ended; one by [Server.Peer] has those of the connection that there is.
//
// A Session is safe for concurrent use and must not be copied.
type Session[T any] struct {
	_ [1]byte // so that no two have the same address
}

// Get returns the peer's value, the zero value if there is none.
func (s *Session[T]) Get(p *Peer) T {
	v, _ := s.Lookup(p)
	return v
}

// Lookup returns the peer's value, and whether there is one.
func (s *Session[T]) Lookup(p *Peer) (value T, ok bool) {
	if in := p.currentSession(); in != nil {
		in.mu.Lock()
		defer in.mu.Unlock()
		value, ok = in.values[s].(T)
	}
	return value, ok
}

// Set sets the peer's value. It reports false if the peer has no connection to
// keep it.
func (s *Session[T]) Set(p *Peer, value T) bool {
	return s.Update(p, func(T) T { return value })
}

// Update sets the peer's value to what change makes of it. Nobody sees or
// changes a value of that connection meanwhile, so change must not, either. It
// reports false if the peer has no connection to keep the value.
func (s *Session[T]) Update(p *Peer, change func(T) T) bool {
	in := p.currentSession()
	if in == nil {
		return false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	before, _ := in.values[s].(T)
	after := change(before)
	if in.values == nil {
		in.values = map[any]any{}
	}
	in.values[s] = after
	return true
}

// Delete removes the peer's value.
func (s *Session[T]) Delete(p *Peer) {
	if in := p.currentSession(); in != nil {
		in.mu.Lock()
		defer in.mu.Unlock()
		delete(in.values, s)
	}
}

// session is what is known of the peer of one connection.
type session struct {
	bucket     string         // whose tokens it takes; see Limit
	conn       string         // names the connection
	restricted bool           // it has shown no credentials
	said       *wire.Metadata // in the handshake; nil: nothing

	mu     sync.Mutex
	values map[any]any // by *Session
}

// restrictedGroup is that of all peers in restricted sessions.
const restrictedGroup = "restricted"

// newSession returns the session of a client that identified by id, and fills
// in what is missing there: a name. Who has shown no credentials gets all of
// its identity, so that it can take nobody's.
func newSession(shown standing, id *wire.Identify, info transport.Info) *session {
	if shown.restricted {
		id.Group, id.Name = restrictedGroup, ""
	}
	s := &session{restricted: shown.restricted}
	if id.Name == "" {
		id.Name = rand.Text()
		shown.claimed = true
	}
	s.bucket = originOf(info)
	if !shown.claimed || s.bucket == "" {
		s.bucket = Identity{id.Group, id.Name}.String()
	}
	return s
}

// bind returns p as it is handed out for a connection whose session is s.
func (p *Peer) bind(s *session) *Peer {
	bound := *p
	bound.session = s
	return &bound
}

// currentSession returns the session that p stands for, or nil.
func (p *Peer) currentSession() *session {
	if p.session != nil {
		return p.session
	}
	if c := p.find(); c != nil {
		return c.peer.session
	}
	return nil
}

// ConnID returns the name of the peer's connection: no two are alike, and both
// ends know it by the same name, in their logs, too. It is empty while there is
// no connection, at a client whose server gives no names (that of a foreign
// dialect), and for peers behind a server. A Peer that was handed out for a
// connection, as [Session] tells, keeps the name of that one.
func (p *Peer) ConnID() string {
	if p.session != nil {
		return p.session.conn
	}
	if c := p.live(); c != nil {
		return c.name
	}
	return ""
}

// Restricted reports whether the peer has shown no credentials and is served
// public routes only; see [ServerOptions].
func (p *Peer) Restricted() bool {
	s := p.currentSession()
	return s != nil && s.restricted
}
