package shards

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// Turns come in the order of asking, one at a time, and no sooner than the
// server wants.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, start := newGate(1, 5*time.Second), time.Now()
		outcomes := []error{nil, errors.New("no answer"), &ipc.Error{RetryAfter: time.Minute}, &ipc.Error{RetryAfter: time.Second}, nil}
		turns := make(chan time.Duration, len(outcomes))
		for i, outcome := range outcomes {
			go func() {
				over, err := g.turn(t.Context(), i)
				if err != nil {
					t.Error(err)
					return
				}
				turns <- time.Since(start)
				time.Sleep(time.Second) // the attempt
				over(outcome)
			}()
			synctest.Wait()
		}
		var began []time.Duration
		for range outcomes {
			began = append(began, <-turns)
		}
		time.Sleep(time.Second)
		seconds := func(n ...time.Duration) (all []time.Duration) {
			for _, n := range n {
				all = append(all, n*time.Second)
			}
			return all
		}
		if want := seconds(0, 6, 12, 73, 79); !slices.Equal(began, want) {
			t.Errorf("began after %v, want %v", began, want)
		}
	})
}

// Who gives up passes the turn on.
func TestGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, time.Minute)
		over, err := g.turn(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // behind the attempt, and in the pause after it
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := g.turn(ctx, 2); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			cancel()
			if over != nil {
				over(nil)
				over = nil
			}
		}
		start := time.Now()
		if _, err := g.turn(t.Context(), 1); err != nil || time.Since(start) > 0 {
			t.Errorf("the other lane: %v after %v", err, time.Since(start))
		}
		if _, err := g.turn(t.Context(), 2); err != nil || time.Since(start) != 59*time.Second {
			t.Errorf("the turn that was passed on: %v after %v", err, time.Since(start))
		}
	})
}
