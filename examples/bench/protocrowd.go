package main

import (
	"context"
	"sync"

	"github.com/ipcgen/ipcgen/examples/bench/echopb"
)

// protoCrowd is the service that tells events by streams that never end. Whoever
// publishes sends to all streams, one after the other.
type protoCrowd struct {
	mu    sync.Mutex
	sends map[int]func(*echopb.Message) error
	next  int
}

// join greets and stays until ctx ends.
func (c *protoCrowd) join(ctx context.Context, send func(*echopb.Message) error) error {
	number, err := c.add(send)
	defer c.remove(number)
	if err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (c *protoCrowd) add(send func(*echopb.Message) error) (number int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sends == nil {
		c.sends = map[int]func(*echopb.Message) error{}
	}
	c.next++
	c.sends[c.next] = send
	return c.next, send(&echopb.Message{})
}

func (c *protoCrowd) remove(number int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sends, number)
}

// Publish tells everybody. Who has just left is passed over.
func (c *protoCrowd) Publish(_ context.Context, m *echopb.Message) (*echopb.Count, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := &echopb.Count{}
	for _, send := range c.sends {
		if send(m) == nil {
			n.Count++
		}
	}
	return n, nil
}

// hearProto waits for the greeting and from then on calls heard for every event.
func hearProto(receive func() (*echopb.Message, error), heard func()) error {
	_, err := receive()
	if err == nil {
		go func() {
			for _, err := receive(); err == nil; _, err = receive() {
				heard()
			}
		}()
	}
	return err
}

// protoTeller returns what publishes events with p.
func protoTeller(p payload, publish func(context.Context, *echopb.Message) error) func(id int64) error {
	m := newProtoMessage(p)
	return func(id int64) error {
		m.Id = id
		return publish(context.Background(), m)
	}
}
