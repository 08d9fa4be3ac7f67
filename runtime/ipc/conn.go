package ipc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// conn is one identified connection. It is the same on both sides: each may
// call the other.
//
//	stub -> router.add -> outbox -> transport
//	transport -> reader -> router.take   (a reply settles the call it answers)
//	                    -> serving       (a request runs its handler)
//	                    -> stream        (an item is kept for its consumer)
//
// The reader never waits, except that the last words of a connection which it ends
// have a moment to leave. What must hold: the end of the connection, for whatever
// cause, goes through fail, once.
type conn struct {
	node      *node
	peer      *Peer
	name      string // of this connection, for logs; never the same twice
	transport transport.Conn
	dialect   wire.Dialect
	traits    *wire.Traits // of the dialect
	codec     wire.Codec
	log       *slog.Logger
	gripes    complaints // about the peer

	out    outbox
	router *router
	pulse  pulse

	// Reading; all of it belongs to who holds the baton.
	baton   *baton
	message *buffer
	arrived usual     // messages
	came    time.Time // when message did, give or take; zero until somebody asks
	rest    []byte    // what of message has not been decoded
	packet  wire.Packet
	taken   int             // packets out of message
	portion int             // after so many of them answers leave
	current *serving        // what runs on the reader
	fed     *stream         // items have arrived for it, and its consumer is not told
	heard   []*pending      // settled by this message, and not told
	wanted  []*Subscription // of the event that is looked at; kept for its storage, as is due
	due     []*serving      // of that event

	forwards forwards // of calls that this connection's peer makes to others
	lane     lane     // for what others send to it
	touched  *conn    // that the reader has passed packets on to, and not pushed

	running  runningSet
	listener atomic.Pointer[listener] // the peer's subscriptions; nil: none yet
	notes    notes

	ctx      context.Context // of all handlers; ends with the connection
	cancel   context.CancelCauseFunc
	draining atomic.Bool // new requests are refused

	server  *Server // whose peer is at the other end; nil at a client
	client  *Client // which is at this end; nil at a server
	said    uint64  // the metadata that the client has told, by its number
	profile profile // of the peer, guarded by server.directory.mu

	joined  atomic.Bool // its server's OnJoin has let it in, and OnLeave has not been told
	leave   func()      // to be called when OnLeave has been told; nil where there is none
	took    bool        // its identity from another, with the override key
	onEnd   func(error) // what the end means to the node; may be nil
	born    time.Time
	ending  sync.Once
	done    chan struct{}         // closed when the connection has ended
	cause   error                 // why; set before done is closed
	parting atomic.Pointer[error] // why this side is ending it; nil while it is not
}

