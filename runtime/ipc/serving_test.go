package ipc

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// watched is a context that never ends and counts who waits for its end.
type watched struct {
	context.Context
	end     chan struct{}
	waiters atomic.Int32
}

func (w *watched) Done() <-chan struct{} { return w.end }

// AfterFunc is called by package context.
func (w *watched) AfterFunc(func()) (stop func() bool) {
	w.waiters.Add(1)
	return func() bool { w.waiters.Add(-1); return true }
}

// A connection lives for months: what its handlers waited with must not.
func TestRequestsLeaveNothingWithTheirConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newTestConn(t, Limits{})
		connection := &watched{Context: context.Background(), end: make(chan struct{})}
		c.ctx = connection
		for _, deadline := range []time.Time{{}, time.Now().Add(time.Hour)} {
			s := &serving{conn: c, deadline: deadline, handler: &Handler{serve: func(s *serving) {
				s.Done()
				if n := connection.waiters.Load(); n != 1 {
					t.Errorf("deadline %v: %d contexts while it runs", deadline, n)
				}
			}}}
			s.do()
			if n := connection.waiters.Load(); n != 0 {
				t.Errorf("deadline %v: %d contexts are left", deadline, n)
			}
			if s.Err() != context.Canceled {
				t.Errorf("deadline %v: the context that the handler kept: %v", deadline, s.Err())
			}
		}
	})
}
