package ipc

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// outbox sends packets. There is no goroutine that writes: whoever sends
// appends to the last message of a queue and, if nobody is writing, writes it.
// Packets that arrive meanwhile share the messages after it, so that under load
// many packets leave with one system call.
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
	queue   []*buffer // messages, the last being filled
	bytes   int       // in queue, and granted to waiters that have not come yet
	packets int       // likewise
	writing bool      // somebody writes, or the handshake is not over
	closed  error     // why nothing more is sent
	waiters waiters
	idle    chan struct{} // closed when all is written; nil if nobody waits
	room    chan struct{} // closed when a message is taken, for events; nil if none waits

	timer     *time.Timer // that rings
	lingering bool        // it will

	bodies   usual // bodies of packets, before they are queued
	messages usual
}

// A message is not added to when it has fullMessage bytes: more packets in one
// would save little, and the peer can begin with the first ones.
const fullMessage = 512 << 10

// hold keeps packets back until release.
func (o *outbox) hold() { o.writing = true }

// release sends what was kept back.
func (o *outbox) release() { o.write() }

// haste says when a packet has to leave. Packets that may wait a moment leave
// together with those that follow; a positive haste is how many of them, see
// together.
type haste int

const (
	atOnce haste = -iota
	later        // at the next push
	soon         // when enough has come together, or after a moment
)

// together is the haste of one of n packets that are under way: it leaves when a
// portion of them have come together, or the others who are ready to run have
// had their turn.
func together(n int) haste { return haste(portion(n)) }

// portion is how many of n small packets leave with one write: half of them, so
// that both sides have something to do, unless a write is dearer than that saves.
func portion(n int) int { return min(max(n/2, 8), 32) }

// What waits with haste soon leaves when it has enough bytes, or after a moment.
const (
	enough = 32 << 10
	moment = 100 * time.Microsecond
)

// send queues p, waiting for room while ctx lasts and until the time has come,
// if it is not zero, and reports why it did not if it did not. beforeWait, if
// not nil, is called once before it waits.
func (o *outbox) send(ctx context.Context, p *wire.Packet, until time.Time, h haste, beforeWait func()) error {
	if o.limit != nil && (p.Kind == wire.KindCall || p.Kind == wire.KindNotify || p.Kind == wire.KindEvent) {
		if err := o.awaitTurn(ctx, p, until, beforeWait); err != nil {
			return err
		}
	}
	o.mu.Lock()
	if o.closed == nil && o.waiters.none() && o.fits(len(p.Body)) {
		return o.append(p, h)
	}
	if o.closed != nil {
		defer o.mu.Unlock()
		return o.closed
	}
	return o.sendInTurn(ctx, p, until, h, beforeWait)
}

// sendInTurn queues p when those who came before have been granted room, and
// there is some left. Called with mu held, which it unlocks.
func (o *outbox) sendInTurn(ctx context.Context, p *wire.Packet, until time.Time, h haste, beforeWait func()) error {
	w := o.waiters.add(len(p.Body))
	o.mu.Unlock()
	if beforeWait != nil {
		beforeWait()
	}
	err := w.wait(ctx, until)
	o.mu.Lock()
	if granted := o.waiters.remove(w); granted {
		o.bytes -= len(p.Body)
		o.packets--
	}
	if o.closed != nil {
		err = o.closed
	}
	if err != nil {
		o.admit()
		o.mu.Unlock()
		return err
	}
	if p.Timeout > 0 {
		p.Timeout = max(time.Until(until), time.Millisecond)
	}
	return o.append(p, h)
}

// post queues p without waiting. It is for small packets that keep the
// protocol going; a peer that lets too many of them pile up is slow.
func (o *outbox) post(p *wire.Packet) error {
	o.mu.Lock()
	if o.closed != nil {
		o.mu.Unlock()
		return o.closed
	}
	if o.bytes+len(p.Body) > o.maxBytes+slack-256 {
		o.mu.Unlock()
		err := closeError(statusSlow, "the peer does not read")
		o.fail(err)
		return err
	}
	return o.append(p, atOnce)
}

// fits reports whether there is room for a body of n bytes. Called with mu held.
func (o *outbox) fits(n int) bool {
	return o.packets == 0 || o.bytes+n <= o.maxBytes && o.packets < o.maxQueue
}

