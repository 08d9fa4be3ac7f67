package ipc

import (
	"context"
	"sync"

	"github.com/ipcgen/ipcgen/runtime/code"
)

// Future is the result of a call that has been started, and is or will be
// there. It is settled exactly once, at the latest at the call's deadline,
// whether anybody waits for it or not. It is safe for concurrent use.
type Future[R any] struct {
	done   <-chan struct{}
	cancel func()
	from   func() Identity

	once   sync.Once
	fetch  func() (R, error) // of what done announced
	result R
	err    error
}

// Start is [Method.Call] without waiting: it returns once the call is on its
// way or, where there are interceptors or the route is idempotent, once another
// goroutine is about to send it. What args refers to must not be changed before
// the future is done.
func (m *Method[A, R]) Start(ctx context.Context, c Caller, args *A) *Future[R] {
	if len(c.settings().interceptors) > 0 || m.Route.Idempotent {
		return m.startCall(ctx, c, args)
	}
	conn, err := c.pick(ctx)
	if err != nil {
		return failedFuture[R](err)
	}
	p := newSharedPending()
	p.target = c.target()
	if err := m.send(ctx, conn, args, p); err != nil {
		return failedFuture[R](err)
	}
	giveUp := func() {
		err := ctx.Err()
		if err == nil {
			err = context.Canceled
		}
		conn.router.giveUp(p, ended(err, Unknown))
	}
	conn.router.watch(ctx, p, giveUp)
	return &Future[R]{done: p.done, cancel: giveUp, from: func() Identity { return p.answeredBy(conn) }, fetch: func() (result R, err error) {
		err = m.result(conn, p, &result)
		conn.router.release(p)
		return result, err
	}}
}

// startCall calls on a goroutine of its own: interceptors and retries need one.
func (m *Method[A, R]) startCall(ctx context.Context, c Caller, args *A) *Future[R] {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	a := &answering{Caller: c}
	f := &Future[R]{done: done, cancel: cancel, from: func() Identity { return a.from }}
	f.fetch = func() (R, error) { return f.result, f.err }
	f.err = errExit // unless Call returns
	go func() {
		defer cancel()
		defer close(done)
		defer c.settings().contain(m.Route, func(err error) { f.err = err })
		f.result, f.err = m.Call(ctx, a, args)
	}()
	return f
}

// errExit settles a call whose goroutine an interceptor, or its input, ended.
var errExit = &Error{Code: code.Internal, Message: "the goroutine of the call was ended", made: true}

func failedFuture[R any](err error) *Future[R] {
	return &Future[R]{done: closedChan, cancel: func() {}, from: func() (none Identity) { return none }, fetch: func() (none R, _ error) { return none, err }}
}

// Done returns a channel that is closed when the result is there.
func (f *Future[R]) Done() <-chan struct{} { return f.done }

// Wait returns the result when it is there. ctx bounds the waiting, not the
// call: if it ends first, Wait returns its error and may be called again.
func (f *Future[R]) Wait(ctx context.Context) (R, error) {
	if s := servingFrom(ctx); s != nil && !closedNow(f.done) {
		s.letRead()
	}
	select {
	case <-f.done:
	default:
		select {
		case <-f.done:
		case <-ctx.Done():
			var none R
			return none, ended(ctx.Err(), Unknown)
		}
	}
	f.once.Do(func() { f.result, f.err = f.fetch() })
	return f.result, f.err
}

// Cancel gives the call up, unless it is settled: it settles with
// context.Canceled, and the far side's context ends.
func (f *Future[R]) Cancel() { f.cancel() }
