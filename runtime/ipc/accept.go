package ipc

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// admit runs the handshake with tc and then the connection. It returns what is
// closed when tc has ended.
func (s *Server) admit(tc transport.Conn) (ended <-chan struct{}) {
	over := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		go tc.Close(statusGone, "shutting down")
		close(over)
		return over
	}
	s.wg.Go(func() {
		c := s.handshake(tc)
		if c == nil {
			close(over)
			return
		}
		context.AfterFunc(c.ctx, func() { close(over) })
	})
	return over
}

// handshake returns the connection that tc has become, or nil if it was refused.
func (s *Server) handshake(tc transport.Conn) *conn {
	leave, ok := s.lobby.enter(tc)
	if !ok {
		tc.Close(statusFull, "too many connections from this address")
		return nil
	}
	defer leave()
	ctx, cancel := context.WithTimeout(s.ctx, s.limits.Identify)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { tc.Close(statusLate, "the handshake took too long") })
	c, err := s.tryHandshake(ctx, tc)
	if err == nil && !stop() {
		err = context.Cause(ctx)
		c.fail(err)
	}
	if err != nil {
		s.gripes.warn("ipc: connection refused", "remote", tc.Info().Remote, "error", err)
		return nil
	}
	return c
}

func (s *Server) tryHandshake(ctx context.Context, tc transport.Conn) (*conn, error) {
	if err := guard(func() error { return tc.Handshake(ctx) }); err != nil { // TLS may ask the application
		tc.Close(statusProtocol, "")
		return nil, err
	}
	tc.Limit(maxIdentify)
	tc, d := speak(tc, dialectOf(s.opts.Dialects, tc.Subprotocol()), false)
	w, in, override, err := s.greet(ctx, tc, d)
	if err != nil {
		turnAway(tc, d, err)
		return nil, err
	}
	c := newConn(&s.node, tc, d, false)
	c.name, c.server, in.conn = w.Conn, s, w.Conn
	c.peer = s.Peer(Identity{w.Group, w.Name}).bind(in)
	if err := s.take(c, in.said); err != nil {
		turnAway(tc, d, err)
		c.fail(err)
		return nil, err
	}
	if err := s.join(ctx, c, override); err != nil {
		turnAway(tc, d, err)
		c.fail(err)
		return nil, err
	}
	if err := sendHandshake(tc, d, wire.KindWelcome, w); err != nil {
		c.fail(err)
		return nil, err
	}
	c.start(s.limits.Heartbeat, s.limits.Silence)
	return c, nil
}

// join makes c the connection of its identity, if nobody alive has it, or
// override says to take it.
func (s *Server) join(ctx context.Context, c *conn, override bool) error {
	c.onEnd = func(cause error) { s.leave(c, cause) } // before others find c
	if err := s.claim(ctx, c, override); err != nil {
		return err
	}
	defer func() { // also if OnJoin ends its goroutine
		if !c.joined.Load() {
			s.remove(c)
		}
	}()
	if err := s.enter(ctx, c); err != nil {
		return err
	}
	s.directory.join(c)
	c.joined.Store(true)
	if c.hasEnded() { // before it had joined
		s.leave(c, c.cause)
	}
	return nil
}

// enter asks OnJoin, when OnLeave has been told of the connection before.
func (s *Server) enter(ctx context.Context, c *conn) error {
	if s.opts.OnLeave == nil {
		return s.ask(ctx, c.peer)
	}
	leave, err := s.turnstile.enter(ctx, c)
	if err != nil {
		return err
	}
	defer func() {
		if c.leave == nil {
			leave()
		}
	}()
	if err := s.ask(ctx, c.peer); err != nil {
		return err
	}
	c.leave = leave
	return nil
}

// ask asks OnJoin.
func (s *Server) ask(ctx context.Context, p *Peer) error {
	if s.opts.OnJoin == nil {
		return nil
	}
	err := guard(func() error { return s.opts.OnJoin(ctx, p) })
	var bug *panicked
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bug):
		return &refusal{statusDenied, "the server failed", bug}
	case s.ctx.Err() != nil:
		return &refusal{statusGone, "shutting down", err}
	case ctx.Err() != nil: // it had no time to decide
		return &refusal{statusLate, "the handshake took too long", err}
	}
	reason := err.Error()
	if e := asError(err); e != nil && e.Message != "" {
		reason = e.Message
	}
	if status := notNow(err); status != 0 {
		return &refusal{status, reason, err}
	}
	return &refusal{status: statusDenied, reason: reason}
}

// claim gives the identity of c to c. A holder that does not answer within
// the time of a probe loses it; with override it does so at once, and for good.
func (s *Server) claim(ctx context.Context, c *conn, override bool) error {
	id := c.peer.id
	release, err := s.decideOn(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	holder := s.conn(id)
	switch {
	case holder == nil:
	case override && c.overrides(holder):
		holder.yield(statusDuplicate, "the identity was taken over with the override key")
	case holder.pulse.alive(probe):
		return &refusal{status: statusDuplicate, reason: fmt.Sprintf("%v is connected already", id)}
	default:
		holder.yield(statusTaken, "a newer connection has the identity")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		return &refusal{status: statusGone, reason: "shutting down"}
	case len(s.conns) >= s.limits.Connections: // reached since c was accepted
		return &refusal{status: statusFull, reason: "too many connections"}
	}
	s.conns[id] = c
	return nil
}

// yield ends a connection whose identity another one gets.
func (c *conn) yield(status uint16, reason string) {
	c.failWith(closeError(status, reason), status, reason)
}

// decideOn waits until nobody else decides on id.
func (s *Server) decideOn(ctx context.Context, id Identity) (release func(), err error) {
	for {
		s.mu.Lock()
		other := s.claims[id]
		if other == nil {
			mine := make(chan struct{})
			s.claims[id] = mine
			s.mu.Unlock()
			return func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				delete(s.claims, id)
				close(mine)
			}, nil
		}
		s.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, &refusal{status: statusLate, reason: "the handshake took too long"}
		}
	}
}

// remove takes c out, unless its identity has another connection by now.
func (s *Server) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns[c.peer.id] == c {
		delete(s.conns, c.peer.id)
	}
}

// leave is what the end of a connection means to its server.
func (s *Server) leave(c *conn, cause error) {
	s.remove(c)
	s.hub.drop(c)
	s.directory.leave(c)
	if !c.joined.Swap(false) { // it has not joined, or has left
		return
	}
	s.log.Debug("ipc: peer left", "peer", c.peer.id, "conn", c.name, "cause", cause)
	if s.opts.OnLeave != nil {
		go s.tellLeave(c, cause)
	}
}

// tellLeave tells OnLeave.
func (s *Server) tellLeave(c *conn, cause error) {
	defer c.leave()
	if err := guard(func() error { s.opts.OnLeave(c.peer, cause); return nil }); err != nil {
		s.log.Error("ipc: OnLeave failed", "peer", c.peer.id, "error", err)
	}
}
