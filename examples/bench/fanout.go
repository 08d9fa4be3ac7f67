package main

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// publisher tells an event to all who listen.
type publisher struct {
	tell func(id int64) error
	io.Closer
}

// crowd is many connections that listen, and one that tells them something. It
// is a client whose calls are over when everybody has heard.
type crowd struct {
	connections []io.Closer
	publisher   publisher
	missing     atomic.Int64 // who has not heard yet
	all         chan struct{}
}

// gather connects a crowd of size.
func gather(from contender, address string, p payload, size int) (_ client, err error) {
	c := &crowd{all: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	for range size {
		conn, err := from.listen(address, c.heard)
		if err != nil {
			return nil, err
		}
		c.connections = append(c.connections, conn)
	}
	if c.publisher, err = from.publish(address, p); err != nil {
		return nil, err
	}
	c.connections = append(c.connections, c.publisher)
	return c, nil
}

func (c *crowd) heard() {
	if c.missing.Add(-1) == 0 {
		c.all <- struct{}{}
	}
}

func (c *crowd) caller(payload) caller {
	size := len(c.connections) - 1
	return func(id int64) (int, error) {
		c.missing.Store(int64(size))
		if err := c.publisher.tell(id); err != nil {
			return 0, err
		}
		select {
		case <-c.all:
			return size, nil
		case <-time.After(grace / 2):
			return 0, fmt.Errorf("%d of %d have not heard", c.missing.Load(), size)
		}
	}
}

func (c *crowd) Close() (err error) {
	for _, conn := range c.connections {
		err = errors.Join(err, conn.Close())
	}
	return err
}
