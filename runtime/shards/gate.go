package shards

import (
	"context"
	"errors"
	"time"

	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// gate makes attempts to connect wait for their turn. It has lanes; each holds
// one token, the time of the lane's next attempt. Who holds the token has the
// turn.
type gate struct {
	lanes   []chan time.Time
	spacing time.Duration
}

func newGate(lanes int, spacing time.Duration) *gate {
	g := &gate{lanes: make([]chan time.Time, lanes), spacing: spacing}
	for i := range g.lanes {
		g.lanes[i] = make(chan time.Time, 1)
		g.lanes[i] <- time.Time{}
	}
	return g
}

// turn waits for the turn of a shard. over gives it back.
func (g *gate) turn(ctx context.Context, id int) (over func(error), err error) {
	lane := g.lanes[id%len(g.lanes)]
	var at time.Time
	select {
	case at = <-lane: // in the order of asking
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		lane <- at
		return nil, context.Cause(ctx)
	}
	return func(err error) { lane <- time.Now().Add(max(g.spacing, retryAfter(err))) }, nil
}

// retryAfter is for how long the server does not want to see anybody.
func retryAfter(err error) time.Duration {
	var failure *ipc.Error
	if errors.As(err, &failure) {
		return failure.RetryAfter
	}
	return 0
}
