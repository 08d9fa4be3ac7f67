package transport

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// link is one end of a stream of bytes: what lies under every connection but
// the one in memory. It is a net.Conn whose Write never blocks.
//
// Reading belongs to one goroutine. Writing is guarded by mu, because beside
// the owner's writes there are those of a WebSocket's reader, which answers
// pings and closes: all of them append to out, and out leaves in that order.
type link struct {
	net.Conn
	messageTimeout time.Duration
	writeTimeout   time.Duration
	poll           polling
	maxPending     int // bytes that out may hold

	// The socket itself, where there is one and this system lets us.
	rawIn, rawOut syscall.RawConn

	// Reading.
	in        []byte // a chunk, held while r < w; without rawIn a smaller buffer, held for good
	r, w      int
	pace      pace
	received  atomic.Uint64
	readable  func(fd uintptr) bool // l.readOnce
	readInto  []byte                // where readOnce reads to, nil for a chunk
	readCount int                   // what it read
	readErr   error

	// Writing.
	mu       sync.Mutex
	idle     sync.Cond // signalled when flushing ends
	out      *[]byte   // what has yet to leave, nil for nothing
	sent     int       // bytes of out that have left
	corked   bool      // more is coming at once: do not send yet
	flushing bool      // a goroutine waits for the peer to accept; out is behind what it holds
	draining bool      // it is one of drains
	writeErr error     // ends all writing

	// One attempt to write, used by who holds mu with flushing false, or by
	// who set flushing.
	writeHead  []byte // goes before writeFrom, nil for nothing
	writeFrom  []byte
	writeCount int
	attemptErr error
	attempt    func(fd uintptr) bool // l.writeOnce
	insist     func(fd uintptr) bool // l.writeSome

	drains sync.WaitGroup
	closed atomic.Bool
}

// pace says whether the peer owes us the rest of a message.
type pace uint8

const (
	atRest    pace = iota // nothing has begun
	hurried               // the message has begun: a read that waits must have a deadline
	deadlined             // it has one
)

// newLink returns a link over conn. Its rawIn and rawOut are conn itself, if
// that is a socket.
func newLink(conn net.Conn, o *Options) *link {
	l := &link{
		Conn:           conn,
		messageTimeout: o.MessageTimeout,
		writeTimeout:   o.WriteTimeout,
		poll:           newPolling(o.Poll),
		maxPending:     2*o.MaxMessage + 64<<10,
	}
	l.idle.L = &l.mu
	switch conn := conn.(type) {
	case *net.TCPConn, *net.UnixConn:
		raw := rawConn(conn.(syscall.Conn))
		l.setRaw(raw, raw)
	case *stdio:
		l.setRaw(rawConn(conn.in), rawConn(conn.out))
	}
	return l
}

// setRaw binds the attempts once, so that no read or write allocates.
func (l *link) setRaw(in, out syscall.RawConn) {
	l.rawIn, l.rawOut = in, out
	l.readable, l.attempt, l.insist = l.readOnce, l.writeOnce, l.writeSome
}

// Close ends the link without a word.
func (l *link) Close() error { return l.closeWith(nil) }

// closeWith sends last, if that does not block, and ends the link. What waits
// behind a peer that accepts nothing is lost.
func (l *link) closeWith(last []byte) error {
	if l.closed.Swap(true) {
		return nil
	}
	l.mu.Lock()
	if len(last) > 0 && l.writeErr == nil {
		l.out = appendBuffer(l.out, last)
	}
	if l.out != nil && l.writeErr == nil {
		l.farewell()
	}
	if l.writeErr == nil {
		l.writeErr = net.ErrClosed
	}
	l.mu.Unlock()
	err := l.Conn.Close()
	l.drains.Wait()
	return err
}

// farewellTimeout is how long Close may take where there is no writing without
// blocking. It takes that long only if the socket is full and no Flush has
// noticed.
const farewellTimeout = 250 * time.Millisecond

// farewell makes one attempt to send what is left. It requires mu.
func (l *link) farewell() {
	if l.rawOut != nil {
		l.push()
		return
	}
	if l.flushing && !l.draining {
		return // by who waits for the peer already
	}
	l.startDrain()
	timer := time.AfterFunc(farewellTimeout, func() { l.Conn.Close() })
	defer timer.Stop()
	for l.flushing {
		l.idle.Wait()
	}
}
