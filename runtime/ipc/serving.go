package ipc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// serving is one request while it is served, and the context of its handler.
// It is never reused: a handler may keep its context.
type serving struct {
	conn     *conn
	handler  *Handler
	frame    any    // the *frame that this is part of
	id       uint64 // 0: a notification
	body     []byte // the arguments, which alias from
	from     *buffer
	deadline time.Time // zero: none
	depth    uint8     // how many handlers wait for this one
	stream   *stream   // nil: not a stream
	turn     uint64    // of the baton while it runs on the reader, else 0
	more     bool      // the message it came in holds more packets
	request  Request

	returned bool // serve has returned, it did not panic

	set runningState // of conn.running

	mu       sync.Mutex
	answered bool            // or about to be
	inner    context.Context // made when somebody needs more than values
	cancel   context.CancelCauseFunc
	cause    error // of a cancellation that came before inner
}

// own takes the arguments out of the message, which may be much larger, and is
// given back.
func (s *serving) own() {
	s.body = slices.Clone(s.body)
	s.from.release()
	s.from = nil
}

// do serves the request on the calling goroutine.
func (s *serving) do() {
	defer s.finish()
	s.handler.serve(s)
	s.returned = true
}

// finish answers for a handler that panicked or ended its goroutine.
func (s *serving) finish() {
	if !s.returned {
		s.died(recover())
	}
	s.from.release()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel(context.Canceled) // else the connection's context would keep it
	}
	if s.cause == nil {
		s.cause = context.Canceled
	}
}

// died answers for a handler that did not return. Where its goroutine is about
// to end, the reader has to go on elsewhere.
func (s *serving) died(panicked any) {
	if panicked == nil {
		s.conn.baton.snatch(s.turn)
		panicked = "the handler ended its goroutine"
	}
	s.internal(fmt.Sprintf("panic: %v", panicked), slog.String("stack", string(debug.Stack())))
}

// plain reports whether nothing wraps or guards the handler, so that it may be called
// with s itself as its context.
func (s *serving) plain() bool { return len(s.conn.node.interceptors) == 0 && s.handler.allow == nil }

// intercepted calls fn, which calls the handler, inside the interceptors and
// if its conditions hold.
func (s *serving) intercepted(result any, fn func(context.Context) error) error {
	s.request.Result = result
	if s.handler.allow != nil {
		handle := fn
		fn = func(ctx context.Context) error {
			if err := s.permit(); err != nil {
				return err
			}
			return handle(ctx)
		}
	}
	return intercept(s, s.conn.node.interceptors, &s.request, fn)
}

// decodeArgs decodes the arguments, and refuses the request if it cannot.
func decodeArgs[A any](s *serving, coding *wire.Coding[A], args *A) bool {
	return decodeArgsIn(s.conn.codec, s, coding, args)
}

// decodeArgsIn decodes arguments that are encoded in the codec given.
func decodeArgsIn[A any](codec wire.Codec, s *serving, coding *wire.Coding[A], args *A) bool {
	var err error
	if s.handler.route.Borrow { // from the message, which finish gives back
		err = wire.BorrowArgs(codec, s.body, coding, args)
	} else {
		err = wire.UnmarshalArgs(codec, s.body, coding, args)
		s.from.release()
		s.from = nil
	}
	s.body = nil
	if err != nil && s.claim() {
		s.conn.refuseRequest(s.id, s.handler.route.Name, code.BadRequest, err.Error())
	}
	s.request.Args = args
	return err == nil
}

// reply answers with a result.
func reply[R any](s *serving, coding *wire.Coding[R], result *R) {
	out := newBuffer(s.conn.out.bodies.size())
	defer out.release()
	body, err := wire.Marshal(s.conn.codec, out.bytes[:0], coding, result)
	out.bytes = body
	s.conn.out.bodies.seen(len(body))
	switch {
	case err != nil:
		s.answerFailure(&wire.Packet{Code: string(code.BadReply), Message: cut("result: "+err.Error(), maxErrorText)})
	case len(body) > s.conn.node.limits.Message:
		s.answerFailure(&wire.Packet{Code: string(code.BadReply), Message: fmt.Sprintf(
			"the result takes %d bytes, the limit is %d", len(body), s.conn.node.limits.Message)})
	default:
		out.packet.Kind, out.packet.Body = wire.KindReply, body
		s.answer(&out.packet)
	}
}

// close ends a stream, cleanly or with err.
func (s *serving) close(declared Errors, err error) {
	if err != nil {
		s.fail(declared, err)
		return
	}
	s.answer(&wire.Packet{Kind: wire.KindReply})
}

// fail answers with an error: what the handler authored or the package
// declared crosses, the end of its own context too, everything else stays in
// the log.
func (s *serving) fail(declared Errors, err error) {
	var p wire.Packet
	switch e := asError(err); {
	case errors.Is(err, errNotAllowed):
		s.deny()
		return
	case declared.pack(s.conn.codec, &p, err):
	case e != nil && !e.made && wire.ValidName(string(e.Code)) == nil:
		p.Code, p.Message, p.RetryAfter = string(e.Code), cut(e.Error(), maxErrorText), max(0, e.RetryAfter)
		if e.Message != "" {
			p.Message = cut(e.Message, maxErrorText)
		}
	case errors.Is(err, errOver):
		return // nobody is there to answer
	case s.Err() != nil && (errors.Is(err, s.Err()) || errors.Is(err, context.Cause(s))):
		ended := ended(s.Err(), Executed)
		p.Code, p.Message = string(ended.Code), "the handler was stopped"
	default:
		s.internal(err.Error())
		return
	}
	if len(p.Body) > s.conn.node.limits.Message {
		s.internal(fmt.Sprintf("%v: what it holds takes %d bytes, the limit is %d", err, len(p.Body), s.conn.node.limits.Message))
		return
	}
	s.answerFailure(&p)
}

