package ipc

import (
	"errors"
	"math/rand/v2"
	"time"
)

// lost is what the end of conn means to its client. It is called when conn has
// ended and when conn turns out to have ended already; one of the two acts.
func (c *Client) lost(conn *conn) {
	if c.opts.NoReconnect || final(conn.cause) {
		c.changeFrom(Ready, Closed, conn, conn.cause)
		return
	}
	if c.changeFrom(Ready, Waiting, conn, nil) {
		c.log.Info("ipc: connection lost", "url", c.url, "cause", conn.cause)
		c.miss(conn.cause)
		go c.reconnect(conn)
	}
}

// final reports whether the far side does not want the client to come back.
func final(err error) bool {
	var closed *closed
	return errors.As(err, &closed) && closed.final()
}

// Pauses between attempts to connect: full jitter up to these, after the time
// that the server has asked for, if it has. A connection that lived for
// stableAfter starts over with the first.
const (
	firstReconnect = 200 * time.Millisecond
	lastReconnect  = 30 * time.Second
	stableAfter    = 10 * time.Second
)

// reconnect makes another connection, however often it has to try.
func (c *Client) reconnect(old *conn) {
	c.mu.Lock()
	if time.Since(old.born) > stableAfter {
		c.failures = 0
	}
	c.mu.Unlock()
	for {
		if !c.pause() || !c.change(Connecting, old, nil) {
			return
		}
		conn, err := c.connect(c.ctx)
		switch {
		case err == nil:
			c.miss(nil)
			c.ready(conn)
			return
		case final(err):
			c.close(err)
			return
		}
		c.miss(err)
		c.log.Debug("ipc: reconnect failed", "url", c.url, "error", err)
		if !c.change(Waiting, old, nil) {
			return
		}
	}
}

// miss notes why there is no connection, for those who call meanwhile.
func (c *Client) miss(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.missing = cause
}

// pause waits before the next attempt, and reports false when the client was
// closed meanwhile.
func (c *Client) pause() bool {
	c.mu.Lock()
	limit := min(firstReconnect<<min(c.failures, 10), lastReconnect)
	c.failures++
	wait := retryAfter(c.missing)
	c.mu.Unlock()
	select {
	case <-time.After(wait + rand.N(limit)):
		return true
	case <-c.ctx.Done():
		return false
	}
}
