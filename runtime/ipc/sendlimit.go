package ipc

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// sendLimit paces what one side requests. Nothing else waits for it: replies,
// heartbeats and everything that keeps the protocol going have their own way
// into the outbox, so that a connection stays alive while its requests wait.
type sendLimit struct {
	limit   Limit
	limiter *rate.Limiter
}

// newSendLimit returns nil, which means no limit, for the zero Limit.
func newSendLimit(l Limit) *sendLimit {
	if l.Count < 1 || l.Period < 1 {
		return nil
	}
	return &sendLimit{l, rate.NewLimiter(rate.Every(l.price()), l.Count)}
}

// awaitTurn waits for the turn of the request p, and says how much time is left
// to it then.
func (o *outbox) awaitTurn(ctx context.Context, p *wire.Packet, until time.Time, beforeWait func()) error {
	waited, err := o.limit.await(ctx, o.over, until, beforeWait)
	if waited && p.Timeout > 0 {
		p.Timeout = max(time.Until(until), time.Millisecond)
	}
	return err
}

// await waits for the turn of one request, no longer than ctx and the
// connection last, and not at all if the turn comes after the time until, if
// that is not zero. beforeWait, if not nil, is called before it waits.
func (s *sendLimit) await(ctx context.Context, over <-chan struct{}, until time.Time, beforeWait func()) (waited bool, err error) {
	turn := s.limiter.Reserve()
	wait := turn.Delay()
	if wait == 0 {
		return false, nil
	}
	if last, ok := ctx.Deadline(); ok && (until.IsZero() || last.Before(until)) {
		until = last
	}
	if !until.IsZero() && time.Until(until) < wait {
		turn.Cancel()
		return false, s.exceeded(wait)
	}
	if beforeWait != nil {
		beforeWait()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-over: // the outbox says why
		turn.Cancel()
	case <-ctx.Done():
		turn.Cancel()
		return true, s.exceeded(wait).because(ctx.Err())
	}
	return true, nil
}

// exceeded is the error of a request whose turn did not come in time.
func (s *sendLimit) exceeded(wait time.Duration) *Error {
	err := notSent(code.RateLimited, "this side's send limit is %v", &s.limit)
	err.RetryAfter = wait
	return err
}
