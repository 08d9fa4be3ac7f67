package transport

import (
	"context"
	"fmt"
	"sync/atomic"

	"golang.org/x/time/rate"
)

const (
	// A peer may send that many pings and pongs a second.
	controlRate = 10

	// maxBarren is how many bytes may arrive that carry no payload, before
	// they are taken for a flood of empty fragments. One read of payload is
	// below it.
	maxBarren = 2 * growth
)

// guard lies between a WebSocket library and the link. It keeps two things
// from the library that would do harm there, and one from doing harm to us:
// io.EOF, which the library takes for the end of a message when it is that of
// the connection; and floods of pings and of empty fragments, of which the
// library swallows any number.
//
// It belongs to the goroutine that reads, except Write and Close.
type guard struct {
	*link
	err       error // why reading ended
	barren    int   // bytes since the last payload or control frame
	inMessage bool
	control   *rate.Limiter
	spill     [1]byte // for a byte that may not come

	goodbye  atomic.Bool            // the library has sent a close frame
	answered atomic.Pointer[func()] // told of the next pong
}

func (g *guard) Read(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	n, err := g.link.Read(p)
	if err != nil {
		g.err = unexpected(err)
		return 0, g.err
	}
	g.hurry()
	g.barren += n
	if g.barren > maxBarren {
		g.err = fmt.Errorf("%w: no payload in %d bytes", ErrFlood, g.barren)
		return 0, g.err
	}
	return n, nil
}

// Write passes on what the library writes, and notes when that is a close
// frame: nothing may follow it. Control frames come in one piece, and never
// while the link is corked but for a coincidence that does no harm.
func (g *guard) Write(p []byte) (int, error) {
	if len(p) > 0 && p[0] == finClose && !g.isCorked() {
		g.goodbye.Store(true)
	}
	return g.link.Write(p)
}

// begin is called when the handshake is over.
func (g *guard) begin() {
	g.control = rate.NewLimiter(controlRate, controlRate)
	g.leave()
}

// enter is called when a message has begun. What there was of it may have come
// with the one before.
func (g *guard) enter() {
	g.inMessage = true
	g.hurry()
}

// leave is called when the message is complete.
func (g *guard) leave() {
	g.inMessage = false
	g.progress()
	g.rest()
}

// progress is called when payload has been read.
func (g *guard) progress() { g.barren = 0 }

// ping is called for each, and says whether to answer.
func (g *guard) ping(context.Context, []byte) (answer bool) {
	if !g.inMessage {
		g.rest()
	}
	g.progress()
	if g.err == nil && !g.control.Allow() {
		g.err = fmt.Errorf("%w: over %d control frames a second", ErrFlood, controlRate)
	}
	return g.err == nil
}

func (g *guard) pong(ctx context.Context, payload []byte) {
	g.ping(ctx, payload)
	if answered := g.answered.Swap(nil); answered != nil {
		(*answered)()
	}
}
