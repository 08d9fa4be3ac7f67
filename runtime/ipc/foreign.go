package ipc

import (
	"bytes"
	"errors"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// What is different on a connection that speaks a protocol which is not ours
// (see wire.Foreign). The rest of the package asks the traits where it must, and
// else sees packets as always.

// ours are the traits of our own dialects.
var ours = &wire.Traits{Pings: true, Streams: true}

// speak returns what carries and what speaks d on the connection tc.
func speak(tc transport.Conn, d wire.Dialect, dialed bool) (transport.Conn, wire.Dialect) {
	f, ok := d.(wire.Foreign)
	if !ok {
		return tc, d
	}
	return &foreignConn{Conn: tc, traits: f.Traits()}, f.Open(dialed)
}

// traitsOf returns what is special about what is spoken over tc.
func traitsOf(tc transport.Conn) *wire.Traits {
	if f, ok := tc.(*foreignConn); ok {
		return f.traits
	}
	return ours
}

// foreignConn takes messages of several packets apart, and closes with the
// numbers of the foreign protocol. A message of no packets does not leave.
type foreignConn struct {
	transport.Conn
	traits *wire.Traits
	unsent []byte // what Write has taken and the transport has not
}

func (c *foreignConn) Write(msg []byte) (drained bool, err error) {
	rest, drained, err := c.write(msg)
	c.unsent = bytes.Clone(rest)
	return drained, err
}

func (c *foreignConn) Flush() error {
	for {
		if err := c.Conn.Flush(); err != nil || len(c.unsent) == 0 {
			return err
		}
		rest, drained, err := c.write(c.unsent)
		if c.unsent = rest; drained || err != nil {
			return err
		}
	}
}

// write writes packet by packet, as far as the transport takes them at once.
func (c *foreignConn) write(msg []byte) (rest []byte, drained bool, err error) {
	drained = true
	for len(msg) > 0 && drained && err == nil {
		var next []byte
		next, msg = c.cut(msg)
		drained, err = c.Conn.Write(next)
	}
	return msg, drained, err
}

// cut returns the first message to send of msg, and what follows it.
func (c *foreignConn) cut(msg []byte) (first, rest []byte) {
	if c.traits.Separator == 0 {
		return msg, nil
	}
	first, rest, _ = bytes.Cut(msg, []byte{c.traits.Separator})
	return first, rest
}

func (c *foreignConn) Wait() error { return c.translate(c.Conn.Wait()) }

func (c *foreignConn) Read(buf []byte) ([]byte, error) {
	msg, err := c.Conn.Read(buf)
	return msg, c.translate(err)
}

// translate puts our number for the peer's into the end of a connection.
func (c *foreignConn) translate(err error) error {
	var closed *transport.CloseError
	if !errors.As(err, &closed) {
		return err
	}
	for status, theirs := range c.traits.Statuses {
		if theirs == closed.Code {
			return &transport.CloseError{Code: status, Reason: closed.Reason}
		}
	}
	return err
}

func (c *foreignConn) Close(status uint16, reason string) error {
	if theirs, ok := c.traits.Statuses[status]; ok {
		status = theirs
	}
	return c.Conn.Close(status, reason)
}

// pinger returns what pings where the dialect does not, or nil.
func pinger(tc transport.Conn) transport.Pinger {
	if f, ok := tc.(*foreignConn); ok {
		tc = f.Conn
	}
	p, _ := tc.(transport.Pinger)
	return p
}

// pings reports whether there is a way to ask the peer for a sign of life.
func (c *conn) pings() bool { return c.traits.Pings || pinger(c.transport) != nil }

// sendPing asks the peer for a sign of life, which is the pong with that id.
func (c *conn) sendPing(id uint64) {
	if c.traits.Pings {
		c.out.post(&wire.Packet{Kind: wire.KindPing, ID: id})
	} else if p := pinger(c.transport); p != nil {
		p.Ping(func() { c.pulse.pong(id) })
	}
}

// probePause is how often a peer is probed with pings of the transport, of which
// transports take few.
const probePause = 500 * time.Millisecond

// ponged reports whether a ping of the transport was answered a moment ago.
func (p *pulse) ponged() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.conn.traits.Pings && p.known && time.Since(p.answered) < probePause
}

// calm is how long who has taken an identity keeps it from others who speak a
// foreign dialect and have the override key, too. Some, when closed for good,
// come back at once, with that key, and both would go on taking it from each other.
const calm = 10 * time.Second

// overrides reports whether c, which has the override key, takes its identity
// from the holder.
func (c *conn) overrides(holder *conn) bool {
	c.took = c.traits == ours || !holder.took || time.Since(holder.born) > calm
	return c.took
}

// errNoStreams is why a stream is not opened.
var errNoStreams = notSent(code.Unsupported, "the peer's protocol has no streams")

// cannotSay is the error of a packet that the dialect does not write.
func cannotSay(err error) error {
	var refused *wire.PacketError
	if errors.As(err, &refused) {
		return notSent(code.Code(refused.Code), "%s", refused.Message)
	}
	return notSent(code.BadRequest, "%v", err)
}

// decline settles p as the peer would that does not understand it, if it could
// be asked.
func (c *conn) decline(p *pending, why error) {
	if c.router.take(p.id) == nil {
		return
	}
	p.failure = &wire.Packet{Kind: wire.KindError, ID: p.id, Code: string(code.Unsupported), Message: asError(why).Message}
	p.settle()
}
