// Package pull serves routes by pulling requests instead of being called with
// them: for loops that take one request after the other, and for programs in
// which one place decides what is done next.
//
//	q := pull.New(nil)
//	srv.Register(q.Calls("Jobs.Do")...)
//	for r := range q.Requests(ctx) {
//		var job Job
//		if err := r.Args.Decode(&job); err != nil {
//			r.Fail(err)
//			continue
//		}
//		r.Reply(do(job))
//	}
//
// A request waits in its handler, a goroutine of the runtime's, until it is
// pulled, and then until it is answered:
//
//	caller -> handler --wait--> Requests -> Reply or Fail -> handler -> caller
//
// So what waits is bounded by ipc.Limits, as every handler is: a connection's
// calls by Running, its notifications by Notifications. A caller beyond that is
// refused as overloaded, without having run. A request settles exactly once: by
// the first answer, or when its caller leaves, its deadline or the queue's has
// come, or the queue is closed. One that settles before it is pulled is never
// seen.
package pull

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/untyped"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Options are the settings of a [Queue]; nil and zero mean the defaults.
type Options struct {
	// Timeout bounds how long a call waits for its answer, whatever time its
	// caller has. Default 30 s.
	Timeout time.Duration
}

// Queue is where requests wait to be pulled, in the order of their arrival.
// It is safe for concurrent use: any number may pull.
type Queue struct {
	timeout  time.Duration
	requests chan *Request // without room: who waits is a handler
	closing  sync.Once
	closed   chan struct{}
}

// New returns a queue that serves nothing yet. o may be nil.
func New(o *Options) *Queue {
	q := &Queue{timeout: 30 * time.Second, requests: make(chan *Request), closed: make(chan struct{})}
	if o != nil && o.Timeout > 0 {
		q.timeout = o.Timeout
	}
	return q
}

// Calls returns handlers that put calls of these routes into the queue, to be
// registered anywhere.
func (q *Queue) Calls(routes ...string) (handlers []*ipc.Handler) {
	for _, name := range routes {
		handlers = append(handlers, untyped.Raw{Name: name}.Handle(func(ctx context.Context, args wire.Raw) (wire.Raw, error) {
			return q.call(ctx, name, args)
		}))
	}
	return handlers
}

// Notifications returns handlers that put notifications of these routes into
// the queue. Those of one connection are pulled in the order in which they were
// sent, and while the first waits to be pulled the others wait behind it.
func (q *Queue) Notifications(routes ...string) (handlers []*ipc.Handler) {
	for _, name := range routes {
		handlers = append(handlers, untyped.Raw{Name: name}.HandleNotify(func(ctx context.Context, args wire.Raw) error {
			r := newRequest(context.WithoutCancel(ctx), name, args)
			r.Notification = true
			r.settled.Store(true)
			return q.offer(ctx, r)
		}))
	}
	return handlers
}

// call waits until the request is pulled and answered.
func (q *Queue) call(ctx context.Context, route string, args wire.Raw) (wire.Raw, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, q.timeout, errTimeout)
	defer cancel()
	r := newRequest(ctx, route, args)
	defer r.settled.Store(true)
	if err := q.offer(ctx, r); err != nil {
		return wire.Raw{}, err
	}
	select {
	case a := <-r.answers:
		return a.result, a.err
	case <-ctx.Done():
		return wire.Raw{}, context.Cause(ctx)
	}
}

// offer waits until r is pulled.
func (q *Queue) offer(ctx context.Context, r *Request) error {
	select {
	case <-q.closed: // first: a queue that is closed takes nothing
		return errClosed
	default:
	}
	select {
	case q.requests <- r:
		return nil
	case <-q.closed:
		return errClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// What a caller is told whose request is not answered.
var (
	errTimeout = ipc.Errorf(code.Deadline, "nobody answered the request in time")
	errClosed  = ipc.Errorf(code.Closed, "the queue of requests is closed")
)

// Receive returns the next request, waiting for it until ctx ends or the queue
// is closed: its error is that of ctx, or code.Closed.
func (q *Queue) Receive(ctx context.Context) (*Request, error) {
	for {
		select {
		case r := <-q.requests:
			if r.Notification || r.ctx.Err() == nil {
				return r, nil
			}
		case <-q.closed:
			return nil, errClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Requests returns the sequence of what [Queue.Receive] returns. It ends with
// ctx or the queue, may be ranged any number of times, by several at once, and
// pulls nothing between two elements.
func (q *Queue) Requests(ctx context.Context) iter.Seq[*Request] {
	return func(yield func(*Request) bool) {
		for {
			r, err := q.Receive(ctx)
			if err != nil || !yield(r) {
				return
			}
		}
	}
}

// Close ends the queue: what waits to be pulled, and what comes, is refused
// with code.Closed. Requests that were pulled may still be answered. It may be
// called more than once.
func (q *Queue) Close() error {
	q.closing.Do(func() { close(q.closed) })
	return nil
}

// Request is a call or notification that was pulled. It is safe for concurrent
// use: of several answers the first counts.
type Request struct {
	// Route is the name by which it was called.
	Route string
	// Peer is who called.
	Peer *ipc.Peer
	// Meta are the values that the caller sent along. Not to be changed.
	Meta map[string]string
	// Args is the map of the arguments by name, in the codec of the
	// connection: see its Decode.
	Args wire.Raw
	// Notification says that nobody waits for an answer.
	Notification bool

	ctx     context.Context
	settled atomic.Bool
	answers chan answer // room for one
}

type answer struct {
	result wire.Raw
	err    error
}

func newRequest(ctx context.Context, route string, args wire.Raw) *Request {
	r := &Request{Route: route, Args: args, ctx: ctx, answers: make(chan answer, 1)}
	if in, ok := ipc.RequestFrom(ctx); ok {
		r.Peer, r.Meta = in.Peer, in.Meta
	}
	return r
}

// Context ends when the caller of a call no longer waits: it was answered, has
// left, or the time is over. That of a notification does not end. Calls back to
// the caller should be made with it.
func (r *Request) Context() context.Context { return r.ctx }

// ErrSettled is what an answer meets that comes too late, second, or to a
// notification.
var ErrSettled = errors.New("pull: nobody waits for an answer: the request was answered, its caller has left, or the time is over")

// Reply answers with v, which is encoded by reflection; a [wire.Raw] is sent as
// it is, and nil is null. Where v cannot be encoded, Reply returns why, and the
// request still waits for an answer. That it returns nil does not mean that the
// answer has arrived.
func (r *Request) Reply(v any) error {
	result, err := wire.RawOf(r.Args.Codec, v)
	if err != nil {
		return err
	}
	return r.settle(answer{result: result})
}

// Fail answers with err. Its words cross if it is an [ipc.Error]; every other
// error becomes code.Internal, as if a handler had returned it.
func (r *Request) Fail(err error) error {
	if err == nil {
		err = errNil
	}
	return r.settle(answer{err: err})
}

var errNil = errors.New("pull: a request was failed with a nil error")

func (r *Request) settle(a answer) error {
	if r.settled.Swap(true) {
		return ErrSettled
	}
	r.answers <- a
	return nil
}
