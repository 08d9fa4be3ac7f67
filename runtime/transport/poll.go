package transport

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// polling decides whether a reader that found nothing looks again for a while
// before it sleeps. To be woken takes longer than a busy peer needs for its
// answer. So to look for about as long as that would take costs at most twice
// what is best, whatever the peer does, and a fraction of it where messages
// come one upon the other.
//
// By default it adapts. A reader looks when what it slept for last came soon,
// and after a look in vain the next one, two, four ... sleeps go without, until
// finds in a row have outweighed it. So what comes seldom costs nothing, and a
// machine that is busy with other things loses little.
type polling struct {
	limit   time.Duration // of one look; 0: never look
	crowd   *crowd        // of which this is one if it adapts, else nil
	slept   time.Time     // since when the reader sleeps; zero: it does not
	soon    bool          // what it slept for last came soon
	found   int           // looks in a row that found something
	skip    int           // how many sleeps go without a look
	penalty int           // what the next look in vain sets skip to
}

const (
	usualLook  = 100 * time.Microsecond
	soonEnough = 2 * usualLook // with the time that it takes to wake
	maxPenalty = 64
	streak     = 8 // finds in a row make good for what was spent in vain
)

// crowd is all readers that adapt: not too many look at the same time.
type crowd struct {
	looking atomic.Int32
	most    int32
}

// readers leave half of the processors to others.
var readers = sync.OnceValue(func() *crowd { return &crowd{most: int32(runtime.GOMAXPROCS(0) / 2)} })

// newPolling returns what Options.Poll asks for.
func newPolling(d time.Duration) polling {
	if d != 0 {
		return polling{limit: max(d, 0)}
	}
	return polling{limit: usualLook, crowd: readers(), penalty: 1}
}

// begin reports whether to look now; end must follow if so.
func (p *polling) begin() bool {
	switch {
	case p.crowd == nil:
		return p.limit > 0
	case !p.soon:
		return false
	case p.skip > 0:
		p.skip--
		return false
	}
	return p.crowd.enter()
}

// end says whether the look found something.
func (p *polling) end(found bool) {
	if p.crowd == nil {
		return
	}
	p.crowd.leave()
	if !found {
		p.found, p.skip = 0, p.penalty
		p.penalty = min(2*p.penalty, maxPenalty)
		return
	}
	if p.found++; p.found >= streak {
		p.penalty = 1
	}
}

// sleeps says that the reader sleeps from now on.
func (p *polling) sleeps() {
	if p.crowd != nil {
		p.slept = time.Now()
	}
}

// wakes says that the reader, if it was asleep, no longer is.
func (p *polling) wakes() {
	if !p.slept.IsZero() {
		p.soon = time.Since(p.slept) < soonEnough
		p.slept = time.Time{}
	}
}

func (c *crowd) enter() bool {
	if c.looking.Add(1) <= c.most {
		return true
	}
	c.leave()
	return false
}

func (c *crowd) leave() { c.looking.Add(-1) }

// pollRead tries to read until it has, or the time for it is over. Between the
// attempts others have their turn of the processor. A link that is closed meanwhile
// is looked at no more, since Close waits for that.
func (l *link) pollRead(fd uintptr, p []byte) (done bool) {
	if !l.poll.begin() {
		return false
	}
	for start := time.Now(); !done && time.Since(start) < l.poll.limit && !l.closed.Load(); {
		runtime.Gosched()
		l.readCount, done, l.readErr = tryRead(fd, p)
	}
	l.poll.end(done)
	return done
}
