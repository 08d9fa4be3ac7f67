package ipc

import (
	"context"

	"github.com/ipcgen/ipcgen/runtime/code"
)

// connect waits for its turn and then tries to connect, once.
func (c *Client) connect(ctx context.Context) (*conn, error) {
	if c.opts.Turn == nil {
		return c.attempt(ctx)
	}
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(c.ctx, stop)()
	var over func(error)
	err := guard(func() (err error) { over, err = c.opts.Turn(waiting); return err })
	if err != nil {
		return nil, c.turnError(err)
	}
	conn, err := c.attempt(ctx)
	if bug := guard(func() error { over(err); return nil }); bug != nil {
		c.log.Error("ipc: the end of a turn failed", "url", c.url, "error", bug)
	}
	return conn, err
}

// turnError says why the client did not get a turn.
func (c *Client) turnError(err error) error {
	if c.ctx.Err() != nil {
		return notSent(code.Closed, "the client was closed")
	}
	return notSent(code.NotConnected, "connect to %s: waiting for a turn: %v", c.url, err).because(err)
}
