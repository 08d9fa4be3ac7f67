package ipc

import (
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// lane is the way into a connection for those who must not wait: what finds no
// room is kept, in order, and sent by a goroutine that lives until it is gone.
type lane struct {
	conn *conn

	mu      sync.Mutex
	waiting []waitingPacket
	bytes   int
	busy    bool // somebody sends what waits
}

type waitingPacket struct {
	packet wire.Packet
	until  time.Time // zero: for ever
	call   *forward  // of a call, else nil
}

// request sends a call or notification, or says why it is refused. f is the
// call's, or nil.
func (l *lane) request(p *wire.Packet, until time.Time, f *forward) error {
	if f != nil {
		f.sent.Store(true) // until it is known not to be
	}
	ok, err := l.send(p, until, f, l.conn.node.limits.Message)
	switch {
	case err != nil:
		return err
	case !ok:
		return notSent(code.Overloaded, "too much waits to be sent to %v", l.conn.peer.id)
	}
	l.conn.out.push()
	return nil
}

// pass sends what belongs to a call. A peer that lets too much of that pile up
// is slow.
func (l *lane) pass(p *wire.Packet) {
	if ok, err := l.send(p, time.Time{}, nil, maxWaiting); err == nil && !ok {
		go l.conn.fail(closeError(statusSlow, "the peer does not read"))
	}
}

// send queues p, or keeps it if there is no room. It is not ok if more than
// limit bytes are kept already.
func (l *lane) send(p *wire.Packet, until time.Time, f *forward, limit int) (ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.busy {
		if ok, err = l.conn.out.sendIfRoom(p); ok || err != nil {
			return ok, err
		}
	}
	if l.bytes > limit {
		return false, nil
	}
	if f != nil {
		f.sent.Store(false)
	}
	w := waitingPacket{*p, until, f}
	w.packet.Body = append([]byte(nil), p.Body...)
	w.packet.Route = string(append([]byte(nil), p.Route...))
	l.waiting = append(l.waiting, w)
	l.bytes += len(p.Body) + wire.ItemCost
	if !l.busy {
		l.busy = true
		go l.drain()
	}
	return true, nil
}

// drain sends what waits.
func (l *lane) drain() {
	for w, ok := l.next(); ok; w, ok = l.next() {
		if w.call != nil {
			w.call.sent.Store(true)
		}
		err := l.conn.out.send(l.conn.ctx, &w.packet, w.until, atOnce, nil)
		if err != nil && w.call != nil {
			if p := l.conn.router.take(w.packet.ID); p != nil {
				p.fail(err)
			}
		}
	}
}

func (l *lane) next() (w waitingPacket, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.busy, l.waiting = false, nil
		return w, false
	}
	w = l.waiting[0]
	l.waiting[0], l.waiting = waitingPacket{}, l.waiting[1:]
	l.bytes -= len(w.packet.Body) + wire.ItemCost
	return w, true
}

// sendIfRoom queues p if there is room, to leave at the next push. It never
// waits.
func (o *outbox) sendIfRoom(p *wire.Packet) (ok bool, err error) {
	o.mu.Lock()
	if o.closed != nil || !o.waiters.none() || !o.fits(len(p.Body)) {
		defer o.mu.Unlock()
		return false, o.closed
	}
	err = o.append(p, later) // unlocks
	return err == nil, err
}
