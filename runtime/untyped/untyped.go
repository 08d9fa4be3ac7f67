// Package untyped calls, notifies and serves routes by name, without generated
// code: for command lines, bridges, scripts and tests.
//
//	greet := untyped.Values{Name: "Greeter.Hello"}
//	v, err := greet.Call(ctx, cl, map[string]any{"name": "Ada"})
//
// The far side cannot tell: it may have generated code, and so may the near
// side of a route that is served from here. What generated code knows at
// compile time is found out at run time instead: a misspelt route is
// code.NoRoute, a wrong argument code.BadRequest, both without having run.
//
// # Bodies
//
// A [Route] is for bodies of two Go types. There are two ready-made forms:
//
//   - [Values] takes arguments by name and gives back what encoding/json would:
//     maps, slices, strings, numbers, bools. A number crosses as its Go type
//     says, so an int parameter wants an int, not a float64. In CBOR a result's
//     integers are int64; in JSON all numbers are float64.
//   - [Raw] leaves bodies encoded. A body in JSON may be sent on connections
//     that speak CBOR, and a result in CBOR be shown as JSON: see [wire.Raw.In].
//     What is not well-formed is refused before it is sent.
//
// With types of your own a Route is what generated code would be without the
// generator: a struct with the parameters' names as its fields, and a result.
//
//	add := untyped.Route[struct{ A, B int }, int]{Name: "Calculator.Add"}
//
// Declared errors arrive with their code and text, for errors.Is(err,
// code.Code("package.name")).
package untyped