// admit lets in those who wait, in their turn, as far as there is room. Called
// with mu held.
func (o *outbox) admit() {
	for w := o.waiters.first(); w != nil && o.fits(w.bytes); w = o.waiters.first() {
		o.bytes += w.bytes
		o.packets++
		o.waiters.grant()
	}
}

// append queues p and sees to it that it leaves. Called with mu held,
// which it unlocks.
func (o *outbox) append(p *wire.Packet, h haste) error {
	if err := o.add(p); err != nil {
		o.admit() // others, to the room that p may have been granted
		o.mu.Unlock()
		return cannotSay(err)
	}
	if o.writing || h == later || h == soon && o.linger() {
		o.mu.Unlock()
		return nil
	}
	o.writing = true
	o.mu.Unlock()
	if h > 0 {
		o.gather(int(h))
	}
	o.write()
	return nil
}

// maxYields bounds how often a sender lets others go first.
const maxYields = 8

// gather lets the others who are ready to run have their turn, for as long as
// they have something to send, and until so many packets have come together.
func (o *outbox) gather(most int) {
	o.mu.Lock()
	packets, seen := o.packets, 0
	o.mu.Unlock()
	for i := 0; i < maxYields && seen < packets && packets < most; i++ {
		seen = packets
		runtime.Gosched()
		o.mu.Lock()
		packets = o.packets
		o.mu.Unlock()
	}
}

// linger reports whether what is queued may wait for more, and sees to it that it does
// not wait long. Called with mu held.
func (o *outbox) linger() bool {
	if o.bytes >= enough {
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
	idle := len(o.queue) == 0 || o.writing || o.closed != nil
	o.writing = o.writing || !idle
	o.mu.Unlock()
	if !idle {
		o.write()
	}
}

// add encodes p at the end of the queue. Called with mu held.
func (o *outbox) add(p *wire.Packet) (err error) {
	msg := o.last(len(p.Body))
	before := len(msg.bytes)
	msg.reserve(len(p.Body) + headRoom)
	if msg.bytes, err = o.dialect.Append(msg.bytes, p); err != nil {
		return err
	}
	o.bytes += len(msg.bytes) - before
	o.packets++
	msg.packets++
	return nil
}

// headRoom is what most packets take beside their body.
const headRoom = 256

// last returns the message to which a packet with a body of n bytes is added.
func (o *outbox) last(n int) *buffer {
	if i := len(o.queue) - 1; i >= 0 {
		msg := o.queue[i]
		if size := len(msg.bytes); size == 0 || size < fullMessage && size+n <= o.maxBytes {
			return msg
		}
	}
	msg := newBuffer(max(n+headRoom, o.messages.size()))
	o.queue = append(o.queue, msg)
	return msg
}

// write sends messages until none is left, or leaves that to a goroutine. Only
// the holder of o.writing calls it.
func (o *outbox) write() {
	if !o.writeAll() {
		go o.flush()
	}
}

// writeAll sends messages until none is left, or the peer has to catch up
// first, in which case it reports false.
func (o *outbox) writeAll() bool {
	for msg := o.take(); msg != nil; msg = o.take() {
		o.messages.seen(len(msg.bytes))
		drained, err := o.transport.Write(msg.bytes)
		msg.release()
		if err != nil {
			o.fail(brokenError("write", err))
			return true
		}
		if !drained {
			return false
		}
	}
	return true
}

// flush waits for the peer to take what is on its way and goes on writing.
func (o *outbox) flush() {
	for caughtUp := false; !caughtUp; caughtUp = o.writeAll() {
		if err := o.transport.Flush(); err != nil {
			o.fail(brokenError("write", err))
			return
		}
	}
}

// take returns the message to write next, nil if there is none.
func (o *outbox) take() *buffer {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 || len(o.queue[0].bytes) == 0 || o.closed != nil {
		o.writing = false
		signal(&o.idle)
		return nil
	}
	msg := o.queue[0]
	o.queue = slices.Delete(o.queue, 0, 1)
	o.bytes -= len(msg.bytes)
	o.packets -= msg.packets
	o.admit()
	signal(&o.room)
	return msg
}

// close makes every send fail with err from now on, and returns the messages
// that never leave.
func (o *outbox) close(err error) (unsent []*buffer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed == nil {
		o.closed = err
	}
	if o.timer != nil {
		o.timer.Stop()
	}
	unsent, o.queue = o.queue, nil
	o.waiters.dismiss()
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
