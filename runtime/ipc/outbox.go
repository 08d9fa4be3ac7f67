package ipc

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// outbox sends packets. There is no goroutine that writes: whoever sends
// appends to the next message and, if nobody is writing, writes it. Packets
// that arrive meanwhile share the message after it, so that under load many
// packets leave with one system call.
//
// Writing never blocks a sender: what the operating system does not take at
// once is left to a goroutine that lives until the peer has caught up.
type outbox struct {
	transport transport.Conn
	dialect   wire.Dialect
	maxBytes  int
	maxQueue  int
	fail      func(error)     // ends the connection; called without mu
	limit     *sendLimit      // of requests; nil: none
	over      <-chan struct{} // closed when the connection has ended

	mu      sync.Mutex
	next    *scratch      // the message being filled; nil if there is none
	packets int           // in next
	writing bool          // somebody writes, or the handshake is not over
	closed  error         // why nothing more is sent
	room    chan struct{} // closed when next is taken; nil if nobody waits
	idle    chan struct{} // closed when all is written; nil if nobody waits

	timer     *time.Timer // that rings
	lingering bool        // it will
}

// hold keeps packets back until release.
func (o *outbox) hold() { o.writing = true }

// release sends what was kept back.
func (o *outbox) release() { o.write() }

// haste says when a packet has to leave. Packets that may wait a moment leave
// together with those that follow.
type haste uint8

const (
	atOnce  haste = iota
	yielded       // when the others who are ready to run have had their turn
	later         // at the next push
	soon          // when enough has come together, or after a moment
)

// What waits with haste soon leaves when it has enough bytes, or after a moment.
const (
	enough = 16 << 10
	moment = 100 * time.Microsecond
)

// send queues p, waiting for room while ctx lasts and until the time has come,
// if it is not zero, and reports why it did not if it did not. beforeWait, if
// not nil, is called once before it waits.
func (o *outbox) send(ctx context.Context, p *wire.Packet, until time.Time, h haste, beforeWait func()) error {
	if o.limit != nil && (p.Kind == wire.KindCall || p.Kind == wire.KindNotify) {
		if err := o.awaitTurn(ctx, p, until, beforeWait); err != nil {
			return err
		}
	}
	for {
		o.mu.Lock()
		if o.closed != nil {
			o.mu.Unlock()
			return o.closed
		}
		if o.fits(len(p.Body)) {
			return o.append(p, h)
		}
		room := o.waitRoom()
		o.mu.Unlock()
		if beforeWait != nil {
			beforeWait()
			beforeWait = nil
		}
		if err := await(ctx, room, until); err != nil {
			return err
		}
		if p.Timeout > 0 {
			p.Timeout = max(time.Until(until), time.Millisecond)
		}
	}
}

// await waits for room.
func await(ctx context.Context, room <-chan struct{}, until time.Time) error {
	if !until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, until)
		defer cancel()
	}
	select {
	case <-room:
		return nil
	case <-ctx.Done():
		return notSent(code.QueueFull, "no room to send").because(ctx.Err())
	}
}

// post queues p without waiting. It is for small packets that keep the
// protocol going; a peer that lets too many of them pile up is slow.
func (o *outbox) post(p *wire.Packet) error {
	o.mu.Lock()
	if o.closed != nil {
		o.mu.Unlock()
		return o.closed
	}
	if o.next != nil && len(o.next.bytes)+len(p.Body) > o.maxBytes+slack-256 {
		o.mu.Unlock()
		err := closeError(statusSlow, "the peer does not read")
		o.fail(err)
		return err
	}
	return o.append(p, atOnce)
}

// fits reports whether a body of n bytes may join next. Called with mu held.
func (o *outbox) fits(n int) bool {
	return o.next == nil || len(o.next.bytes)+n <= o.maxBytes && o.packets < o.maxQueue
}

// waitRoom returns what is closed when next is taken. Called with mu held.
func (o *outbox) waitRoom() <-chan struct{} {
	if o.room == nil {
		o.room = make(chan struct{})
	}
	return o.room
}

