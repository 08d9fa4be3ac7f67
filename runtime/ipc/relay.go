package ipc

import (
	"context"
	"fmt"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Calls through the server. A call with a target is not served but passed on:
//
//	caller                     server                         callee
//	  |  call 7, to bots/one     |                              |
//	  |------------------------->|  call 4, of apps/web         |
//	  |                          |----------------------------->|
//	  |  item 7, reply 7         |  item 4, reply 4             |
//	  |<-------------------------|<-----------------------------|
//
// From then on the two connections are spliced for that call: packets of the
// one id leave under the other, in both directions, until the call is settled.
// Towards the callee a forwarded call is pending as any other, so that a lost
// connection and a deadline settle it. The credit of a stream is given and used
// by its two ends; the server makes sure that both keep to it.

// passOn sends the call or notification p to the peer that it is meant for.
func (c *conn) passOn(p *wire.Packet) {
	err := c.tryPassOn(p)
	if e := asError(err); e != nil {
		c.refuseRequest(p.ID, p.Route, e.Code, e.Message)
	}
}

func (c *conn) tryPassOn(p *wire.Packet) error {
	switch {
	case c.server == nil:
		return Errorf(code.Unsupported, "a target is not understood")
	case c.peer.session.restricted:
		return Errorf(code.Denied, "credentials are needed to call others")
	case c.draining.Load():
		return Errorf(code.Draining, "shutting down")
	case int(p.Depth) > c.node.limits.Depth:
		return Errorf(code.Overloaded, "calls back are too deep")
	}
	to, err := c.server.aim(c, p.Target, p.Route)
	if err != nil {
		return err
	}
	if p.Credit > 0 && !to.traits.Streams {
		return errNoStreams
	}
	body, err := translate(p.Body, c, to)
	if err != nil {
		return Errorf(code.BadRequest, "the arguments: %v", err)
	}
	out := &wire.Packet{
		Kind: p.Kind, Route: p.Route, Body: body, Timeout: p.Timeout, Meta: p.Meta, Credit: p.Credit,
		Depth: p.Depth, Trace: p.Trace, Origin: c.peer.id.String(),
	}
	if p.Kind == wire.KindNotify {
		return to.lane.request(out, time.Time{}, nil)
	}
	return c.splitCall(p, to, out)
}

// splitCall enters the call p of c, which goes to another as out.
func (c *conn) splitCall(p *wire.Packet, to *conn, out *wire.Packet) error {
	f := &forward{from: c, to: to, id: p.ID, call: &pending{}}
	f.call.forward = f
	f.back.Store(int64(p.Credit))
	if p.Timeout > 0 {
		f.call.deadline = time.Now().Add(p.Timeout)
	}
	if !c.forwards.any.Swap(true) {
		context.AfterFunc(c.ctx, c.abandon)
	}
	to.forwards.any.Store(true)
	if !c.forwards.add(f, c.node.limits.Pending) {
		return Errorf(code.Overloaded, "too many calls to others are under way")
	}
	f.counted(1)
	_, err := to.router.add(f.call)
	if err == nil {
		out.ID = f.call.id
		if c.hasEnded() { // before abandon could find f
			c.abandon()
			return nil
		}
		err = to.lane.request(out, f.call.deadline, f)
		if err != nil && to.router.take(f.call.id) == nil {
			return nil // settled meanwhile
		}
	}
	if err != nil {
		if !c.forwards.remove(f) {
			return nil
		}
		f.over()
	}
	return err
}

// abandon cancels the calls of a peer that is gone.
func (c *conn) abandon() {
	for _, f := range c.forwards.all() {
		f.cancel()
	}
}

// cancel ends a call that nobody waits for any more. The caller is told nothing.
func (f *forward) cancel() {
	if f.from.forwards.remove(f) {
		defer f.over()
	}
	f.callOff()
}

// callOff tells the callee that nobody waits any more.
func (f *forward) callOff() {
	if p := f.to.router.take(f.call.id); p != nil {
		f.to.cancelFar(p.id)
	}
}

// splice passes on p if it belongs to a call that is passed on.
func (c *conn) splice(p *wire.Packet) bool {
	switch p.Kind {
	case wire.KindCall, wire.KindSubscribe, wire.KindEvent:
		if c.forwards.find(p.ID) == nil {
			return false
		}
		c.violated("the id of this " + p.Kind.String() + " is in use")
	case wire.KindItem, wire.KindEnd, wire.KindCredit, wire.KindCancel:
		if c.router.foreign(p.ID) {
			f := c.forwards.find(p.ID)
			if f == nil {
				return false
			}
			f.toCallee(p)
			return true
		}
		f := c.router.forward(p.ID)
		if f == nil {
			return false
		}
		f.toCaller(p)
	default:
		return false
	}
	return true
}

// toCallee passes on what the caller sends after the call.
func (f *forward) toCallee(p *wire.Packet) {
	switch p.Kind {
	case wire.KindCancel:
		f.cancel()
		return
	case wire.KindCredit:
		f.back.Add(int64(p.Credit))
	case wire.KindItem:
		if f.forth.Load() <= 0 {
			f.breakOff("an item was sent without credit")
			return
		}
		f.forth.Add(-int64(cost(len(p.Body))))
	}
	f.pass(p, f.from, f.to, f.call.id)
}

// toCaller passes on what the callee sends before its answer.
func (f *forward) toCaller(p *wire.Packet) {
	switch p.Kind {
	case wire.KindCredit:
		f.forth.Add(int64(p.Credit))
	case wire.KindItem:
		if f.back.Load() <= 0 {
			f.breakOff("an item was sent without credit")
			return
		}
		f.back.Add(-int64(cost(len(p.Body))))
	default:
		return // only a caller cancels, and ends its input
	}
	f.pass(p, f.to, f.from, f.id)
}

// pass sends p, which came in on from, to the other end under its id there.
func (f *forward) pass(p *wire.Packet, from, to *conn, id uint64) {
	body, err := p.Body, error(nil)
	if p.Kind == wire.KindItem {
		body, err = translate(body, from, to)
	}
	if err != nil {
		f.breakOff("item: " + err.Error())
		return
	}
	to.lane.pass(&wire.Packet{Kind: p.Kind, ID: id, Body: body, Credit: p.Credit})
	from.touch(to)
}

// breakOff ends a call in which one of the ends broke the protocol, towards both.
func (f *forward) breakOff(message string) {
	if f.from.forwards.remove(f) {
		defer f.over()
		f.callOff()
		f.from.lane.pass(&wire.Packet{
			Kind: wire.KindError, ID: f.id, Code: string(code.Protocol), Message: cut(message, maxErrorText), Ran: true,
			Origin: f.to.peer.id.String(),
		})
		f.from.out.push()
	}
}

// settled tells the caller how the call ended. Whoever has taken it out of the
// router of the callee's connection calls it, once.
func (f *forward) settled() {
	p := f.call
	defer p.from.release()
	if !f.from.forwards.remove(f) {
		return
	}
	defer f.over()
	answer := &wire.Packet{Kind: wire.KindReply, Body: p.body}
	switch {
	case p.err != nil:
		answer = f.failed(asError(p.err))
	case p.failure != nil:
		*answer = *p.failure
	}
	f.answer(answer)
}

// failed returns how the caller is told of an error that was made here.
func (f *forward) failed(e *Error) *wire.Packet {
	if e.Code == code.Lost && !f.sent.Load() {
		e = notSent(code.NotConnected, "the connection to %v ended", f.to.peer.id)
	}
	p := &wire.Packet{Kind: wire.KindError, Code: string(e.Code), Message: cut(e.Message, maxErrorText)}
	p.Ran = e.outcome == Unknown && !lostBehind(p)
	return p
}

// lostBehind reports whether p says of a call that was passed on that nobody
// knows whether it ran: whoever passed it on has lost the callee, or its time
// was over there.
func lostBehind(p *wire.Packet) bool {
	return !p.Ran && (p.Code == string(code.Lost) || p.Code == string(code.Deadline))
}

// answer sends the caller the answer of the call.
func (f *forward) answer(p *wire.Packet) {
	body, err := translate(p.Body, f.to, f.from)
	switch {
	case err == nil:
		p.Body = body
	case p.Kind == wire.KindReply:
		p = &wire.Packet{Kind: wire.KindError, Code: string(code.BadReply), Message: cut("result: "+err.Error(), maxErrorText), Ran: true}
	default:
		p.Body = nil // what it says without is better than nothing
	}
	p.ID, p.Origin = f.id, f.to.peer.id.String()
	f.from.lane.pass(p)
	f.from.out.push()
}

// translate returns the body in the codec of to, or says why that cannot be. In
// CBOR a body is bytes, whatever they are; in JSON it is a part of its packet,
// and one that is malformed would keep the peer from reading all of it.
func translate(body []byte, from, to *conn) ([]byte, error) {
	if len(body) == 0 || from.codec == wire.CBOR && to.codec == wire.CBOR {
		return body, nil
	}
	raw, err := wire.Raw{Codec: from.codec, Bytes: body}.In(to.codec)
	if err != nil {
		return nil, err
	}
	if limit := to.node.limits.Message; len(raw.Bytes) > limit {
		return nil, fmt.Errorf("it takes %d bytes for the peer, the limit is %d", len(raw.Bytes), limit)
	}
	return raw.Bytes, nil
}

// touch remembers that packets wait in the outbox of to, until the reader has
// come to the end of its message.
func (c *conn) touch(to *conn) {
	if c.touched != to {
		c.pushForwarded()
		c.touched = to
	}
}

// pushForwarded sends what the reader has passed on.
func (c *conn) pushForwarded() {
	if c.touched != nil {
		c.touched.out.push()
		c.touched = nil
	}
}
