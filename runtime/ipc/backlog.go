package ipc

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ipcgen/ipcgen/runtime/topic"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// listener is a connection that has subscribed to events.
//
// An event goes straight into its outbox. Only when there is no room, since the
// peer reads more slowly than events come, does it wait in the backlog, where
// the policy of its topic bounds how many do, and from where one goroutine
// takes them as room comes. So a slow subscriber costs a goroutine, and the
// others do not notice.
type listener struct {
	conn   *conn
	serial uint64 // tells listeners apart, in the order in which they came

	behind atomic.Bool // events wait, and the next has to wait behind them
	owing  atomic.Bool // the peer is to be told of events that were dropped

	mu      sync.Mutex
	subs    map[interest]*subscribed
	waiting []late
	bytes   int
	inHand  uint64 // serial of the event that is being offered; 0: none
	last    uint64 // serial of the event that came last
	moved   chan struct{}
}

// interest is what a subscription names: an event, or all those of an
// interface, and a pattern.
type interest struct{ route, pattern string }

// covers reports whether the interest is in that event of that topic.
func (i interest) covers(event, t string) bool {
	return (i.route == event || i.route == familyOf(event)) && topic.Match(i.pattern, t)
}

// subscribed is one interest of a listener.
type subscribed struct {
	trie   *topic.Trie[*listener]
	entry  *topic.Entry[*listener]
	missed uint64 // events dropped that the peer has not been told of
}

// late is an event that waits.
type late struct {
	serial uint64
	packet []byte // shared with other listeners
	event  string
	topic  string
	policy *topic.Policy
}

// send sends an event, now or later, or drops it as its policy says.
func (l *listener) send(e late, policyOf func(string) *topic.Policy) {
	if !l.behind.Load() && !l.owing.Load() && l.conn.out.offer(e.packet) == nil {
		return
	}
	e.policy = policyOf(e.topic)
	if !l.keep(e) {
		const reason = "events came faster than they were read"
		l.conn.failWith(closeError(statusSlow, reason), statusSlow, reason)
	}
}

// keep lets e wait. It reports false if its policy is to close the connection
// instead.
func (l *listener) keep(e late) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.makeRoom(&e) {
		l.last++
		e.serial = l.last
		l.waiting = append(l.waiting, e)
		l.bytes += len(e.packet)
	} else if e.policy.Drop == topic.Disconnect {
		return false
	}
	if !l.behind.Swap(true) {
		go l.catchUp()
	}
	return true
}

// makeRoom makes room for e as its policy says, and reports whether e is to
// take it. Called with mu held.
func (l *listener) makeRoom(e *late) bool {
	if e.policy.Drop == topic.Latest && l.replace(e) {
		return false
	}
	for l.full(e) {
		if e.policy.Drop == topic.DropNewest {
			l.miss(e)
			return false
		}
		oldest := slices.IndexFunc(l.waiting, func(w late) bool { return w.policy == e.policy })
		if e.policy.Drop == topic.Disconnect || oldest < 0 {
			l.miss(e)
			return false
		}
		l.miss(&l.waiting[oldest])
		l.bytes -= len(l.waiting[oldest].packet)
		l.waiting = slices.Delete(l.waiting, oldest, oldest+1)
	}
	return true
}

// full reports whether e would exceed its policy's buffer, or all that may wait
// the bytes of a message. Called with mu held.
func (l *listener) full(e *late) bool {
	if len(l.waiting) > 0 && l.bytes+len(e.packet) > l.conn.node.limits.Message {
		return true
	}
	same := 0
	for i := range l.waiting {
		if l.waiting[i].policy == e.policy {
			same++
		}
	}
	return same >= e.policy.Size()
}

// replace puts e in the place of an event of the same name and topic that
// waits, if there is one. Called with mu held.
func (l *listener) replace(e *late) bool {
	for i := range l.waiting {
		old := &l.waiting[i]
		if old.topic == e.topic && old.event == e.event {
			l.miss(old)
			l.bytes += len(e.packet) - len(old.packet)
			old.packet = e.packet
			return true
		}
	}
	return false
}

// miss counts e as dropped, for every subscription it was for. Called with mu
// held.
func (l *listener) miss(e *late) {
	for i, s := range l.subs {
		if i.covers(e.event, e.topic) {
			s.missed++
		}
	}
	l.owing.Store(true)
}

// missed counts e as dropped: the dialect of the peer cannot say it.
func (l *listener) missed(e *late) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.miss(e)
}

// catchUp sends what waits, until nothing does.
func (l *listener) catchUp() {
	for packet := l.next(); packet != nil; packet = l.next() {
		for full := l.conn.out.offer(packet); full != nil; full = l.conn.out.offer(packet) {
			<-full
		}
	}
}

// next takes the event to send next, behind the word of what was dropped.
func (l *listener) next() (packet []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	signal(&l.moved)
	l.inHand = 0
	if len(l.waiting) == 0 || l.conn.hasEnded() {
		l.waiting, l.bytes = nil, 0
		l.behind.Store(false)
		return nil
	}
	e := l.waiting[0]
	l.waiting[0] = late{}
	l.waiting = l.waiting[1:]
	l.bytes -= len(e.packet)
	l.inHand = e.serial
	if l.owing.Load() {
		return l.tell(e)
	}
	return e.packet
}

// tell returns the packet of e behind those that tell the subscriptions which
// get e what they have missed. Called with mu held.
func (l *listener) tell(e late) (packets []byte) {
	owing := false
	d := l.conn.dialect
	for i, s := range l.subs {
		switch {
		case s.missed == 0:
		case i.covers(e.event, e.topic):
			packets, _ = d.Append(packets, &wire.Packet{Kind: wire.KindMissed, Route: i.route, Topic: i.pattern, Missed: s.missed})
			s.missed = 0
		default:
			owing = true
		}
	}
	l.owing.Store(owing)
	if d.Codec() == wire.JSON && len(packets) > 0 {
		packets = append(packets, '\n')
	}
	return append(packets, e.packet...)
}

// awaitEvents waits until the events that were published for the peer of c
// before now are on their way, so that a reply does not overtake those that
// its handler has published.
func (c *conn) awaitEvents(s *serving) {
	l := c.listener.Load()
	if l == nil || !l.behind.Load() {
		return
	}
	s.letRead()
	l.mu.Lock()
	last := l.last
	l.mu.Unlock()
	for moved := l.before(last); moved != nil; moved = l.before(last) {
		select {
		case <-moved:
		case <-c.done:
			return
		}
	}
}

// before returns what is closed when the backlog has moved, or nil if nothing
// up to serial waits any more.
func (l *listener) before(serial uint64) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	waits := l.inHand != 0 && l.inHand <= serial || len(l.waiting) > 0 && l.waiting[0].serial <= serial
	if !waits {
		return nil
	}
	if l.moved == nil {
		l.moved = make(chan struct{})
	}
	return l.moved
}