// append adds p to next and sees to it that it leaves. Called with mu held,
// which it unlocks.
func (o *outbox) append(p *wire.Packet, h haste) error {
	if err := o.add(p); err != nil {
		o.mu.Unlock()
		return cannotSay(err)
	}
	if o.writing || h == later || h == soon && o.linger() {
		o.mu.Unlock()
		return nil
	}
	o.writing = true
	o.mu.Unlock()
	if h == yielded {
		o.gather()
	}
	o.write()
	return nil
}

// maxYields bounds how often a sender lets others go first.
const maxYields = 8

// gather lets the others who are ready to run have their turn, for as long as
// they have something to send.
func (o *outbox) gather() {
	o.mu.Lock()
	packets, seen := o.packets, 0
	o.mu.Unlock()
	for i := 0; i < maxYields && packets > seen; i++ {
		seen = packets
		runtime.Gosched()
		o.mu.Lock()
		packets = o.packets
		o.mu.Unlock()
	}
}

// linger reports whether next may wait for more, and sees to it that it does
// not wait long. Called with mu held.
func (o *outbox) linger() bool {
	if len(o.next.bytes) >= enough {
		return false
	}
	switch {
	case o.lingering:
	case o.timer == nil:
		o.timer = time.AfterFunc(moment, o.ring)
	default:
		o.timer.Reset(moment)
	}
	o.lingering = true
	return true
}

// ring ends the lingering.
func (o *outbox) ring() {
	o.mu.Lock()
	o.lingering = false
	o.mu.Unlock()
	o.push()
}

// push sends what was queued for later.
func (o *outbox) push() {
	o.mu.Lock()
	idle := o.next == nil || o.writing || o.closed != nil
	o.writing = o.writing || !idle
	o.mu.Unlock()
	if !idle {
		o.write()
	}
}

// add encodes p at the end of next. Called with mu held.
func (o *outbox) add(p *wire.Packet) (err error) {
	next := o.next
	if next == nil {
		next = newScratch()
	}
	if next.bytes, err = o.dialect.Append(next.bytes, p); err != nil {
		if o.next == nil {
			next.release()
		}
		return err
	}
	o.next = next
	o.packets++
	return nil
}

// write sends messages until none is left. Only the holder of o.writing calls it.
func (o *outbox) write() {
	for msg := o.take(); msg != nil; msg = o.take() {
		drained, err := o.transport.Write(msg.bytes)
		msg.release()
		if err != nil {
			o.fail(brokenError("write", err))
			return
		}
		if !drained {
			go o.flush()
			return
		}
	}
}

// flush waits for the peer to take what is on its way and goes on writing.
func (o *outbox) flush() {
	if err := o.transport.Flush(); err != nil {
		o.fail(brokenError("write", err))
		return
	}
	o.write()
}

// take returns the message to write next, nil if there is none.
func (o *outbox) take() *scratch {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.next == nil || o.closed != nil {
		o.writing = false
		signal(&o.idle)
		return nil
	}
	msg := o.next
	o.next, o.packets = nil, 0
	signal(&o.room)
	return msg
}

// close makes every send fail with err from now on, and returns what was queued
// and never leaves.
func (o *outbox) close(err error) (unsent []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed == nil {
		o.closed = err
	}
	if o.timer != nil {
		o.timer.Stop()
	}
	if o.next != nil {
		unsent, o.next = o.next.bytes, nil
	}
	signal(&o.room)
	signal(&o.idle)
	return unsent
}

// drained returns what is closed once everything queued has been written, or
// nothing will be.
func (o *outbox) drained() <-chan struct{} {
	o.push()
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.writing || o.closed != nil {
		return closedChan
	}
	if o.idle == nil {
		o.idle = make(chan struct{})
	}
	return o.idle
}

// closedChan is what one waits on for something that has happened.
var closedChan = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// signal closes *c, if somebody waits for it.
func signal(c *chan struct{}) {
	if *c != nil {
		close(*c)
		*c = nil
	}
}