// newConn returns a connection that has been identified. Nothing is read or
// sent before start.
func newConn(n *node, tc transport.Conn, d wire.Dialect, dialed bool) *conn {
	c := &conn{node: n, transport: tc, dialect: d, traits: traitsOf(tc), codec: d.Codec(), log: n.log, born: time.Now(), done: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.out = outbox{transport: tc, dialect: d, maxBytes: n.limits.Message, maxQueue: n.limits.Queue, fail: c.fail, limit: n.sendLimit, over: c.done}
	c.out.hold()
	first := uint64(2)
	if dialed {
		first = 1
	}
	c.router = newRouter(first, n.limits.Pending, c.cancelFar)
	c.baton = newBaton(c.readOn)
	c.running.init(n)
	c.lane.conn = c
	c.pulse.init(c)
	c.gripes.init(n.log)
	return c
}

// start lets packets flow.
func (c *conn) start(heartbeat, silence time.Duration) {
	c.transport.Limit(c.node.limits.Message + slack)
	c.pulse.start(heartbeat, silence)
	go c.read()
	c.out.release()
}

// read is the reader: it holds the baton until it loses it or the connection
// ends.
func (c *conn) read() {
	for {
		if len(c.rest) == 0 && !c.readMessage() {
			return
		}
		rest, err := c.dialect.Next(c.rest, &c.packet)
		c.rest = rest
		if err != nil {
			c.refuseBad(err)
			continue
		}
		if c.node.onPacket != nil {
			c.show(&c.packet)
		}
		if !c.receive(&c.packet) {
			return
		}
		if c.taken++; c.taken%c.portion == 0 {
			c.out.push()
		}
	}
}

// readMessage reads the next message, and reports false when there is none, or
// the connection has been ended.
func (c *conn) readMessage() bool {
	c.announce()
	c.out.push()
	c.taken, c.portion = 0, portion(c.taken)
	c.message.release()
	c.message = nil // an idle connection holds no storage
	if err := c.transport.Wait(); err != nil {
		c.fail(readError(err))
		return false
	}
	m := newBuffer(c.arrived.size())
	b, err := c.transport.Read(m.bytes)
	if err != nil {
		m.release()
		c.fail(readError(err))
		return false
	}
	c.arrived.seen(len(b))
	m.bytes, c.message, c.rest, c.came = b, m, b, time.Time{}
	return true
}

// now returns the time, to the length of a message: the deadlines of all its
// requests count from one look at the clock.
func (c *conn) now() time.Time {
	if c.came.IsZero() {
		c.came = time.Now()
	}
	return c.came
}

// readError says what the end of reading means.
func readError(err error) error {
	var closed *transport.CloseError
	if errors.As(err, &closed) {
		return closeError(closed.Code, closed.Reason)
	}
	return brokenError("read", err)
}

// brokenError says what it means that reading or writing failed.
func brokenError(op string, err error) error {
	if errors.Is(err, transport.ErrSlow) {
		return &closed{status: statusSlow, reason: "the peer does not read", err: err}
	}
	return fmt.Errorf("ipc: %s: %w", op, err)
}

// readOn goes on reading on a new goroutine: a handler keeps the reader.
func (c *conn) readOn() {
	c.current.handler.pace.slow()
	c.running.enter(c.current)
	c.announce()
	go c.read()
	c.out.push()
}

// refuseBad deals with a packet that was not understood, and ends the
// connection when the rest of the message is not to be understood either. Who
// waits for that packet is told: a call is answered, a call of ours is settled,
// a stream that misses a packet is broken off.
func (c *conn) refuseBad(err error) {
	var bad *wire.PacketError
	if !errors.As(err, &bad) {
		c.violated(err.Error())
		return
	}
	c.gripes.warn("ipc: packet refused", "peer", c.peer.id, "conn", c.name, "error", bad)
	switch k := bad.Kind; {
	case k == wire.KindCall, k == wire.KindSubscribe, k == wire.KindEvent, !k.Known() && !k.Ignorable():
		if c.router.foreign(bad.ID) {
			c.refuse(bad.ID, code.Code(bad.Code), bad.Message)
		}
	case k == wire.KindReply, k == wire.KindError, k == wire.KindItem, k == wire.KindEnd, k == wire.KindCredit:
		c.breakOff(bad.ID, "a packet was refused: "+bad.Message)
	}
}

// violated ends the connection because the peer broke the protocol. Nothing
// more of the message is looked at.
func (c *conn) violated(reason string) {
	c.end(statusProtocol, reason)
	c.rest = nil
}

// refuse tells the far side that its call id was not executed.
func (c *conn) refuse(id uint64, why code.Code, message string) {
	c.out.post(&wire.Packet{Kind: wire.KindError, ID: id, Code: string(why), Message: cut(message, maxErrorText)})
}

// receive acts on one packet. It reports false when the goroutine that called
// it is the reader no longer.
func (c *conn) receive(p *wire.Packet) bool {
	if c.forwards.any.Load() && c.splice(p) {
		return true
	}
	switch p.Kind {
	case wire.KindCall:
		if !c.router.foreign(p.ID) || c.running.find(p.ID) != nil {
			c.violated("the id of a call is not the caller's to give, or in use")
			return true
		}
		return c.serve(p)
	case wire.KindNotify:
		p.ID = 0
		return c.serve(p)
	case wire.KindReply, wire.KindError:
		c.settle(p)
	case wire.KindItem:
		c.takeItem(p)
	case wire.KindEnd:
		c.endInput(p)
	case wire.KindCredit:
		c.takeCredit(p)
	case wire.KindCancel:
		c.running.cancel(p.ID, context.Canceled)
	case wire.KindSubscribe, wire.KindUnsubscribe, wire.KindEvent, wire.KindMissed:
		return c.node.events.receive(c, p)
	case wire.KindPing:
		c.out.post(&wire.Packet{Kind: wire.KindPong, ID: p.ID})
	case wire.KindPong:
		c.pulse.pong(p.ID)
	case wire.KindGoAway:
		c.router.refuse(errDraining)
	case wire.KindClose:
		c.fail(closeError(p.Status, p.Message))
		c.rest = nil
	case wire.KindChallenge, wire.KindIdentify, wire.KindMetadata, wire.KindWelcome:
		c.violated(p.Kind.String() + " after the handshake")
	}
	return true
}

// settle hands a reply to who waits for it. A reply nobody waits for is late,
// or the peer's mistake: either way it harms nobody.
func (c *conn) settle(p *wire.Packet) {
	call := c.router.take(p.ID)
	if call == nil {
		c.stray(p)
		return
	}
	call.body, call.origin = p.Body, p.Origin
	if p.Kind == wire.KindError {
		failure := *p
		call.failure = &failure
	}
	if len(p.Body) > 0 {
		call.from = c.message.keep()
	}
	c.heard = append(c.heard, call)
}

// stray notes a packet that belongs to nothing here.
func (c *conn) stray(p *wire.Packet) {
	if p.ID != 0 && !c.router.foreign(p.ID) && !c.router.issued(p.ID) {
		c.gripes.warn("ipc: stray packet ignored", "peer", c.peer.id, "conn", c.name, "kind", p.Kind, "id", p.ID)
		return
	}
	c.log.Debug("ipc: late packet ignored", "peer", c.peer.id, "conn", c.name, "kind", p.Kind, "id", p.ID)
}

// cancelFar tells the far side that nobody waits for id any more.
func (c *conn) cancelFar(id uint64) {
	c.out.post(&wire.Packet{Kind: wire.KindCancel, ID: id})
}

// end closes the connection for a reason that the far side is told. It stays the
// reason here if the far side hangs up first.
func (c *conn) end(status uint16, reason string) {
	why := closeError(status, reason)
	c.parting.CompareAndSwap(nil, &why)
	if err := c.out.post(&wire.Packet{Kind: wire.KindClose, Status: status, Message: cut(reason, maxErrorText)}); err == nil {
		select {
		case <-c.out.drained():
		case <-time.After(lastWords):
		}
	}
	c.failWith(why, status, reason)
}

// lastWords is how long a close packet may take to leave.
const lastWords = 100 * time.Millisecond

// fail ends the connection with cause.
func (c *conn) fail(cause error) {
	status, reason := statusGone, ""
	if errors.Is(cause, code.Slow) {
		status, reason = statusSlow, "the peer does not read"
	}
	c.failWith(cause, status, reason)
}

func (c *conn) failWith(cause error, status uint16, reason string) {
	first := false
	c.ending.Do(func() {
		if why := c.parting.Load(); why != nil {
			cause = *why
		}
		first, c.cause = true, cause
		refused := notSent(code.NotConnected, "the connection ended: %v", cause).because(cause)
		for _, msg := range c.out.close(refused) {
			c.unsend(msg.bytes, refused)
		}
		c.transport.Close(status, reason)
		c.pulse.stop()
		c.router.close(lost(cause), refused)
		c.cancel(cause)
		close(c.done)
	})
	if first && c.onEnd != nil { // outside of Do, which what it calls may enter
		c.onEnd(cause)
	}
}

// unsend settles the calls in a message that never leaves.
func (c *conn) unsend(msg []byte, err error) {
	var p wire.Packet
	for len(msg) > 0 {
		var bad error
		if msg, bad = c.dialect.Next(msg, &p); bad != nil {
			return
		}
		if p.Kind != wire.KindCall {
			continue
		}
		if call := c.router.take(p.ID); call != nil {
			call.fail(err)
		}
	}
}

// hasEnded reports whether the connection has ended.
func (c *conn) hasEnded() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// announce tells those who wait for what has arrived. It is told at the end of
// a message: whoever is woken by the first of its packets would only wait for
// the others, or answer the first alone.
func (c *conn) announce() {
	c.feed()
	c.pushForwarded()
	for i, call := range c.heard {
		call.settle()
		c.heard[i] = nil
	}
	c.heard = c.heard[:0]
}

// feed tells the consumer of the stream that items have arrived for.
func (c *conn) feed() {
	if c.fed != nil {
		c.fed.in.signal()
		c.fed = nil
	}
}
