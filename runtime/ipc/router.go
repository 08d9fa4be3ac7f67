package ipc

import (
	"context"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// pending is one call that waits for its reply.
//
// A pending call is settled exactly once: by whoever takes it out of the
// router's map, be it the reader with a reply, the sweeper at its deadline,
// the caller who gives up, or the end of the connection. Who settles it fills
// the result first and signals done last.
type pending struct {
	id       uint64
	deadline time.Time // zero: none
	stream   *stream   // nil: a call
	target   string    // whom the far side passes it on to; empty: nobody
	forward  *forward  // the call of another connection that is passed on; nil: it is of this side
	shared   bool      // many may wait: done is closed rather than sent to

	unwatch func() bool // stops watching the caller's context; nil if nobody does

	done chan struct{} // one value, or closed if shared
	err  error         // made on this side
	// What the far side answered: a result in body, or a failure. Both alias from.
	body    []byte
	failure *wire.Packet
	from    *buffer
	origin  string // who has answered, if the far side passed the call on
}

// newSharedPending returns a pending call that any number may wait for.
func newSharedPending() *pending {
	return &pending{done: make(chan struct{}), shared: true}
}

// settle signals that p's result is there.
func (p *pending) settle() {
	if p.unwatch != nil {
		p.unwatch()
	}
	switch {
	case p.forward != nil:
		p.forward.settled()
	case p.shared:
		close(p.done)
	default:
		p.done <- struct{}{}
	}
}

// fail settles p with an error made on this side.
func (p *pending) fail(err error) {
	p.err = err
	p.settle()
}

// router knows the calls of one side of a connection that wait for a reply.
// Their ids rise by two, odd on the side that dialed, even on the other, so
// that an id names one call whoever speaks of it.
type router struct {
	first  uint64 // id of the first call
	limit  int
	cancel func(id uint64) // tells the far side that nobody waits any more

	settled sync.Pool // of *pending, to be used again; of this router, because a channel belongs where it was made

	mu     sync.Mutex
	calls  map[uint64]*pending
	next   uint64 // id of the next call
	closed error  // why no call is taken any more
	alarm  alarm  // for the earliest deadline
}

func newRouter(first uint64, limit int, cancel func(uint64)) *router {
	r := &router{first: first, limit: limit, cancel: cancel, calls: map[uint64]*pending{}, next: first}
	r.alarm.ring = r.sweep
	return r
}

// newPending returns a pending call for one waiter.
func (r *router) newPending() *pending {
	if p, ok := r.settled.Get().(*pending); ok {
		return p
	}
	return &pending{done: make(chan struct{}, 1)}
}

// release gives a settled call's storage back. Nobody may look at it any more.
func (r *router) release(p *pending) {
	p.from.release()
	if p.shared {
		return
	}
	*p = pending{done: p.done}
	r.settled.Put(p)
}

// add takes p in and gives it an id. It returns how many are pending now.
func (r *router) add(p *pending) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed != nil {
		return 0, r.closed
	}
	if len(r.calls) >= r.limit {
		return 0, notSent(code.Overloaded, "%d calls are pending", len(r.calls))
	}
	p.id = r.next
	r.next += 2
	r.calls[p.id] = p
	if p.stream != nil {
		p.stream.id = p.id
	}
	r.alarm.set(p.deadline)
	return len(r.calls), nil
}

// take removes the call with that id, which the taker then settles. It returns
// nil if there is none: it has been settled, or never was.
func (r *router) take(id uint64) *pending {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.calls[id]
	if p != nil {
		delete(r.calls, id)
	}
	return p
}

// stream returns the open stream with that id, or nil.
func (r *router) stream(id uint64) *stream {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.calls[id]; p != nil {
		return p.stream
	}
	return nil
}

// forward returns the call of another connection that has that id here, or nil.
func (r *router) forward(id uint64) *forward {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.calls[id]; p != nil {
		return p.forward
	}
	return nil
}

// issued reports whether id was given to a call of this side.
func (r *router) issued(id uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return id%2 == r.next%2 && id < r.next
}

// wait waits until p is settled or ctx ends, in which case it settles p itself.
func (r *router) wait(ctx context.Context, p *pending) {
	if ctx.Done() == nil {
		<-p.done
		return
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		if r.giveUp(p, ended(ctx.Err(), Unknown)) {
			return
		}
		<-p.done
	}
}

// giveUp takes p out with err, and cancels it at the far side. It reports false
// if somebody else is settling p. A p that is not shared is not signalled: its
// only waiter is the caller.
func (r *router) giveUp(p *pending, err error) bool {
	id := p.id
	if r.take(id) == nil {
		return false
	}
	p.err = err
	r.cancel(id)
	if p.shared {
		p.settle()
	}
	return true
}

// watch calls giveUp when ctx ends, unless p is settled by then.
func (r *router) watch(ctx context.Context, p *pending, giveUp func()) {
	if ctx.Done() == nil {
		return
	}
	stop := context.AfterFunc(ctx, giveUp)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls[p.id] == p {
		p.unwatch = stop
	} else {
		stop()
	}
}

// sweep settles the calls whose time is over.
func (r *router) sweep() {
	now := time.Now()
	for _, p := range r.expired(now) {
		r.cancel(p.id)
		p.fail(ended(context.DeadlineExceeded, Unknown))
	}
}

// expired takes out the calls whose deadline has come, and sets the alarm for
// the next.
func (r *router) expired(now time.Time) (late []*pending) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alarm.rang()
	for id, p := range r.calls {
		switch {
		case p.deadline.IsZero():
		case p.deadline.After(now):
			r.alarm.set(p.deadline)
		default:
			delete(r.calls, id)
			late = append(late, p)
		}
	}
	return late
}

// close settles every call with err, and those to come with refuse.
func (r *router) close(err, refuse error) {
	r.mu.Lock()
	calls := r.calls
	r.calls, r.closed = nil, refuse
	r.alarm.stop()
	r.mu.Unlock()
	for _, p := range calls {
		p.fail(err)
	}
}

// errDraining is why nothing is sent to a peer that has said goaway.
var errDraining = notSent(code.Draining, "the peer is shutting down")

// refusal returns why no call is taken any more, or nil.
func (r *router) refusal() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// refuse makes every call to come fail with err; those pending go on.
func (r *router) refuse(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed == nil {
		r.closed = err
	}
}

// alarm rings at the earliest of the times it was set for. One timer serves
// all the calls of a connection: most calls are settled long before their
// deadline, and a timer each would cost more than the call.
type alarm struct {
	ring  func()
	timer *time.Timer
	at    time.Time // zero: not set
}

// grain is how much later than asked an alarm may ring, so that deadlines that
// lie close together are swept together.
const grain = 2 * time.Millisecond

// set makes the alarm ring at t, unless it rings earlier anyway. A zero t is ignored.
func (a *alarm) set(t time.Time) {
	if t.IsZero() {
		return
	}
	if t = t.Add(grain); !a.at.IsZero() && !t.Before(a.at) {
		return // not put off: there is always a later call
	}
	a.at = t
	d := time.Until(a.at)
	if a.timer == nil {
		a.timer = time.AfterFunc(d, a.ring)
	} else {
		a.timer.Reset(d)
	}
}

// rang says that the alarm has been heard.
func (a *alarm) rang() { a.at = time.Time{} }

// stop silences the alarm.
func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}

// parity is what the ids of this side are modulo 2.
func (r *router) parity() uint64 {
	return r.first % 2
}

// foreign reports whether id may name a call of the other side.
func (r *router) foreign(id uint64) bool { return id != 0 && id%2 != r.parity() }
