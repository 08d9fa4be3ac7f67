package ipc

import (
	"context"
	"strings"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/topic"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Event joins an event with the encoding of its parameters A. An event is
// published under a topic and reaches whoever has subscribed to a pattern that
// the topic matches. Generated code declares events.
type Event[A any] struct {
	// Route names the event, as in RoomEvents.Posted. Its kind is KindNotify.
	Route *Route
	// Pattern is what all its topics match: room.*
	Pattern string
	// Topic returns the levels of the topic of an event with these parameters.
	Topic func(args *A) []string
	Args  wire.Coding[A]
}

// Publisher is where events are published: a [*Server], which sends them to
// its subscribers; a [*Group], which sends them to those subscribers that are
// in it; or a [*Client], which has its server publish them, if that allows it.
type Publisher interface {
	publish(ctx context.Context, p *publication) error
	settings() *node
}

// publication is one event that is being published.
type publication struct {
	route *Route
	topic string
	meta  map[string]string
	from  *Peer // nil: this process
	// append encodes the parameters at the end of b.
	append func(c wire.Codec, b []byte) ([]byte, error)
}

// Publish publishes an event. It returns when the event is on its way to all
// subscribers there are, or waits for those that are slow: it does not wait for
// them itself. On a [*Client] it waits until the server has done so.
//
// It is encoded once, however many subscribers there are, and not at all where
// there are none. Events that are published one after the other under one
// topic arrive in that order, and those that a handler publishes before it
// returns arrive before its reply.
//
// An error matches [ErrNotSent] if nobody gets the event: a parameter cannot be
// a level of its topic, it cannot be encoded, or a server does not let its
// client publish. Where only the dialect of some subscribers cannot say it, as
// JSON has no NaN, the others get it: these are told that they have missed one,
// and Publish returns an error of that outcome, [Executed].
func (e *Event[A]) Publish(ctx context.Context, to Publisher, args *A) error {
	t, err := topic.Join(e.Topic(args)...)
	if err != nil {
		return notSent(code.BadRequest, "%s: %v", e.Route.Name, err)
	}
	p := &publication{route: e.Route, topic: t, append: func(c wire.Codec, b []byte) ([]byte, error) {
		return wire.Marshal(c, b, &e.Args, args)
	}}
	p.meta = metaOf(ctx)
	chain := to.settings().interceptors
	if len(chain) == 0 {
		return to.publish(ctx, p)
	}
	return intercept(ctx, chain, &Request{Route: e.Route, Topic: t, Args: args, Meta: p.meta}, func(ctx context.Context) error {
		p.meta = metaOf(ctx) // which interceptors may add to
		return to.publish(ctx, p)
	})
}

// Handle handles the event with fn once its handler is subscribed, see
// [Registrar]. The arguments are fn's own; what it returns goes to the log.
func (e *Event[A]) Handle(fn func(ctx context.Context, args *A) error) *Handler {
	return &Handler{route: e.Route, topics: e.Pattern, newFrame: newEventFrame[A], serve: func(s *serving) {
		f := s.frame.(*eventFrame[A])
		s.request.Missed = f.take()
		if !decodeArgsIn(f.codec, s, &e.Args, &f.args) {
			return
		}
		if err := e.misplaced(f.claimed, &f.args); err != nil {
			s.conn.refuseRequest(0, e.Route.Name, err.Code, err.Message)
			return
		}
		if err := s.intercepted(nil, func(ctx context.Context) error { return fn(ctx, &f.args) }); err != nil {
			s.fail(nil, err)
		}
	}}
}

// misplaced says why an event with these parameters is not to be believed, of
// which a client claims that it belongs to a topic; an empty claim is the
// server's own word. For what a client may publish was decided by the topic
// alone: its server does not know the parameters.
func (e *Event[A]) misplaced(claim string, args *A) *Error {
	if claim == "" || e.Topic == nil {
		return nil
	}
	if t, err := topic.Join(e.Topic(args)...); err != nil || t != claim {
		return &Error{Code: code.BadRequest, Message: "a client has published " + e.Route.Name + " to " + claim + ", where its parameters do not belong", made: true}
	}
	return nil
}

// eventFrame is an event while it is handled.
type eventFrame[A any] struct {
	serving
	delivery
	args A
}

func newEventFrame[A any]() *serving {
	f := new(eventFrame[A])
	f.frame = f
	return &f.serving
}

// delivery is what a subscription is to know of an event that it gets.
type delivery struct {
	sub     *Subscription
	codec   wire.Codec
	claimed string // the topic, if a client has published the event
}

// claimOf returns the topic of an event that a client has published, or
// nothing.
func claimOf(p *wire.Packet) string {
	if p.Origin == "" {
		return ""
	}
	return p.Topic
}

func (d *delivery) about() *delivery { return d }

// take returns how many events were missed before this one.
func (d *delivery) take() int { return int(d.sub.missed.Swap(0)) }

// deliveryOf returns what s delivers, nil if it is no event.
func deliveryOf(s *serving) *delivery {
	if d, ok := s.frame.(interface{ about() *delivery }); ok {
		return d.about()
	}
	return nil
}

// familyOf returns what the events of one interface have in common:
// RoomEvents for RoomEvents.Posted.
func familyOf(event string) string {
	return event[:max(0, strings.LastIndexByte(event, '.'))]
}

// origin names the client that publishes the event, if one does.
func (p *publication) origin() string {
	if p.from == nil {
		return ""
	}
	return p.from.id.String()
}

// packet returns the event as it crosses in d.
func (p *publication) packet(d wire.Dialect, limit int) ([]byte, *Error) {
	out := newBuffer(0)
	defer out.release()
	var unsaid *Error
	if out.bytes, unsaid = p.body(d.Codec(), out.bytes[:0], limit); unsaid != nil {
		return nil, unsaid
	}
	e := &out.packet
	e.Kind, e.Route, e.Topic, e.Body, e.Meta = wire.KindEvent, p.route.Name, p.topic, out.bytes, p.meta
	e.Origin = p.origin()
	b, err := d.Append(make([]byte, 0, len(out.bytes)+len(e.Route)+len(e.Topic)+32), e)
	if err != nil {
		return nil, notSent(code.BadRequest, "%s: %v", p.route.Name, err)
	}
	return b, nil
}

// body appends the encoded parameters to b, within the limit.
func (p *publication) body(c wire.Codec, b []byte, limit int) ([]byte, *Error) {
	start := len(b)
	b, err := p.append(c, b)
	if err != nil {
		return b, notSent(code.BadRequest, "%s: %v", p.route.Name, err)
	}
	if n := len(b) - start; n > limit {
		return b, notSent(code.TooLarge, "%s: the parameters take %d bytes, the limit is %d", p.route.Name, n, limit)
	}
	return b, nil
}

// publish has the server publish the event.
func (c *Client) publish(ctx context.Context, p *publication) error {
	conn, err := c.pick(ctx)
	if err != nil {
		return err
	}
	out := newBuffer(conn.out.bodies.size())
	defer out.release()
	if err := conn.encodeArgs(ctx, p.route, out, func(b []byte) ([]byte, error) { return p.append(conn.codec, b) }); err != nil {
		return err
	}
	out.packet.Kind, out.packet.Topic = wire.KindEvent, p.topic
	call := conn.router.newPending()
	if err := conn.request(ctx, p.route, out, call); err != nil {
		return err
	}
	letReadIn(ctx)
	conn.router.wait(ctx, call)
	defer conn.router.release(call)
	return outcomeOf(conn, call)
}

// outcomeOf returns the error that a call without a result was settled with, or nil.
func outcomeOf(c *conn, p *pending) error {
	switch {
	case p.err != nil:
		return p.err
	case p.failure != nil:
		return farError(c.codec, nil, p.failure)
	}
	return nil
}

// letReadIn lets another goroutine read if ctx is that of a handler on the
// reader: it is about to wait.
func letReadIn(ctx context.Context) {
	if let := letReadFrom(ctx); let != nil {
		let()
	}
}
