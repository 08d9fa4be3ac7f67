package ipc

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Caller is where calls can be made: a [*Client], which calls its server, a
// [*Peer], which calls that peer, or a [*Selection], which calls one of many. Generated stubs are made for
// a Caller, and are as safe for concurrent use as it is.
type Caller interface {
	// pick returns the connection to use now, or an error that says why there
	// is none, which matches ErrNotSent.
	pick(ctx context.Context) (*conn, error)
	// target names whom the far side of the connection shall pass the call
	// on to; empty if it is itself meant.
	target() string
	// settings are those of the side that calls.
	settings() *node
}

// Call calls the route and waits for its result. An error is an [*Error],
// whose outcome says whether the call ran.
//
// The call is over at the earliest of ctx's end and the route's timeout; the
// far side's context ends then, too. A route declared idempotent is tried
// again within that time when the connection is missing or lost.
func (m *Method[A, R]) Call(ctx context.Context, c Caller, args *A) (R, error) {
	var result, none R
	var err error
	if len(c.settings().interceptors) == 0 {
		err = m.call(ctx, c, args, &result)
	} else {
		err = outbound(ctx, c, m.Route, args, &result, func(ctx context.Context) error {
			result = none // an interceptor may come here twice
			return m.call(ctx, c, args, &result)
		})
	}
	if err != nil {
		return none, err
	}
	return result, nil
}

// outbound runs fn inside the interceptors of the calling side.
func outbound(ctx context.Context, c Caller, route *Route, args, result any, fn func(context.Context) error) error {
	chain := c.settings().interceptors
	if len(chain) == 0 {
		return fn(ctx)
	}
	r := &Request{Route: route, Args: args, Result: result, Meta: metaOf(ctx)}
	if a, ok := c.(*answering); ok {
		c = a.Caller
	}
	r.Peer, _ = c.(*Peer)
	return intercept(ctx, chain, r, fn)
}

// call tries once, or more often if that is safe.
func (m *Method[A, R]) call(ctx context.Context, c Caller, args *A, result *R) error {
	if !m.Route.Idempotent {
		return m.try(ctx, c, args, result)
	}
	end := m.Route.deadline(time.Now())
	err := m.try(ctx, c, args, result)
	if err == nil || !retriable(err) {
		return err
	}
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	return m.retry(ctx, c, args, result, err)
}

// try calls once.
func (m *Method[A, R]) try(ctx context.Context, c Caller, args *A, result *R) error {
	conn, err := c.pick(ctx)
	if err != nil {
		return err
	}
	p := conn.router.newPending()
	p.target = c.target()
	if err := m.send(ctx, conn, args, p); err != nil {
		return err
	}
	if s := servingFrom(ctx); s != nil {
		s.letRead()
	}
	conn.router.wait(ctx, p)
	err = m.result(conn, p, result)
	if p.origin != "" {
		noteOrigin(c, p, conn)
	}
	conn.router.release(p)
	return err
}

// retry calls until it gets an answer, ctx ends, or trying again would not be
// safe or of use. err is why the call before failed.
func (m *Method[A, R]) retry(ctx context.Context, c Caller, args *A, result *R, err error) error {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(pause)):
		}
		if err = m.try(ctx, c, args, result); err == nil || !retriable(err) {
			return err
		}
	}
}

// The pauses between tries of an idempotent call: full jitter up to these.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 2 * time.Second
)

// retriable reports whether an idempotent call that failed so may be tried again.
func retriable(err error) bool {
	e := asError(err)
	if e == nil || !e.made || e.outcome == Executed {
		return false
	}
	switch e.Code {
	case code.NotConnected, code.Draining, code.Overloaded, code.Lost:
		return true
	}
	return false
}

// send encodes the arguments and sends the call that p waits for. If it fails,
// p is settled and must not be waited for.
func (m *Method[A, R]) send(ctx context.Context, c *conn, args *A, p *pending) error {
	out := newBuffer(c.out.bodies.size())
	defer out.release()
	if err := c.encodeArgs(ctx, m.Route, out, func(b []byte) ([]byte, error) {
		return wire.Marshal(c.codec, b, &m.Args, args)
	}); err != nil {
		return err
	}
	return c.request(ctx, m.Route, out, p)
}