import (
	"context"
	"iter"
	"time"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Route is a route by its name, with the types of its arguments and results.
// A is what encodes to a map of the arguments by name, for none a map or a named
// type without fields (a plain struct{} stands for no value, which is null); R is a result, or an
// element of a stream in either direction. A Route is a plain value: its
// methods may be used concurrently. Which of them fits is for the caller to
// know: a stream that is called, say, has no result and ends with the deadline.
type Route[A, R any] struct {
	// Name is Service.Method, the exact bytes that cross.
	Name string
	// Timeout bounds a call whose context has no earlier deadline. 0 means
	// 30 s, and for streams that there is no bound.
	Timeout time.Duration
	// Idempotent says that running twice does no harm: the runtime retries
	// such a call when a connection ends under it.
	Idempotent bool
}

// Values is a route whose arguments and results are what encoding/json makes
// of any text: nil arguments are no arguments.
type Values = Route[map[string]any, any]

// Raw is a route whose arguments and results stay encoded: the zero Raw as
// arguments is no arguments, as a result null.
type Raw = Route[wire.Raw, wire.Raw]

// method returns what the runtime calls and serves.
func (r Route[A, R]) method(kind ipc.Kind) *ipc.InputMethod[A, R, R] {
	route := &ipc.Route{Name: r.Name, Kind: kind, Timeout: r.Timeout, Idempotent: r.Idempotent}
	return &ipc.InputMethod[A, R, R]{Method: ipc.Method[A, R]{Route: route}}
}

// Call calls the route and waits for its result, as [ipc.Method.Call].
func (r Route[A, R]) Call(ctx context.Context, c ipc.Caller, args A) (R, error) {
	return r.method(ipc.KindCall).Call(ctx, c, present(&args))
}

// Start is Call without waiting, as [ipc.Method.Start].
func (r Route[A, R]) Start(ctx context.Context, c ipc.Caller, args A) *ipc.Future[R] {
	return r.method(ipc.KindCall).Start(ctx, c, present(&args))
}

// Notify notifies the route: the error says only whether that was sent.
func (r Route[A, R]) Notify(ctx context.Context, c ipc.Caller, args A) error {
	return r.method(ipc.KindNotify).Notify(ctx, c, present(&args))
}

// Stream returns the sequence of what the route yields, as [ipc.Method.Stream].
func (r Route[A, R]) Stream(ctx context.Context, c ipc.Caller, args A) iter.Seq2[R, error] {
	return r.method(ipc.KindStream).Stream(ctx, c, present(&args))
}

// Upload sends what in yields and returns the result, as [ipc.InputMethod.Upload].
func (r Route[A, R]) Upload(ctx context.Context, c ipc.Caller, args A, in iter.Seq2[R, error]) (R, error) {
	return r.method(ipc.KindUpload).Upload(ctx, c, present(&args), in)
}

// Duplex sends what in yields while the far side's sequence is ranged, as
// [ipc.InputMethod.Duplex].
func (r Route[A, R]) Duplex(ctx context.Context, c ipc.Caller, args A, in iter.Seq2[R, error]) iter.Seq2[R, error] {
	return r.method(ipc.KindDuplex).Duplex(ctx, c, present(&args), in)
}

// Gather calls the route on every member of g, as [ipc.Method.Gather].
func (r Route[A, R]) Gather(ctx context.Context, g *ipc.Group, args A) iter.Seq[ipc.Reply[R]] {
	return r.method(ipc.KindCall).Gather(ctx, g, present(&args))
}

// NotifyAll notifies every member of g, as [ipc.Method.NotifyAll].
func (r Route[A, R]) NotifyAll(ctx context.Context, g *ipc.Group, args A) error {
	return r.method(ipc.KindNotify).NotifyAll(ctx, g, present(&args))
}

// present makes no arguments an empty map: those of a call are never null.
func present[A any](args *A) *A {
	switch a := any(args).(type) {
	case *map[string]any:
		if *a == nil {
			*a = map[string]any{}
		}
	case *wire.Raw:
		if len(a.Bytes) == 0 {
			*a = wire.Raw{Codec: wire.JSON, Bytes: []byte("{}")}
		}
	}
	return args
}

// Handlers are registered with [ipc.Registrar], and removed, by their Route
// method, at any time.

// Handle serves calls with fn, as [ipc.Method.Handle].
func (r Route[A, R]) Handle(fn func(ctx context.Context, args A) (R, error)) *ipc.Handler {
	return r.method(ipc.KindCall).Handle(func(ctx context.Context, args *A) (R, error) { return fn(ctx, *args) })
}

// HandleNotify serves notifications with fn, as [ipc.Method.HandleNotify].
func (r Route[A, R]) HandleNotify(fn func(ctx context.Context, args A) error) *ipc.Handler {
	return r.method(ipc.KindNotify).HandleNotify(func(ctx context.Context, args *A) error { return fn(ctx, *args) })
}

// HandleStream serves streams with fn, as [ipc.Method.HandleStream].
func (r Route[A, R]) HandleStream(fn func(ctx context.Context, args A) iter.Seq2[R, error]) *ipc.Handler {
	return r.method(ipc.KindStream).HandleStream(func(ctx context.Context, args *A) iter.Seq2[R, error] { return fn(ctx, *args) })
}

// HandleUpload serves uploads with fn, as [ipc.InputMethod.HandleUpload].
func (r Route[A, R]) HandleUpload(fn func(ctx context.Context, args A, in iter.Seq2[R, error]) (R, error)) *ipc.Handler {
	return r.method(ipc.KindUpload).HandleUpload(func(ctx context.Context, args *A, in iter.Seq2[R, error]) (R, error) {
		return fn(ctx, *args, in)
	})
}

// HandleDuplex serves streams in both directions with fn, as
// [ipc.InputMethod.HandleDuplex].
func (r Route[A, R]) HandleDuplex(fn func(ctx context.Context, args A, in iter.Seq2[R, error]) iter.Seq2[R, error]) *ipc.Handler {
	return r.method(ipc.KindDuplex).HandleDuplex(func(ctx context.Context, args *A, in iter.Seq2[R, error]) iter.Seq2[R, error] {
		return fn(ctx, *args, in)
	})
}
