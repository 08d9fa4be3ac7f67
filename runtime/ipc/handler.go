package ipc

import (
	"context"
	"iter"
	"sync/atomic"
	"time"
)

// Handler serves one route. Handlers are made by the Handle methods of
// [Method] and [InputMethod], and do nothing before they are registered; those
// of [Event] before they are subscribed.
type Handler struct {
	route  *Route
	topics string // the pattern of an event's topics; empty: it serves a route
	// newFrame returns what one request is served with.
	newFrame func() *serving
	// serve decodes the arguments, runs the function and answers.
	serve func(s *serving)
	allow []func(*Request) bool // all must hold
	pace  pace
}

// frame is a request while it is served, with its arguments and its result in
// one piece of storage.
type frame[A, R any] struct {
	serving
	args   A
	result R
}

func newFrame[A, R any]() *serving {
	f := new(frame[A, R])
	f.frame = f
	return &f.serving
}

// Route returns the route that h serves.
func (h *Handler) Route() *Route { return h.route }

// Handle serves calls with fn. Its arguments are its own; an error it returns
// reaches the caller as [Error] tells.
func (m *Method[A, R]) Handle(fn func(ctx context.Context, args *A) (R, error)) *Handler {
	return &Handler{route: m.Route, newFrame: newFrame[A, R], serve: func(s *serving) {
		f := s.frame.(*frame[A, R])
		if !decodeArgs(s, &m.Args, &f.args) {
			return
		}
		var err error
		if s.plain() {
			f.result, err = fn(s, &f.args)
		} else {
			err = s.intercepted(&f.result, func(ctx context.Context) (err error) {
				f.result, err = fn(ctx, &f.args)
				return err
			})
		}
		if err != nil {
			s.fail(m.Errors, err)
			return
		}
		reply(s, &m.Result, &f.result)
	}}
}

// HandleNotify serves notifications with fn, one at a time and in the order in
// which they were sent, a connection. What fn returns goes to the log.
func (m *Method[A, R]) HandleNotify(fn func(ctx context.Context, args *A) error) *Handler {
	return &Handler{route: m.Route, newFrame: newFrame[A, none], serve: func(s *serving) {
		f := s.frame.(*frame[A, none])
		if !decodeArgs(s, &m.Args, &f.args) {
			return
		}
		var err error
		if s.plain() {
			err = fn(s, &f.args)
		} else {
			err = s.intercepted(nil, func(ctx context.Context) error { return fn(ctx, &f.args) })
		}
		if err != nil {
			s.fail(m.Errors, err)
		}
	}}
}

// none is what there is no value of.
type none = struct{}

// HandleStream serves streams with fn: what the sequence yields is sent as
// fast as the caller takes it; that yield has returned does not mean that it
// has left. An error it yields ends the stream. When the
// caller has left, the context ends and yield returns false.
func (m *Method[A, R]) HandleStream(fn func(ctx context.Context, args *A) iter.Seq2[R, error]) *Handler {
	return &Handler{route: m.Route, newFrame: newFrame[A, none], serve: func(s *serving) {
		f := s.frame.(*frame[A, none])
		if !decodeArgs(s, &m.Args, &f.args) {
			return
		}
		s.close(m.Errors, s.intercepted(nil, func(ctx context.Context) error {
			return sendAll(ctx, s.stream, &m.Result, fn(ctx, &f.args))
		}))
	}}
}

// HandleUpload serves uploads with fn. The sequence ends when the caller's
// does, and yields an error when the caller gives up or is lost.
func (m *InputMethod[A, I, R]) HandleUpload(fn func(ctx context.Context, args *A, in iter.Seq2[I, error]) (R, error)) *Handler {
	return &Handler{route: m.Route, newFrame: newFrame[A, R], serve: func(s *serving) {
		f := s.frame.(*frame[A, R])
		if !decodeArgs(s, &m.Args, &f.args) {
			return
		}
		err := s.intercepted(&f.result, func(ctx context.Context) (err error) {
			f.result, err = fn(ctx, &f.args, input(ctx, s.stream, &m.Input))
			return err
		})
		if err != nil {
			s.fail(m.Errors, err)
			return
		}
		reply(s, &m.Result, &f.result)
	}}
}

// HandleDuplex serves streams in both directions with fn: its input is as in
// [InputMethod.HandleUpload], what it returns as in [Method.HandleStream].
func (m *InputMethod[A, I, R]) HandleDuplex(fn func(ctx context.Context, args *A, in iter.Seq2[I, error]) iter.Seq2[R, error]) *Handler {
	return &Handler{route: m.Route, newFrame: newFrame[A, none], serve: func(s *serving) {
		f := s.frame.(*frame[A, none])
		if !decodeArgs(s, &m.Args, &f.args) {
			return
		}
		s.close(m.Errors, s.intercepted(nil, func(ctx context.Context) error {
			return sendAll(ctx, s.stream, &m.Result, fn(ctx, &f.args, input(ctx, s.stream, &m.Input)))
		}))
	}}
}

// pace remembers whether a handler tends to be quick. Quick handlers run on
// the reader, slow ones on a goroutine of their own; a slow one that has been
// quick some times in a row is quick again.
type pace struct{ owed atomic.Int32 }

const (
	// quickRuns in a row make a handler quick again.
	quickRuns = 16
	// quick is what takes less than this.
	quick = 50 * time.Microsecond
)

// slow notes that a run was slow.
func (p *pace) slow() { p.owed.Store(quickRuns) }

// isSlow reports whether the next run gets a goroutine of its own.
func (p *pace) isSlow() bool { return p.owed.Load() > 0 }

// ran notes how long a run on a goroutine of its own took.
func (p *pace) ran(d time.Duration) {
	if d > quick {
		p.slow()
	} else if p.owed.Load() > 0 {
		p.owed.Add(-1)
	}
}