// encodeArgs fills out with the packet of a request, its id excepted.
func (c *conn) encodeArgs(ctx context.Context, route *Route, out *buffer, encode func([]byte) ([]byte, error)) (err error) {
	if err := ctx.Err(); err != nil {
		return notSent(code.Expired, "the context had ended").because(err)
	}
	if out.bytes, err = encode(out.bytes[:0]); err != nil {
		return notSent(code.BadRequest, "%s: %v", route.Name, err)
	}
	c.out.bodies.seen(len(out.bytes))
	if len(out.bytes) > c.node.limits.Message {
		return notSent(code.TooLarge, "%s: the arguments take %d bytes, the limit is %d", route.Name, len(out.bytes), c.node.limits.Message)
	}
	p := &out.packet
	p.Kind, p.Route, p.Body, p.Meta = wire.KindCall, route.Name, out.bytes, metaOf(ctx)
	if s := servingFrom(ctx); s != nil {
		p.Depth = s.depth + 1
	}
	return nil
}

// request sends the call in out, which p waits for.
func (c *conn) request(ctx context.Context, route *Route, out *buffer, p *pending) error {
	now := time.Now()
	p.deadline = route.deadline(now)
	if d, ok := ctx.Deadline(); ok && (p.deadline.IsZero() || d.Before(p.deadline)) {
		p.deadline = d
	}
	if !p.deadline.IsZero() {
		out.packet.Timeout = max(p.deadline.Sub(now), time.Millisecond)
	}
	n, err := c.router.add(p)
	if err != nil {
		return err
	}
	out.packet.ID, out.packet.Target = p.id, p.target
	if p.stream != nil {
		out.packet.Credit = uint32(p.stream.in.window)
	}
	h := atOnce
	if n > 1 {
		h = together(n)
	}
	err = c.out.send(ctx, &out.packet, p.deadline, h, letReadFrom(ctx))
	if err != nil && c.router.take(p.id) == nil {
		<-p.done // settled meanwhile: by its deadline, or with the connection
	}
	return err
}

// letReadFrom returns what lets another goroutine read if ctx is that of a
// handler on the reader, or nil.
func letReadFrom(ctx context.Context) func() {
	if s := servingFrom(ctx); s != nil {
		return s.letRead
	}
	return nil
}

// result decodes what p was settled with.
func (m *Method[A, R]) result(c *conn, p *pending, result *R) error {
	if err := m.failure(c, p); err != nil {
		return err
	}
	if err := wire.Unmarshal(c.codec, p.body, &m.Result, result); err != nil {
		return &Error{Code: code.BadReply, Message: "result: " + err.Error(), outcome: Executed, made: true}
	}
	return nil
}

// failure returns the error that p was settled with, or nil.
func (m *Method[A, R]) failure(c *conn, p *pending) error {
	if p.err != nil {
		return p.err
	}
	if p.failure == nil {
		return nil
	}
	return farError(c.codec, m.Errors, p.failure)
}

// farError returns the error that p carries.
func farError(codec wire.Codec, declared Errors, p *wire.Packet) *Error {
	e := &Error{
		Code: code.Code(p.Code), Message: p.Message, RetryAfter: p.RetryAfter, Incident: p.Incident,
		outcome: NotExecuted, made: true,
	}
	switch {
	case lostBehind(p):
		e.outcome = Unknown
	case p.Ran:
		e.outcome = Executed
		e.cause = declared.unpack(codec, e.Code, p.Body)
	}
	switch {
	case e.cause != nil:
	case e.Code == code.Canceled:
		e.cause = context.Canceled
	case e.Code == code.Deadline:
		e.cause = context.DeadlineExceeded
	}
	return e
}

// Notify sends the route's arguments and waits for nothing but room to send, no
// longer than the route's timeout: the error says only whether they were sent.
// Notifications of one connection are handled in the order in which they were
// sent.
func (m *Method[A, R]) Notify(ctx context.Context, c Caller, args *A) error {
	return outbound(ctx, c, m.Route, args, nil, func(ctx context.Context) error {
		conn, err := c.pick(ctx)
		if err == nil {
			err = conn.router.refusal()
		}
		if err != nil {
			return err
		}
		out := newBuffer(conn.out.bodies.size())
		defer out.release()
		if err := conn.encodeArgs(ctx, m.Route, out, func(b []byte) ([]byte, error) {
			return wire.Marshal(conn.codec, b, &m.Args, args)
		}); err != nil {
			return err
		}
		out.packet.Kind, out.packet.Target = wire.KindNotify, c.target()
		return conn.out.send(ctx, &out.packet, m.Route.deadline(time.Now()), atOnce, letReadFrom(ctx))
	})
}
