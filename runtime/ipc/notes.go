package ipc

import (
	"math/bits"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
)

// notes are the notifications and events of a connection: they are handled one at a time,
// in the order in which they arrive. Whoever made busy true handles them until
// none is left.
type notes struct {
	mu      sync.Mutex
	busy    bool
	waiting []*serving
	bytes   int // of their arguments
	dropped uint64
	idle    chan struct{} // closed when busy ends; nil if nobody waits
}

// notify handles all now, on the reader if it may, or when those before them
// are done. It reports false when the calling goroutine is the reader no longer.
// Of all it leaves nothing.
func (c *conn) notify(all ...*serving) (reader bool) {
	s := c.notes.first(c, all...)
	clear(all)
	switch {
	case s == nil:
		return true
	case c.late(s):
		if next := c.notes.next(); next != nil {
			go c.handleNotes(next)
		}
		return true
	case s.handler.pace.isSlow():
		go c.handleNotes(s)
		return true
	}
	defer func() { // deferred: the handler may end its goroutine
		if next := c.notes.next(); next != nil {
			go c.handleNotes(next) // they came while somebody else was reading
		}
	}()
	return c.runHere(s)
}

// first adds all, and returns the one to be handled now, nil if they wait or are
// dropped.
func (n *notes) first(c *conn, all ...*serving) (now *serving) {
	for _, s := range all {
		switch first, dropped := n.add(s, c.node.limits.Notifications, c.node.limits.Message); {
		case dropped > 0:
			c.noteDropped(s, dropped)
		case first:
			now = s
		}
	}
	return now
}

// handleNotes handles s and those that wait.
func (c *conn) handleNotes(s *serving) {
	defer func() { // deferred: the handler may end its goroutine
		if next := c.notes.next(); next != nil {
			go c.handleNotes(next)
		}
	}()
	start := time.Now()
	c.running.enter(s)
	defer c.running.leave(s)
	s.do()
	s.handler.pace.ran(time.Since(start))
}

// noteDropped logs that notifications are lost, ever more rarely.
func (c *conn) noteDropped(s *serving, dropped uint64) {
	s.from.release()
	if d := deliveryOf(s); d != nil {
		d.sub.miss(1)
	} else if s.id != 0 {
		c.refuse(s.id, code.Overloaded, "too many events wait to be published")
	}
	if bits.OnesCount64(dropped) == 1 {
		c.log.Warn("ipc: notifications dropped, the handler is too slow",
			"peer", c.peer.id, "route", s.handler.route.Name, "dropped", dropped)
	}
}

// add reports whether s is to be handled now; otherwise it waits its turn, or
// is dropped, in which case add says how many have been. At most limit wait,
// with at most maxBytes of arguments.
func (n *notes) add(s *serving, limit, maxBytes int) (now bool, dropped uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case !n.busy:
		n.busy = true
		return true, 0
	case len(n.waiting) >= limit, len(n.waiting) > 0 && n.bytes+len(s.body) > maxBytes:
		n.dropped++
		return false, n.dropped
	}
	s.own()
	n.bytes += len(s.body)
	n.waiting = append(n.waiting, s)
	return false, 0
}

// next returns the notification to handle next; after nil nobody is busy.
func (n *notes) next() *serving {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.waiting) == 0 {
		n.busy, n.waiting = false, nil
		signal(&n.idle)
		return nil
	}
	s := n.waiting[0]
	n.waiting[0], n.waiting = nil, n.waiting[1:]
	n.bytes -= len(s.body)
	return s
}

// none returns what is closed when no notification is handled or waits.
func (n *notes) none() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.busy {
		return closedChan
	}
	if n.idle == nil {
		n.idle = make(chan struct{})
	}
	return n.idle
}

// discard forgets those that wait, and returns how many they were.
func (n *notes) discard() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	waiting := len(n.waiting)
	n.waiting, n.bytes = nil, 0
	return waiting
}