// internal logs what went wrong and answers with the number of the entry.
func (s *serving) internal(what string, attrs ...any) {
	incident := rand.Text()[:12]
	attrs = append([]any{"peer", s.conn.peer.id, "route", s.handler.route.Name, "incident", incident, "error", what}, attrs...)
	s.conn.log.Error("ipc: handler failed", attrs...)
	if s.id == 0 {
		return // nobody is to be told
	}
	s.answerFailure(&wire.Packet{Code: string(code.Internal), Message: "the handler failed", Incident: incident})
}

// answerFailure answers with p, of which the failure is filled in.
func (s *serving) answerFailure(p *wire.Packet) {
	if s.id == 0 {
		s.conn.gripes.warn("ipc: notification failed", "peer", s.conn.peer.id, "route", s.handler.route.Name, "code", p.Code, "error", p.Message)
		return
	}
	p.Kind, p.Ran = wire.KindError, true
	s.answer(p)
}

// answer sends the one answer of a request, unless the caller has left. It
// waits for room if it must: it runs where the handler ran.
func (s *serving) answer(p *wire.Packet) {
	if s.id == 0 || !s.claim() {
		return
	}
	p.ID = s.id
	s.conn.awaitEvents(s)
	onReader := s.conn.baton.lies(s.turn)
	if err := s.sendAnswer(p, s.answerHaste(onReader)); errors.Is(err, code.BadRequest) {
		s.unclaim()
		s.internal("the answer cannot be written: " + err.Error())
	}
	if onReader && !s.conn.baton.lies(s.turn) {
		s.conn.out.push() // the reader it was left to may have pushed before
	}
}

// answerHaste says when the answer has to leave. On the reader it can wait for
// those to the other requests of the same message: the reader pushes a portion
// of them after the other.
func (s *serving) answerHaste(onReader bool) haste {
	if onReader && s.more {
		return later
	}
	if !onReader {
		if n := s.conn.running.answer(s); n > 1 {
			return together(n)
		}
	}
	return atOnce
}

// sendAnswer queues the answer, waiting for room.
func (s *serving) sendAnswer(p *wire.Packet, h haste) error {
	held := 0
	err := s.conn.out.send(s.conn.ctx, p, time.Time{}, h, func() {
		held = cap(p.Body)
		s.conn.running.wait(held)
		s.letRead()
		s.conn.running.answer(s)
	})
	if held > 0 {
		s.conn.running.wait(-held)
	}
	return err
}

// claim takes the right to answer, which there is once, and not at all when the
// caller no longer waits. One whose call ends because this side shuts down does.
func (s *serving) claim() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answered || s.cause != nil && s.cause != errShutdown {
		return false
	}
	s.answered = true
	return true
}

// unclaim gives the right back.
func (s *serving) unclaim() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered = false
}

// letRead lets another goroutine read the connection if this one is keeping
// its reader: the handler is about to wait.
func (s *serving) letRead() { s.conn.baton.snatch(s.turn) }

// abort ends the handler's context with cause.
func (s *serving) abort(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		s.cause = cause
	}
	if s.cancel != nil {
		s.cancel(cause)
	}
}

// The context of a handler. Most handlers never ask for more than its values,
// so the context that ends is made when one does.

var _ context.Context = (*serving)(nil)

type servingKey struct{}

// servingFrom returns the request that is being served with ctx, or nil.
func servingFrom(ctx context.Context) *serving {
	s, _ := ctx.Value(servingKey{}).(*serving)
	return s
}

// Deadline returns when the caller no longer waits.
func (s *serving) Deadline() (time.Time, bool) { return s.deadline, !s.deadline.IsZero() }

// Done is closed at the deadline, when the caller gives up, when the
// connection ends, and when the handler has returned.
func (s *serving) Done() <-chan struct{} { return s.context().Done() }

// Err says which of the two kinds of end it was.
func (s *serving) Err() error { return s.context().Err() }

// Value returns what the runtime keeps with the request.
func (s *serving) Value(key any) any {
	switch key.(type) {
	case servingKey:
		return s
	case metaKey:
		return nil
	}
	return s.context().Value(key)
}

// context returns the context that ends, making it at the first call.
func (s *serving) context() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inner != nil {
		return s.inner
	}
	inner, cancel := context.WithCancelCause(s.conn.ctx)
	s.inner, s.cancel = inner, cancel
	if !s.deadline.IsZero() {
		timed, stop := context.WithDeadline(inner, s.deadline)
		s.inner, s.cancel = timed, func(cause error) { cancel(cause); stop() }
	}
	if s.cause != nil {
		s.cancel(s.cause)
	}
	return s.inner
}
