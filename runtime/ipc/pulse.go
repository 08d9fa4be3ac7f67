package ipc

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// pulse keeps a connection alive and tells when it is dead: it pings at every
// beat, and any byte that arrives counts as a sign of life.
type pulse struct {
	conn *conn

	mu       sync.Mutex
	timer    *time.Timer
	interval time.Duration
	silence  time.Duration // after this long without a byte the peer is dead

	received uint64    // bytes, at the last look
	heard    time.Time // when received last moved, as far as the looks tell
	looked   time.Time
	pinged   time.Time // when ping id was sent
	id       uint64
	latency  time.Duration
	known    bool            // latency has been measured
	answered time.Time       // when the latest pong came
	waiters  []chan struct{} // for the next pong
	stopped  bool
}

func (p *pulse) init(c *conn) { p.conn = c }

// start begins to beat, if the peer can be asked for signs of life.
func (p *pulse) start(interval, silence time.Duration) {
	if !p.conn.pings() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.interval, p.silence, p.heard, p.looked = interval, silence, now, now
	if !p.stopped {
		p.timer = time.AfterFunc(p.pause(), p.beat)
	}
}

// pause is the time to the next beat: the interval, give or take a tenth, so
// that many connections do not beat together.
func (p *pulse) pause() time.Duration {
	return time.Duration(float64(p.interval) * (0.9 + 0.2*rand.Float64()))
}

func (p *pulse) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if p.timer != nil {
		p.timer.Stop()
	}
	p.wake()
}

// beat looks for signs of life and asks for another.
func (p *pulse) beat() {
	if quiet := p.look(); quiet > 0 {
		message := fmt.Sprintf("nothing was heard for %v", quiet.Round(time.Millisecond))
		p.conn.failWith(closeError(statusSilent, message), statusSilent, message)
		return
	}
	p.ping()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.stopped {
		p.timer.Reset(min(p.pause(), max(0, p.silence-time.Since(p.heard))))
	}
}

// look returns how long the peer has been silent if that is too long, else 0.
func (p *pulse) look() time.Duration {
	received := p.conn.transport.Received()
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	slept := now.Sub(p.looked) > 2*p.interval // this process was stopped: the peer may well have spoken
	p.looked = now
	if received != p.received {
		p.received, p.heard = received, now
	}
	if grace := now.Add(p.interval - p.silence); slept && p.heard.Before(grace) {
		p.heard = grace
	}
	if quiet := now.Sub(p.heard); quiet >= p.silence {
		return quiet
	}
	return 0
}

// ping asks the peer for a sign of life.
func (p *pulse) ping() {
	p.mu.Lock()
	p.id++
	id := p.id
	p.pinged = time.Now()
	p.mu.Unlock()
	p.conn.sendPing(id)
}

// pong notes the answer to ping id.
func (p *pulse) pong(id uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = time.Now()
	p.answered = p.heard
	if id == p.id {
		p.latency, p.known = p.heard.Sub(p.pinged), true
	}
	p.wake()
}

// wake tells everybody who waits for a pong. Called with mu held.
func (p *pulse) wake() {
	for _, w := range p.waiters {
		close(w)
	}
	p.waiters = nil
}

// alive pings the peer and reports whether it answers in time. One that cannot
// be asked is alive until its connection ends.
func (p *pulse) alive(timeout time.Duration) bool {
	if !p.conn.pings() || p.ponged() {
		return !p.conn.hasEnded()
	}
	answered := make(chan struct{})
	p.mu.Lock()
	p.waiters = append(p.waiters, answered)
	p.mu.Unlock()
	p.ping()
	select {
	case <-answered:
		return !p.conn.hasEnded()
	case <-time.After(timeout):
		return false
	}
}

// last returns the latest round-trip time, and whether there is one.
func (p *pulse) last() (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.latency, p.known
}
