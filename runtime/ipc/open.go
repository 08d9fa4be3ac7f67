package ipc

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// The caller's side of streams.

// Stream returns the sequence of what the route yields. It opens when it is
// ranged, which can be done once. Breaking off ends the context of the
// handler; an error is the last thing it yields.
func (m *Method[A, R]) Stream(ctx context.Context, c Caller, args *A) iter.Seq2[R, error] {
	return m.sequence(ctx, c, args, nil)
}

// Upload sends what in yields, as fast as the far side takes it, and returns
// the route's result. in is ranged on another goroutine; it must end with ctx,
// and may be asked for one more element after Upload has returned. When in
// yields an error the upload is given up and Upload returns that error; when it
// panics the upload fails with code.Internal, and the stack is logged.
func (m *InputMethod[A, I, R]) Upload(ctx context.Context, c Caller, args *A, in iter.Seq2[I, error]) (R, error) {
	var result, zero R
	err := outbound(ctx, c, m.Route, args, &result, func(ctx context.Context) error {
		result = zero // an interceptor may come here twice
		o, err := m.open(ctx, c, args, m.pump(in))
		if err != nil {
			return err
		}
		defer o.leave()
		o.conn.router.wait(ctx, o.call)
		return m.result(o.conn, o.call, &result)
	})
	if err != nil {
		return zero, err
	}
	return result, nil
}

// Duplex sends what in yields, as [InputMethod.Upload] does, while the
// sequence it returns yields what the far side sends, as [Method.Stream] does.
func (m *InputMethod[A, I, R]) Duplex(ctx context.Context, c Caller, args *A, in iter.Seq2[I, error]) iter.Seq2[R, error] {
	return m.sequence(ctx, c, args, m.pump(in))
}

// pump returns what sends the items of in.
func (m *InputMethod[A, I, R]) pump(in iter.Seq2[I, error]) pump {
	return func(ctx context.Context, s *stream) error { return sendAll(ctx, s, &m.Input, in) }
}

// pump sends the input of a stream and returns when all is sent, or why not.
type pump func(context.Context, *stream) error

// sequence returns what the route yields, while in, if any, sends its input.
func (m *Method[A, R]) sequence(ctx context.Context, c Caller, args *A, in pump) iter.Seq2[R, error] {
	var used atomic.Bool
	return func(yield func(R, error) bool) {
		var zero R
		if used.Swap(true) {
			yield(zero, errTwice)
			return
		}
		more := true
		err := outbound(ctx, c, m.Route, args, nil, func(ctx context.Context) error {
			if !more { // an interceptor comes here again, and the consumer has left
				return ended(context.Canceled, NotExecuted)
			}
			o, err := m.open(ctx, c, args, in)
			if err != nil {
				return err
			}
			defer o.leave()
			more, err = m.receive(ctx, o, yield)
			return err
		})
		if more && err != nil {
			yield(zero, err)
		}
	}
}

var errTwice = errors.New("ipc: the sequence has been ranged already; call again for another")

// opened is a stream that this side has opened.
type opened struct {
	conn *conn
	call *pending
}

// open sends the call that opens a stream, and starts to send its input.
func (m *Method[A, R]) open(ctx context.Context, c Caller, args *A, in pump) (*opened, error) {
	conn, err := c.pick(ctx)
	if err != nil {
		return nil, err
	}
	if !conn.traits.Streams {
		return nil, errNoStreams
	}
	p := newSharedPending()
	p.target = c.target()
	p.stream = &stream{conn: conn, over: p.done, borrow: m.Route.Borrow}
	p.stream.in.open(conn.running.grantWindow())
	p.stream.out.open(0)
	o := &opened{conn, p}
	if err := m.send(ctx, conn, args, p); err != nil {
		conn.running.returnWindow(p.stream.in.window)
		return nil, err
	}
	if s := servingFrom(ctx); s != nil {
		s.letRead()
	}
	if in != nil {
		go o.sendInput(ctx, m.Route, in)
	}
	return o, nil
}

// sendInput sends the input. If that fails on this side the stream is given up.
func (o *opened) sendInput(ctx context.Context, route *Route, in pump) {
	returned := false
	defer func() {
		if !returned {
			o.conn.router.giveUp(o.call, errExit)
		}
	}()
	defer o.conn.node.contain(route, func(err error) { o.conn.router.giveUp(o.call, err) })
	err := in(ctx, o.call.stream)
	returned = true
	if err == nil {
		err = o.call.stream.deliver(ctx, &wire.Packet{Kind: wire.KindEnd, ID: o.call.id}, atOnce)
	}
	switch {
	case err == nil || errors.Is(err, errOver):
		return
	case ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
		err = ended(ctx.Err(), Unknown)
	}
	o.conn.router.giveUp(o.call, err)
}

// leave ends what is left of the stream when its caller has done with it.
func (o *opened) leave() {
	o.conn.router.giveUp(o.call, ended(context.Canceled, Unknown))
	<-o.call.done // who else settles it is about to
	o.conn.running.returnWindow(o.call.stream.in.window)
	o.conn.router.release(o.call)
}

// receive yields what arrives until the far side has finished or the consumer
// wants no more, and returns what went wrong.
func (m *Method[A, R]) receive(ctx context.Context, o *opened, yield func(R, error) bool) (more bool, err error) {
	more, err = receiveAll(ctx, o.call.stream, o.call.done, &m.Result, yield)
	bad, isBad := err.(*badItem)
	switch {
	case !more:
		return false, nil
	case err == nil:
		return true, m.failure(o.conn, o.call)
	case isBad:
		return true, &Error{Code: code.BadReply, Message: bad.Error(), outcome: Executed, made: true}
	case asError(err) == nil:
		return true, ended(ctx.Err(), Unknown)
	}
	return true, err
}
