package ipc

import (
	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/query"
)

// Whom a call with a target goes to, and whether it may: relay.go passes it on.

// aim returns the connection of whom target names, if from may call its route.
func (s *Server) aim(from *conn, target, route string) (*conn, error) {
	if s.opts.Relay == nil {
		return nil, notSent(code.Denied, "this server passes nothing on")
	}
	a, err := s.targets.parse(target)
	switch {
	case err != nil:
		return nil, notSent(code.BadRequest, "%v", err)
	case a.one:
		return s.aimAtOne(from, a, route)
	}
	// The policy first: who may not call is not told who is there.
	if err := s.mayRelay(from.peer, s.Peer(a.id), route); err != nil {
		return nil, err
	}
	to := s.directory.find(a.id)
	if to == nil {
		return nil, notSent(code.NotConnected, "%v", a.id)
	}
	return to, nil
}

// aimAtOne chooses one of those whom from may call. It never is from itself.
func (s *Server) aimAtOne(from *conn, a *aimed, route string) (*conn, error) {
	self := from.peer.id.String()
	to, ok := s.directory.index.ChooseOther(self, nobody, a.choice)
	if ok && s.mayRelay(from.peer, to.peer, route) != nil {
		allowed := func(c *conn) bool { return s.mayRelay(from.peer, c.peer, route) == nil }
		to, ok = s.directory.index.ChooseOtherWhere(self, allowed, nobody, a.choice)
	}
	if !ok {
		return nil, notSent(code.NoRoute, "no peer matches %s, or may be called", cut(a.wanted(), 200))
	}
	return to, nil
}

// nobody is what no peer matches, so that a choice with Else is all that counts.
var nobody = query.Any()

// mayRelay asks the policy. One that panics refuses.
func (s *Server) mayRelay(from, to *Peer, route string) error {
	if s.opts.Relay == nil {
		return notSent(code.Denied, "this server passes nothing on")
	}
	if from.id.Group == serverGroup { // its word would pass for the server's own
		return notSent(code.Denied, "nothing is passed on for peers of the group %q", serverGroup)
	}
	err := guard(func() error { return s.opts.Relay(from, to, route) })
	if bug, ok := err.(*panicked); ok {
		s.log.Error("ipc: Relay failed", "from", from.id, "to", to.id, "route", route, "error", bug)
		return notSent(code.Denied, "the server failed")
	}
	if err != nil {
		return notSent(code.Denied, "%v", err)
	}
	return nil
}

// serverGroup is the group by which clients know their server.
const serverGroup = "server"
