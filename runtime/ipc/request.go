package ipc

import (
	"context"
	"maps"
)

// Request is what the code around a call, notification or stream may know of
// it: interceptors on either side, and through [RequestFrom] the handler.
type Request struct {
	Route *Route
	// Peer is at the other end: who calls, for an inbound request; who is
	// called, for an outbound one, nil while that is not decided. Of a
	// request that a server has passed on it is who really calls: the
	// server's word, which the caller cannot forge.
	Peer *Peer
	// Inbound says that this side serves the request.
	Inbound bool
	// Meta are the values that the caller sends along; see [WithMeta]. Not to
	// be changed.
	Meta map[string]string
	// Topic is what an event is published under, for which Route names the
	// event; empty for requests.
	Topic string
	// Missed is how many events the subscription has missed since the one
	// before this, because the handler or the connection was too slow.
	Missed int
	// Args points to the arguments, a struct with one field a parameter. Where
	// a server publishes an event for a client it is a *wire.Raw: the server
	// need not know the event.
	Args any
	// Result points to the result, which is there when next has returned
	// nil. It is nil for notifications and streams.
	Result any
}

// RequestFrom returns the request that is being served with ctx, if any.
func RequestFrom(ctx context.Context) (*Request, bool) {
	if s := servingFrom(ctx); s != nil {
		return &s.request, true
	}
	return nil, false
}

// Interceptor wraps what goes in or out: it runs before a request and, as next
// returns when that is done, after it. It is the same for calls, notifications
// and streams, of which next returns at the end, and for both directions. It
// may change the context, refuse by not calling next, replace the error, and
// look at the request's arguments and result.
type Interceptor func(ctx context.Context, r *Request, next func(context.Context) error) error

// intercept runs next inside the interceptors, the first one outermost.
func intercept(ctx context.Context, chain []Interceptor, r *Request, next func(context.Context) error) error {
	if len(chain) == 0 {
		return next(ctx)
	}
	return chain[0](ctx, r, func(ctx context.Context) error {
		return intercept(ctx, chain[1:], r, next)
	})
}

type metaKey struct{}

// WithMeta returns a context with which calls carry value under key, beside
// those of ctx. The handler finds it in the Meta of its [Request]. A call
// carries at most 64 keys and 8 KiB. What a handler was sent it does not send
// on unless it says so; what is to travel on and on, like the id of a trace, is
// the business of an interceptor on both sides.
func WithMeta(ctx context.Context, key, value string) context.Context {
	meta := maps.Clone(metaOf(ctx))
	if meta == nil {
		meta = map[string]string{}
	}
	meta[key] = value
	return context.WithValue(ctx, metaKey{}, meta)
}

// metaOf returns what calls made with ctx carry.
func metaOf(ctx context.Context) map[string]string {
	meta, _ := ctx.Value(metaKey{}).(map[string]string)
	return meta
}
