package ipc

import (
	"fmt"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Limit is how often one identity may do something: a bucket of Count tokens,
// one for each request, into which they come back evenly, all of them in
// Period. A request beyond it is refused with code.RateLimited before it is
// decoded, and did not run; the error says when to try again.
//
// The bucket belongs to the identity and not to its connection: who connects
// anew finds it as it was. Peers whose names say nothing, since the server gave
// them or no credentials vouch for them, share one an address, on a Unix
// socket one a user. A bucket that is full again is forgotten.
type Limit struct {
	Count  int
	Period time.Duration
	// Disconnect also closes the connection of who exceeds the limit, after
	// the error. The client may come back, and has gained nothing by it.
	Disconnect bool
}

// String returns the limit in words.
func (l *Limit) String() string { return fmt.Sprintf("%d in %v", l.Count, l.Period) }

// checkLimits panics if a limit of r cannot be obeyed.
func (r *Route) checkLimits() {
	for _, l := range r.Limits {
		if l == nil || l.Count < 1 || l.Period < 1 {
			panic(fmt.Sprintf("ipc: route %q: a Limit needs a Count and a Period above zero", r.Name))
		}
	}
}

// price is the time in which one token comes back, rounded up.
func (l *Limit) price() time.Duration {
	n := time.Duration(l.Count)
	return l.Period/n + min(1, l.Period%n)
}

// withinLimits takes the tokens for the request p for h. If there are none it
// refuses p, and reports false.
func (c *conn) withinLimits(h *Handler, p *wire.Packet) bool {
	wait, exceeded := c.node.buckets.take(h.route.Limits, c.bucket(p), time.Now())
	if exceeded == nil {
		return true
	}
	message := fmt.Sprintf("%s: the limit is %v", h.route.Name, exceeded)
	if p.Kind == wire.KindNotify {
		c.refuseRequest(0, h.route.Name, code.RateLimited, message)
	} else {
		c.out.post(&wire.Packet{Kind: wire.KindError, ID: p.ID, Code: string(code.RateLimited), Message: cut(message, maxErrorText), RetryAfter: wait})
	}
	if exceeded.Disconnect && !c.passedOn(p) {
		c.end(statusLimited, message)
		c.rest = nil
	}
	return false
}

// buckets are those of a node that are not full. Of each is known when it will
// be: what it lacks until then is the price of the tokens that were taken.
type buckets struct {
	mu     sync.Mutex
	fullAt map[bucket]time.Time
	room   int // for so many; then those that are full are looked for
}

type bucket struct {
	limit *Limit
	who   string
}

const (
	fewBuckets = 64      // are not worth looking through
	maxBuckets = 100_000 // are kept; a quarter of them is forgotten for the next
)

// take takes a token of every limit for who, or none: then it returns the limit
// with the longest wait for its next token, and that wait.
func (b *buckets) take(limits []*Limit, who string, now time.Time) (wait time.Duration, exceeded *Limit) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range limits {
		lacks := b.fullAt[bucket{l, who}].Sub(now)
		lacks = max(0, lacks) + l.price()
		if w := lacks - time.Duration(l.Count)*l.price(); w > wait {
			wait, exceeded = w, l
		}
	}
	if exceeded != nil {
		return wait, exceeded
	}
	for _, l := range limits {
		k := bucket{l, who}
		full := b.fullAt[k]
		if full.Before(now) {
			full = now
		}
		b.makeRoom(now)
		b.fullAt[k] = full.Add(l.price())
	}
	return 0, nil
}

// makeRoom makes room for one more bucket. Called with mu held.
func (b *buckets) makeRoom(now time.Time) {
	if b.fullAt == nil {
		b.fullAt = map[bucket]time.Time{}
	}
	if len(b.fullAt) < max(fewBuckets, b.room) {
		return
	}
	for k, full := range b.fullAt {
		if !full.After(now) {
			delete(b.fullAt, k)
		}
	}
	if len(b.fullAt) >= maxBuckets {
		b.forget(maxBuckets / 4)
	}
	b.room = min(2*len(b.fullAt), maxBuckets)
}

// forget forgets n buckets, whichever they are, as if they were full. Called
// with mu held.
func (b *buckets) forget(n int) {
	for k := range b.fullAt {
		if n == 0 {
			return
		}
		delete(b.fullAt, k)
		n--
	}
}
