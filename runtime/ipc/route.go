package ipc

import (
	"time"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Kind says what a route sends and receives.
type Kind uint8

// The kinds of routes, named by what the Go method looks like.
const (
	KindCall   Kind = iota // arguments, one reply
	KindNotify             // arguments, no reply
	KindStream             // arguments, a sequence back
	KindUpload             // arguments and a sequence, one reply
	KindDuplex             // arguments and a sequence, a sequence back
)

// String returns the kind in words.
func (k Kind) String() string {
	return [...]string{"call", "notify", "stream", "upload", "duplex"}[k]
}

// streams reports whether a route of this kind moves items.
func (k Kind) streams() bool { return k >= KindStream }

// takes reports whether a route of this kind has an input sequence.
func (k Kind) takes() bool { return k == KindUpload || k == KindDuplex }

// Route describes one method of a service: its name and what its annotations
// say. Generated code declares routes; they are not changed afterwards.
type Route struct {
	// Name is Service.Method, the exact bytes that cross.
	Name string
	Kind Kind
	// Timeout bounds a call whose context has no earlier deadline. 0 means
	// 30 s, and for streams that there is no bound.
	Timeout time.Duration
	// Idempotent says that running twice does no harm: the runtime retries
	// such a call itself when a connection ends under it.
	Idempotent bool
	// Aliases are further names under which the route is served.
	Aliases []string
	// Deprecated says what to use instead; empty if the route is not deprecated.
	Deprecated string
	// Public routes are served to peers without credentials, too; see
	// [ServerOptions].
	Public bool
	// Borrow says that byte slices among the arguments, and the items of its
	// sequences, may be where they arrived instead of copies: whoever gets them
	// may use them until the handler returns, or until the next item or the end of
	// the loop, and copies what it keeps. Byte slices in results are copies, and so are all strings.
	// Only what generated code decodes from CBOR is ever lent.
	Borrow bool
	// Limits bound how often one identity may request the route. All apply.
	// Routes with the same *Limit share its tokens.
	Limits []*Limit
}

// defaultTimeout bounds calls that nobody bounded.
const defaultTimeout = 30 * time.Second

// timeout returns the bound of the route, 0 for none.
func (r *Route) timeout() time.Duration {
	switch {
	case r.Timeout > 0:
		return r.Timeout
	case r.Kind.streams():
		return 0
	default:
		return defaultTimeout
	}
}

// deadline returns when a call that starts now must be settled; the zero time
// means never.
func (r *Route) deadline(now time.Time) time.Time {
	if t := r.timeout(); t > 0 {
		return now.Add(t)
	}
	return time.Time{}
}

// Method joins a route with the encodings of its arguments A and its result R;
// for a stream R is the item. Generated code declares methods.
type Method[A, R any] struct {
	Route  *Route
	Args   wire.Coding[A]
	Result wire.Coding[R]
	// Errors are the declared errors that may cross.
	Errors Errors
}

// InputMethod is a [Method] that also takes a sequence of I.
type InputMethod[A, I, R any] struct {
	Method[A, R]
	Input wire.Coding[I]
}

// RunGoGenerateWithIpcgen1 is named by generated code. If it is undefined there, the
// generated file and the runtime are of different versions: upgrade both to
// the same one and run go generate.
const RunGoGenerateWithIpcgen1 = 1
