package ipc

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

// NotifyAll notifies every member of g. The error joins those of the members
// that it was not sent to, each with its identity.
//
// The arguments are encoded once for all members that speak the same encoding.
// Those that have room are sent to at once; then the others, a bounded number
// at a time, are waited for as [Method.Notify] does, so that a slow member
// delays nobody but the caller.
func (m *Method[A, R]) NotifyAll(ctx context.Context, g *Group, args *A) error {
	members, err := g.members(ctx)
	if err != nil {
		return err
	}
	var errs []error
	if len(g.node.interceptors) == 0 {
		f := fanout[A, R]{method: m, ctx: ctx, args: args}
		members = f.offer(members)
		errs = f.errs
		f.release()
	}
	m.gather(ctx, g, members, args, func(r Reply[R]) bool {
		if r.Err != nil {
			errs = append(errs, r.failure())
		}
		return true
	})
	return errors.Join(errs...)
}

// fanout is one notification on its way to many.
type fanout[A, R any] struct {
	method  *Method[A, R]
	ctx     context.Context
	args    *A
	encoded [2]*buffer // by codec
	errs    []error
}

// offer sends to all members that have room, and returns the others.
func (f *fanout[A, R]) offer(members []*Peer) (crowded []*Peer) {
	for _, p := range members {
		taken, err := f.offerTo(p)
		switch {
		case err != nil:
			f.errs = append(f.errs, fmt.Errorf("%v: %w", p.id, err))
		case !taken:
			crowded = append(crowded, p)
		}
	}
	return crowded
}

func (f *fanout[A, R]) offerTo(p *Peer) (taken bool, err error) {
	c, err := p.pick(f.ctx)
	if err == nil {
		err = c.router.refusal()
	}
	if err != nil {
		return false, err
	}
	packet, err := f.packet(c)
	if err != nil {
		return false, err
	}
	packet.Target = p.target()
	return c.out.trySend(packet)
}

// packet returns the notification in the encoding of c.
func (f *fanout[A, R]) packet(c *conn) (*wire.Packet, error) {
	if out := f.encoded[c.codec]; out != nil {
		return &out.packet, nil
	}
	out := newBuffer(c.out.bodies.size())
	if err := c.encodeArgs(f.ctx, f.method.Route, out, func(b []byte) ([]byte, error) {
		return wire.Marshal(c.codec, b, &f.method.Args, f.args)
	}); err != nil {
		out.release()
		return nil, err
	}
	out.packet.Kind = wire.KindNotify
	f.encoded[c.codec] = out
	return &out.packet, nil
}

func (f *fanout[A, R]) release() {
	for _, out := range f.encoded {
		out.release()
	}
}

// trySend queues p if there is room for it now, and reports whether there was.
func (o *outbox) trySend(p *wire.Packet) (taken bool, err error) {
	o.mu.Lock()
	if o.closed != nil || o.limit != nil || !o.waiters.none() || !o.fits(len(p.Body)) {
		defer o.mu.Unlock()
		return false, o.closed
	}
	return true, o.append(p, atOnce)
}
