package ipc

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// newTestRouter returns a router whose far side is told of nothing.
func newTestRouter(limit int) *router { return newRouter(1, limit, func(uint64) {}) }

// A call is swept at its deadline, however many calls come and go around it.
func TestBusyRoutersSweepInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 100 * time.Millisecond
		r := newTestRouter(10)
		add := func() *pending {
			p := newSharedPending()
			p.deadline = time.Now().Add(timeout)
			if _, err := r.add(p); err != nil {
				t.Fatal(err)
			}
			return p
		}
		stuck := add()
		start := time.Now()
		for range 1000 {
			time.Sleep(time.Millisecond)
			if closedNow(stuck.done) {
				break
			}
			r.take(add().id).settle()
		}
		if d := time.Since(start); d > timeout+2*grain || !errors.Is(stuck.err, context.DeadlineExceeded) {
			t.Errorf("settled after %v with %v", d, stuck.err)
		}
	})
}
