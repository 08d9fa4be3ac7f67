package ipc

import (
	"context"
	"sync"
)

// turnstile lets one connection of an identity in at a time: from before OnJoin
// is asked until OnLeave has returned. So the two are told in turn, and who
// keeps an account of who is there adds and removes in the right order.
type turnstile struct {
	mu    sync.Mutex
	gates map[Identity]*gate
}

// gate is that of one identity.
type gate struct {
	passage chan struct{} // holds one element while somebody is in
	users   int           // who is in, and who waits; guarded by turnstile.mu
}

// enter waits until no other connection of the identity is in. Then c is, until
// it calls leave.
func (t *turnstile) enter(ctx context.Context, c *conn) (leave func(), err error) {
	id := c.peer.id
	g := t.use(id)
	select {
	case g.passage <- struct{}{}:
		return func() { <-g.passage; t.forgo(id, g) }, nil
	case <-c.done:
		t.forgo(id, g)
		return nil, &refusal{status: statusTaken, reason: "a newer connection has the identity"}
	case <-ctx.Done():
		t.forgo(id, g)
		return nil, &refusal{status: statusLate, reason: "the connection before has not left yet"}
	}
}

func (t *turnstile) use(id Identity) *gate {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.gates[id]
	if g == nil {
		g = &gate{passage: make(chan struct{}, 1)}
		if t.gates == nil {
			t.gates = map[Identity]*gate{}
		}
		t.gates[id] = g
	}
	g.users++
	return g
}

func (t *turnstile) forgo(id Identity, g *gate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g.users--; g.users == 0 {
		delete(t.gates, id)
	}
}
