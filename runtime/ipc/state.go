package ipc

import "github.com/ipcgen/ipcgen/runtime/code"

// State is where a [Client] stands.
type State uint8

// The states of a client.
const (
	Idle       State = iota // not connected yet
	Connecting              // dialing or identifying, at first or again
	Ready                   // connected and identified
	Waiting                 // lost the connection, about to try again
	Closed                  // for good: see Err
)

// String returns the state in words.
func (s State) String() string {
	return [...]string{"idle", "connecting", "ready", "waiting", "closed"}[s]
}

// change moves to another state, unless the client is closed.
func (c *Client) change(to State, conn *conn, err error) bool {
	c.mu.Lock()
	if c.state == Closed {
		c.mu.Unlock()
		return false
	}
	c.set(to, conn, err)
	return true
}

// changeFrom moves from the state from, with conn as the latest connection, to
// another, and reports false if the client is not in that state.
func (c *Client) changeFrom(from, to State, conn *conn, err error) bool {
	c.mu.Lock()
	if c.state != from || c.conn != conn {
		c.mu.Unlock()
		return false
	}
	c.set(to, conn, err)
	return true
}

// set is where the state changes, and tells OnState. Called with mu held,
// which it unlocks.
func (c *Client) set(to State, conn *conn, err error) {
	if to != c.state {
		c.untold = append(c.untold, [2]State{c.state, to})
	}
	c.state, c.conn, c.err = to, conn, err
	c.mu.Unlock()
	if to == Closed {
		c.inbox.end(notSent(code.Closed, "the client is closed"))
		c.stop()
		close(c.done)
	}
	c.tell()
}

// tell tells OnState what it has not been told. Changes that OnState makes
// itself, or that come meanwhile, are told by who is telling already.
func (c *Client) tell() {
	c.mu.Lock()
	if c.telling {
		c.mu.Unlock()
		return
	}
	c.telling = true
	for len(c.untold) > 0 {
		change := c.untold[0]
		c.untold = c.untold[1:]
		if c.opts.OnState == nil {
			continue
		}
		c.mu.Unlock()
		if err := guard(func() error { c.opts.OnState(change[0], change[1]); return nil }); err != nil {
			c.log.Error("ipc: OnState failed", "url", c.url, "error", err)
		}
		c.mu.Lock()
	}
	c.telling = false
	c.mu.Unlock()
}

// Close closes the connection, tells the server, and ends the client for good.
// It does not wait for an attempt to reconnect that is under way, which ends at once.
// Calls under way have an unknown outcome. It may be called more than once.
func (c *Client) Close() error {
	c.close(nil)
	if conn := c.current(); conn != nil {
		conn.end(statusGone, "the client was closed")
	}
	return nil
}

// close ends the client for good, because of err.
func (c *Client) close(err error) {
	c.mu.Lock()
	if c.state == Closed {
		c.mu.Unlock()
		return
	}
	c.set(Closed, c.conn, err)
}

// Done returns a channel that is closed when the client is closed for good: by
// Close, or because the server turned it away.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err returns why the client is closed: nil while it is not, and after Close.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// State returns where the client stands now.
func (c *Client) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}
