package ipc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// stream moves the items of one call, in one direction or both. Each direction
// is governed by credit: a receiver says how much it has room for, and the
// sender waits when that is used up, so a slow consumer stops its own producer
// and nobody else.
type stream struct {
	conn *conn
	id   uint64
	in   inflow
	out  outflow
	over <-chan struct{} // closed when nobody wants items of this side any more; nil: never

	borrow bool // items are decoded where they lie, which is theirs until the next one
}

// A new stream is granted a third of what is left of allWindows, in bytes,
// and at least minWindow: few streams get much, and many do not take more
// memory together. An item costs its length and wire.ItemCost. The last one may
// cost more than what is left, because an item larger than the window must get
// through, too.
const (
	allWindows = 1 << 20
	minWindow  = 4 << 10
)

// window returns the credit of a new stream when granted is out already.
func window(granted int) int {
	return max(minWindow, (allWindows-granted)/3)
}

// cost is what an item of n bytes takes of the credit.
func cost(n int) int { return n + wire.ItemCost }

// inflow holds what has arrived and has not been consumed. The reader fills
// it, the consumer empties it; each has a buffer, and they swap.
type inflow struct {
	window int // granted at first

	mu       sync.Mutex
	arrived  items
	credit   int  // that the sender has left
	complete bool // no more will come
	unwanted bool // the consumer has left
	wake     chan struct{}

	// The consumer's.
	taken items
	free  int // credit of what was consumed, not granted again yet
}

// items are encoded items, one behind the other.
type items struct {
	data *buffer // nil: none yet
	ends []int   // where in data each item ends
	next int     // the first not consumed
}

func (it *items) add(b []byte) {
	if it.data == nil {
		it.data = newBuffer(len(b))
	}
	it.data.reserve(len(b))
	it.data.bytes = append(it.data.bytes, b...)
	it.ends = append(it.ends, len(it.data.bytes))
}

// pop returns the next item, valid until reset.
func (it *items) pop() ([]byte, bool) {
	if it.next == len(it.ends) {
		return nil, false
	}
	start := 0
	if it.next > 0 {
		start = it.ends[it.next-1]
	}
	it.next++
	end := it.ends[it.next-1]
	return it.data.bytes[start:end:end], true
}

func (it *items) reset() {
	if it.data != nil {
		it.data.bytes = it.data.bytes[:0]
	}
	it.ends, it.next = it.ends[:0], 0
}

func (it *items) release() {
	it.reset()
	it.data.release()
	it.data = nil
}

func (in *inflow) open(window int) {
	in.window, in.credit = window, window
	in.wake = make(chan struct{}, 1)
}

// push takes in an item that arrived, of which the consumer is told by signal.
// It reports false when the sender was not allowed to send it.
func (in *inflow) push(b []byte) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.unwanted:
		return true
	case in.credit <= 0 || in.complete:
		return false
	}
	in.credit -= cost(len(b))
	in.arrived.add(b)
	return true
}

// leave is called by the consumer when it wants no more, also of what has
// arrived.
func (in *inflow) leave() {
	in.taken.release()
	in.mu.Lock()
	defer in.mu.Unlock()
	in.unwanted = true
	in.arrived.release()
}

// finish says that no more will come.
func (in *inflow) finish() {
	in.mu.Lock()
	in.complete = true
	in.mu.Unlock()
	in.signal()
}

