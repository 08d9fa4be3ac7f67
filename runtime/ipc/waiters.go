package ipc

import (
	"context"
	"slices"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
)

// waiters are the senders that wait for room in an outbox, in the order in
// which they came. Room is granted to the first of them, so nobody is woken in
// vain and a large packet is not passed over for ever. All but waiter.wait is
// guarded by the outbox.
type waiters struct {
	queue []*waiter
	spare []*waiter // of this outbox, because a channel belongs where it was made
}

// waiter is one sender that waits.
type waiter struct {
	bytes   int           // of its packet's body
	turn    chan struct{} // one value when it has been granted room, or there will be none
	granted bool
	timer   *time.Timer // made at the first wait that has an end
}

func (ws *waiters) none() bool { return len(ws.queue) == 0 }

// first returns who is granted room next, or nil.
func (ws *waiters) first() *waiter {
	if len(ws.queue) == 0 {
		return nil
	}
	return ws.queue[0]
}

// add lets somebody wait for room for a body of n bytes.
func (ws *waiters) add(n int) *waiter {
	var w *waiter
	if i := len(ws.spare) - 1; i >= 0 {
		w, ws.spare = ws.spare[i], ws.spare[:i]
	} else {
		w = &waiter{turn: make(chan struct{}, 1)}
	}
	w.bytes = n
	ws.queue = append(ws.queue, w)
	return w
}

// grant tells the first that it has room.
func (ws *waiters) grant() {
	w := ws.queue[0]
	ws.queue = slices.Delete(ws.queue, 0, 1)
	w.granted = true
	w.turn <- struct{}{}
}

// dismiss tells all that they wait in vain.
func (ws *waiters) dismiss() {
	for _, w := range ws.queue {
		w.turn <- struct{}{}
	}
	ws.queue = nil
}

// remove ends the waiting of w and reports whether it had been granted room.
func (ws *waiters) remove(w *waiter) (granted bool) {
	granted = w.granted
	if i := slices.Index(ws.queue, w); i >= 0 {
		ws.queue = slices.Delete(ws.queue, i, i+1)
	}
	select {
	case <-w.turn:
	default:
	}
	w.granted = false
	if len(ws.spare) < maxSpare {
		ws.spare = append(ws.spare, w)
	}
	return granted
}

// maxSpare is how many waiters an outbox keeps for later.
const maxSpare = 64

// wait returns nil when w has its turn, or why it waits no longer.
func (w *waiter) wait(ctx context.Context, until time.Time) error {
	var late <-chan time.Time
	if !until.IsZero() {
		late = w.ringAt(until)
		defer w.timer.Stop()
	}
	var err error
	select {
	case <-w.turn:
		return nil
	case <-late:
		err = context.DeadlineExceeded
	case <-ctx.Done():
		err = ctx.Err()
	}
	return notSent(code.QueueFull, "no room to send").because(err)
}

func (w *waiter) ringAt(t time.Time) <-chan time.Time {
	if w.timer == nil {
		w.timer = time.NewTimer(time.Until(t))
	} else {
		w.timer.Reset(time.Until(t))
	}
	return w.timer.C
}
