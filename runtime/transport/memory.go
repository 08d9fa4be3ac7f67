package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

const (
	// maxQueued bounds what waits in one direction of a pair, in bytes. One
	// message always fits.
	maxQueued = 256 << 10

	// messageCost is what a queued message counts beside its bytes.
	messageCost = 64

	// maxHead is how many taken messages a queue holds the places of.
	maxHead = 1 << 10
)

// Pipe returns the two ends of a connection in memory. Both have done their
// handshake, on the first of the subprotocols. It panics if o is invalid.
func Pipe(o *Options) (Conn, Conn) {
	s, err := settle(o)
	if err != nil {
		panic(err)
	}
	a, b := newPair("pipe", s, s)
	a.subprotocol, b.subprotocol = s.Subprotocols[0], s.Subprotocols[0]
	return a, b
}

// memoryConn is one end of a pair.
type memoryConn struct {
	in, out *lane
	o       *Options
	maxRead int // bytes of a message that Read takes
	addr    memoryAddr
	offer   []string // of the dialer; nil on its own end
	peer    *memoryConn

	// agreed is closed when the acceptor has answered; the dialer's refusal
	// and subprotocol are set before.
	agreed      chan struct{}
	answering   sync.Once
	refusal     error
	subprotocol string

	unsent  []byte // taken by Write, for Flush to deliver
	closing sync.Once
}

type memoryAddr string

func (memoryAddr) Network() string  { return "mem" }
func (a memoryAddr) String() string { return string(a) }

func newPair(name string, dialer, acceptor *Options) (near, far *memoryConn) {
	there, back := newLane(), newLane()
	near = &memoryConn{in: back, out: there, o: dialer, maxRead: dialer.MaxMessage, addr: memoryAddr(name), agreed: make(chan struct{})}
	far = &memoryConn{in: there, out: back, o: acceptor, maxRead: acceptor.MaxMessage, addr: memoryAddr(name), offer: dialer.Subprotocols, peer: near}
	return near, far
}

func (c *memoryConn) Handshake(context.Context) error {
	if c.peer == nil || c.subprotocol != "" {
		return nil
	}
	chosen, err := choose(c.offer, c.o.Subprotocols)
	if err != nil {
		c.peer.hear("", fmt.Errorf("%w: %w", ErrRefused, err))
		return fmt.Errorf("transport: handshake: %w", err)
	}
	c.subprotocol = chosen
	c.peer.hear(chosen, nil)
	return nil
}

// hear takes the acceptor's answer.
func (c *memoryConn) hear(subprotocol string, refusal error) {
	c.answering.Do(func() {
		c.subprotocol, c.refusal = subprotocol, refusal
		close(c.agreed)
	})
}

func (c *memoryConn) Subprotocol() string { return c.subprotocol }
func (c *memoryConn) Received() uint64    { return c.in.received() }
func (c *memoryConn) Limit(bytes int)     { c.maxRead = bytes }

func (c *memoryConn) Info() Info {
	return Info{Scheme: "mem", Local: c.addr, Remote: c.addr, UID: -1}
}

func (c *memoryConn) Wait() error { return c.in.wait() }

func (c *memoryConn) Read(buf []byte) ([]byte, error) {
	msg, err := c.in.take(buf)
	if err == nil && len(msg) > c.maxRead {
		err = fmt.Errorf("%w: %d bytes", ErrTooLarge, len(msg))
		c.Close(violation(err), err.Error())
	}
	if err != nil {
		return nil, err
	}
	return msg, nil
}

func (c *memoryConn) Write(msg []byte) (drained bool, err error) {
	if err := checkMessage(msg, c.o); err != nil {
		return true, err
	}
	if len(c.unsent) > 0 {
		return false, errUnflushed
	}
	drained, err = c.out.put(msg)
	if err == nil && !drained {
		c.unsent = append(c.unsent, msg...)
	}
	return drained, err
}

// errUnflushed means that the caller broke the contract of Write.
var errUnflushed = errors.New("transport: Write before Flush")

func (c *memoryConn) Flush() error {
	if len(c.unsent) == 0 {
		return nil
	}
	timer := time.NewTimer(c.o.WriteTimeout)
	defer timer.Stop()
	for {
		drained, err := c.out.put(c.unsent)
		if drained {
			c.unsent = nil
		}
		if drained || err != nil {
			return err
		}
		select {
		case <-c.out.space:
			timer.Reset(c.o.WriteTimeout)
		case <-timer.C:
			return fmt.Errorf("%w for %v", ErrSlow, c.o.WriteTimeout)
		}
	}
}

func (c *memoryConn) Close(code uint16, reason string) error {
	c.closing.Do(func() {
		c.out.end(closed(code, cutReason(reason)), net.ErrClosed)
		c.in.abandon()
		if c.peer != nil {
			c.peer.hear("", errPeerClosed)
		}
	})
	return nil
}

// lane is one direction of a pair: a queue of messages with one writer and
// one reader.
type lane struct {
	ready chan struct{} // holds a token when the reader has something to look at
	space chan struct{} // the same for the writer

	mu       sync.Mutex
	queue    [][]byte
	head     int    // index in queue of the first message
	size     int    // cost of the messages in queue
	total    uint64 // bytes that ever arrived
	spare    []byte // storage for the next message
	readErr  error  // after the last message
	writeErr error
}

func newLane() *lane {
	return &lane{ready: make(chan struct{}, 1), space: make(chan struct{}, 1)}
}

// put queues a copy of msg, unless there is no space.
func (l *lane) put(msg []byte) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.writeErr != nil {
		return false, l.writeErr
	}
	if l.size > 0 && l.size+len(msg) > maxQueued {
		return false, nil
	}
	l.queue = append(l.queue, append(l.spare[:0], msg...))
	l.spare = nil
	l.size += len(msg) + messageCost
	l.total += uint64(len(msg))
	signal(l.ready)
	return true, nil
}

// take waits for a message and copies it to buf's storage.
func (l *lane) take(buf []byte) ([]byte, error) {
	for {
		msg, err := l.tryTake(buf)
		if msg != nil || err != nil {
			return msg, err
		}
		<-l.ready
	}
}

// wait waits for a message.
func (l *lane) wait() error {
	for {
		l.mu.Lock()
		waiting, err := len(l.queue) > l.head, l.readErr
		l.mu.Unlock()
		if waiting {
			return nil
		}
		if err != nil {
			return err
		}
		<-l.ready
	}
}

// tryTake returns nil if there is nothing yet.
func (l *lane) tryTake(buf []byte) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == l.head {
		return nil, l.readErr
	}
	return append(buf[:0], l.pop()...), nil
}

// pop removes the first message; what it returns is valid until mu is unlocked.
func (l *lane) pop() []byte {
	msg := l.queue[l.head]
	l.queue[l.head] = nil
	l.head++
	if l.head == len(l.queue) || l.head == maxHead {
		l.queue = append(l.queue[:0], l.queue[l.head:]...)
		l.head = 0
	}
	l.size -= len(msg) + messageCost
	l.spare = msg
	signal(l.space)
	return msg
}

// end lets the reader have what is queued, then readErr.
func (l *lane) end(readErr, writeErr error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.readErr == nil {
		l.readErr = readErr
	}
	l.writeErr = writeErr
	signal(l.ready)
	signal(l.space)
}

// abandon is the reader's end: what is queued is lost.
func (l *lane) abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue, l.head, l.spare, l.size = nil, 0, nil, 0
	l.readErr = net.ErrClosed
	if l.writeErr == nil {
		l.writeErr = errPeerClosed
	}
	signal(l.ready)
	signal(l.space)
}

func (l *lane) received() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