func (in *inflow) signal() {
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

// swap gives the consumer what has arrived.
func (in *inflow) swap() (complete bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.taken.reset()
	in.taken, in.arrived = in.arrived, in.taken
	return in.complete
}

// grant adds to the credit of the sender.
func (in *inflow) grant(credit int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.credit += credit
}

// receive returns the next item, valid until the next call, and io.EOF after
// the last. It gives up when ctx ends or over is closed, but not before all
// that has arrived is consumed.
func (s *stream) receive(ctx context.Context, over <-chan struct{}) ([]byte, error) {
	for {
		if b, ok := s.in.taken.pop(); ok {
			s.consumed(len(b))
			return b, nil
		}
		isOver := closedNow(over)
		complete := s.in.swap()
		if s.in.taken.next < len(s.in.taken.ends) {
			continue
		}
		if complete || isOver {
			return nil, io.EOF
		}
		select {
		case <-s.in.wake:
		case <-over:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// closedNow reports whether c is closed.
func closedNow(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// consumed gives credit back once half a window is free.
func (s *stream) consumed(n int) {
	in := &s.in
	in.free += cost(n)
	if in.free < in.window/2 {
		return
	}
	in.grant(in.free)
	s.conn.out.post(&wire.Packet{Kind: wire.KindCredit, ID: s.id, Credit: uint32(in.free)})
	in.free = 0
}

// outflow is the credit this side has to send items.
type outflow struct {
	mu     sync.Mutex
	credit int64
	wake   chan struct{}

	// The sender's.
	last  time.Time // when the latest item was dealt with, if the next one is timed
	close int       // how many in a row were close together
}

func (out *outflow) open(credit uint32) {
	out.credit = int64(credit)
	out.wake = make(chan struct{}, 1)
}

// grant takes in credit from the receiver.
func (out *outflow) grant(credit uint32) {
	out.mu.Lock()
	out.credit += int64(credit)
	out.mu.Unlock()
	select {
	case out.wake <- struct{}{}:
	default:
	}
}

// spend takes the credit for an item of n bytes, if there is enough.
func (out *outflow) spend(n int) bool {
	out.mu.Lock()
	defer out.mu.Unlock()
	if out.credit <= 0 {
		return false
	}
	out.credit -= int64(cost(n))
	return true
}

// errOver says that the far side wants no more items, or is gone.
var errOver = fmt.Errorf("ipc: the stream is over: %w", io.ErrClosedPipe)

// send sends the item encoded in buf when there is credit for it.
func (s *stream) send(ctx context.Context, buf *buffer) error {
	item := buf.bytes
	if len(item) > s.conn.node.limits.Message {
		return inputError(code.TooLarge, "an item takes %d bytes, the limit is %d", len(item), s.conn.node.limits.Message)
	}
	for !s.out.spend(len(item)) {
		s.conn.out.push()
		select {
		case <-s.out.wake:
		case <-s.over:
			return errOver
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if closedNow(s.over) {
		return errOver
	}
	buf.packet.Kind, buf.packet.ID, buf.packet.Body = wire.KindItem, s.id, item
	err := s.deliver(ctx, &buf.packet, s.out.haste())
	s.out.dealt()
	return err
}

// Items are in a burst when burstItems of them in a row took no longer to make
// than burstGap each. How long it takes to send them does not count: it is what
// a burst is to save.
const (
	burstItems = 8
	burstGap   = 5 * time.Microsecond
)

// haste says when an item that is ready now has to leave: in a burst, together
// with those that follow.
func (out *outflow) haste() haste {
	if out.timed() && time.Since(out.last) > burstGap {
		out.close = 0
	}
	out.close++
	if out.close > burstItems {
		return soon
	}
	return atOnce
}

// dealt says that the item is with the outbox.
func (out *outflow) dealt() {
	if out.timed() {
		out.last = time.Now()
	}
}

// timed reports whether it is looked how long the next item takes: in a burst
// that is one of a few, for the clock takes longer than an item.
func (out *outflow) timed() bool { return out.close <= burstItems || out.close%burstItems == 0 }

// deliver sends a packet of the stream, and returns the cause of ctx or errOver
// where that is the reason why it could not.
func (s *stream) deliver(ctx context.Context, p *wire.Packet, h haste) error {
	err := s.conn.out.send(ctx, p, time.Time{}, h, nil)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, code.NotConnected):
		return errOver
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}

// inputError is the error of an item that is not sent. The stream has been
// opened, so whoever serves it may have acted.
func inputError(c code.Code, format string, args ...any) *Error {
	return &Error{Code: c, Message: fmt.Sprintf(format, args...), made: true}
}

// sendAll sends what seq yields, and returns its error or what stopped it.
func sendAll[T any](ctx context.Context, s *stream, coding *wire.Coding[T], seq iter.Seq2[T, error]) error {
	if seq == nil {
		return nil
	}
	buf := newBuffer(s.conn.out.bodies.size())
	defer buf.release()
	var slot T // one for all items: what is encoded escapes
	for item, err := range seq {
		if err != nil {
			return err
		}
		slot = item
		if buf.bytes, err = wire.Marshal(s.conn.codec, buf.bytes[:0], coding, &slot); err != nil {
			return inputError(code.BadRequest, "item: %v", err)
		}
		if err := s.send(ctx, buf); err != nil {
			return err
		}
	}
	return nil
}

// badItem is the error of an item that cannot be decoded.
type badItem struct{ err error }

// Error returns what is wrong with it.
func (b *badItem) Error() string { return "item: " + b.err.Error() }

// receiveAll yields what arrives until the far side's sequence is complete. It
// returns what else ended it, and whether the consumer wants more.
func receiveAll[T any](ctx context.Context, s *stream, over <-chan struct{}, coding *wire.Coding[T], yield func(T, error) bool) (more bool, err error) {
	var slot, none T // one for all items: what is decoded escapes
	decode := wire.Unmarshal[T]
	if s.borrow {
		decode = wire.Borrow[T]
	}
	defer s.in.leave()
	for {
		b, err := s.receive(ctx, over)
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return true, err
		}
		slot = none
		if err := decode(s.conn.codec, b, coding, &slot); err != nil {
			return true, &badItem{err}
		}
		if !yield(slot, nil) {
			return false, nil
		}
	}
}
