package ipc

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/transport"
)

// How a client comes to its connection: it dials, identifies, tells what it has
// subscribed to, and is ready. turn.go has it wait for its turn before, and
// reconnect.go does it again when the connection is lost.

// errConnected is what a second Connect returns.
var errConnected = errors.New("ipc: connect: the client is connected, or about to be")

// Connect connects and identifies. ctx bounds that only: the connection lives
// until Close. If it fails the client is idle as before and may try again.
// From then on the client reconnects by itself.
func (c *Client) Connect(ctx context.Context) error {
	if err := cmp.Or(c.opts.Identity.validate(), c.metadata.wrong); err != nil {
		return err
	}
	if !c.changeFrom(Idle, Connecting, nil, nil) {
		return c.notIdle()
	}
	conn, err := c.connect(ctx)
	if err != nil {
		c.change(Idle, nil, nil)
		return err
	}
	if !c.ready(conn) {
		return notSent(code.Closed, "the client was closed")
	}
	return nil
}

// notIdle says why Connect does nothing.
func (c *Client) notIdle() error {
	if c.State() == Closed {
		return notSent(code.Closed, "the client was closed")
	}
	return errConnected
}

// attempt makes a connection and identifies.
func (c *Client) attempt(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.limits.Identify)
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()
	tc, err := c.dial(ctx)
	if err != nil {
		return nil, notSent(code.NotConnected, "connect to %s: %v", c.url, err).because(err)
	}
	tc.Limit(maxIdentify)
	tc, d := speak(tc, dialectOf(c.opts.Dialects, tc.Subprotocol()), true)
	stop := context.AfterFunc(ctx, func() { tc.Close(statusGone, "") })
	say := c.metadata.snapshot()
	w, err := c.identify(tc, d, say)
	if err == nil && !stop() {
		err = ctx.Err()
	}
	if err != nil {
		stop()
		turnAway(tc, nil, err)
		return nil, c.connectError(ctx, err)
	}
	conn := newConn(&c.node, tc, d, true)
	conn.name, conn.client, conn.said = w.Conn, c, say.Seq
	conn.peer = c.peer.bind(&session{bucket: c.peer.id.String(), conn: w.Conn})
	conn.onEnd = func(error) { c.lost(conn) }
	c.mu.Lock()
	c.identity = Identity{w.Group, w.Name}
	c.conn = conn // already now: its handlers may call back
	c.mu.Unlock()
	conn.start(time.Duration(w.Heartbeat)*time.Millisecond, time.Duration(w.Silence)*time.Millisecond)
	if err := c.inbox.replay(ctx, conn); err != nil {
		conn.end(statusGone, "the subscriptions could not be told")
		return nil, c.connectError(ctx, err)
	}
	return conn, nil
}

// connectError says why the client could not identify.
func (c *Client) connectError(ctx context.Context, err error) error {
	switch {
	case c.ctx.Err() != nil:
		return notSent(code.Closed, "the client was closed")
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return notSent(code.NotConnected, "connect to %s: no answer in time", c.url).because(ctx.Err())
	case ctx.Err() != nil:
		return notSent(code.NotConnected, "connect to %s: given up", c.url).because(ctx.Err())
	}
	err = handshakeError(err)
	var end *closed
	if errors.As(err, &end) {
		e := notSent(end.code(), "connect to %s: %s", c.url, end.text())
		e.RetryAfter = end.retryAfter
		return e.because(err)
	}
	return notSent(code.NotConnected, "connect to %s: %v", c.url, err).because(err)
}

func (c *Client) dial(ctx context.Context) (tc transport.Conn, err error) {
	o := dialectOptions(c.opts.Dialects)
	o.Poll = c.opts.Poll
	o.MaxMessage = c.limits.Message + slack
	o.TLS, o.Header, o.Log = c.opts.TLS, c.opts.Header, c.log
	dial := c.opts.Dial
	if dial == nil {
		dial = func(ctx context.Context, o *transport.Options) (transport.Conn, error) {
			return transport.Dial(ctx, c.url, o)
		}
	}
	err = guard(func() (err error) { // also against what TLS asks the application
		tc, err = dial(ctx, o)
		return err
	})
	if err == nil && tc == nil {
		err = errors.New("Dial has returned neither a connection nor an error")
	}
	return tc, err
}

// ready makes conn the connection that calls use. It reports false, and closes
// conn, if the client was closed meanwhile.
func (c *Client) ready(conn *conn) bool {
	if c.change(Ready, conn, nil) {
		if conn.hasEnded() { // before onEnd found it here
			c.lost(conn)
		}
		c.catchUp(conn.said)
		return true
	}
	conn.end(statusGone, "the client was closed")
	return false
}
