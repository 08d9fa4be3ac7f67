package ipc

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// The callee's side of streams: what arrives for a request that is being
// served, and the sequence its handler reads it from.

// openInput gives s its stream and, if it takes items, tells the caller how
// many it may send.
func (c *conn) openInput(s *serving, p *wire.Packet) {
	s.stream = &stream{conn: c, id: s.id, over: c.done, borrow: s.handler.route.Borrow}
	s.stream.out.open(p.Credit)
	n := 0
	if s.handler.route.Kind.takes() {
		n = c.running.grantWindow()
		c.out.post(&wire.Packet{Kind: wire.KindCredit, ID: s.id, Credit: uint32(n)})
	}
	s.stream.in.open(n)
}

// errInputTwice is yielded by an input sequence that is ranged again.
var errInputTwice = errors.New("ipc: the sequence has been ranged already")

// input returns the sequence of what the caller sends.
func input[T any](ctx context.Context, s *stream, coding *wire.Coding[T]) iter.Seq2[T, error] {
	var used atomic.Bool
	return func(yield func(T, error) bool) {
		var none T
		if used.Swap(true) {
			yield(none, errInputTwice)
			return
		}
		more, err := receiveAll(ctx, s, nil, coding, yield)
		if bad, ok := err.(*badItem); ok {
			err = Errorf(code.BadRequest, "%v", bad) // the caller's mistake: it is told if the handler returns it
		}
		if more && err != nil {
			yield(none, err)
		}
	}
}

// streamOf returns the stream with that id, whichever side opened it, or nil.
func (c *conn) streamOf(id uint64) *stream {
	if id%2 == c.router.parity() {
		return c.router.stream(id)
	}
	if s := c.running.find(id); s != nil {
		return s.stream
	}
	return nil
}

// takeItem keeps an item for its consumer. One for a stream that is over is
// late and ignored.
func (c *conn) takeItem(p *wire.Packet) {
	s := c.fed
	if s == nil || s.id != p.ID {
		c.feed()
		if s = c.streamOf(p.ID); s == nil {
			c.stray(p)
			return
		}
		c.fed = s
	}
	if !s.in.push(p.Body) {
		c.breakOff(p.ID, "an item was sent without credit")
	}
}

// breakOff ends a call of this side, or a stream of the other, in which the
// peer broke the protocol.
func (c *conn) breakOff(id uint64, message string) {
	err := &Error{Code: code.Protocol, Message: message, made: true}
	if p := c.router.take(id); p != nil {
		c.cancelFar(id)
		p.fail(err)
		return
	}
	if f := c.forwards.find(id); f != nil {
		f.breakOff(message)
		return
	}
	s := c.running.find(id)
	if s == nil || s.stream == nil || !s.claim() {
		return
	}
	c.gripes.warn("ipc: stream broken off", "peer", c.peer.id, "id", id, "error", message)
	s.abort(err)
	c.out.post(&wire.Packet{Kind: wire.KindError, ID: id, Code: string(code.Protocol), Message: cut(message, maxErrorText), Ran: true})
}

// endInput notes that the caller has sent all its items.
func (c *conn) endInput(p *wire.Packet) {
	if s := c.running.find(p.ID); s != nil && s.stream != nil {
		s.stream.in.finish()
	}
}

// takeCredit notes that the far side has room for more items.
func (c *conn) takeCredit(p *wire.Packet) {
	if s := c.streamOf(p.ID); s != nil {
		s.out.grant(p.Credit)
	}
}
