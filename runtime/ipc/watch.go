package ipc

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/topic"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Watch returns the events whose topics match pattern, as they come. It
// subscribes before it returns, as [Registrar] says: what is published from
// then on is kept until the sequence is ranged, and between its iterations;
// what was published before is not.
// The subscription ends with the loop or with ctx, one of which must come. If
// it cannot subscribe the sequence yields the error.
//
// As many events are kept as notifications may wait, see [Limits]. If there
// are more the next are dropped, and in their place the sequence yields a
// [topic.Missed] that says how many. It also does so where events were dropped
// on their way. After it, and after an event that cannot be decoded or that a
// client has published where it does not belong, which is code.BadRequest, the
// sequence goes on; any other error is its last.
func (e *Event[A]) Watch(ctx context.Context, at Registrar, pattern string) iter.Seq2[A, error] {
	m, err := watch(ctx, at.box(), pattern, e.Handle(nil))
	var used atomic.Bool
	return func(yield func(A, error) bool) {
		var none A
		switch {
		case err != nil:
			yield(none, err)
			return
		case used.Swap(true):
			yield(none, errTwice)
			return
		}
		defer m.close()
		for {
			next, err := m.take(ctx)
			if err == nil && next.missed > 0 {
				err = topic.Missed(next.missed)
			}
			over := err != nil && next.missed == 0
			var args A
			if err == nil {
				err = e.read(&next, &args)
			}
			if !yield(args, err) || over {
				return
			}
		}
	}
}

// watch subscribes a mailbox.
func watch(ctx context.Context, in *inbox, pattern string, h *Handler) (*mailbox, error) {
	sub, err := in.newSubscription(pattern, []*Handler{h})
	if err != nil {
		return nil, err
	}
	m := &mailbox{limit: in.node.limits.Notifications, maxBytes: in.node.limits.Message, wake: make(chan struct{}, 1)}
	sub.mailbox, sub.handlers = m, nil
	if in.far == nil {
		err = in.add(sub)
	} else {
		err = in.subscribe(ctx, sub)
	}
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, sub.Close)
	m.close = func() { stop(); sub.Close() }
	return m, nil
}

// read decodes the parameters of an event.
func (e *Event[A]) read(m *mail, args *A) error {
	var wrong *Error
	if err := wire.UnmarshalArgs(m.codec, m.body, &e.Args, args); err != nil {
		wrong = &Error{Code: code.BadRequest, Message: err.Error(), made: true}
	} else if wrong = e.misplaced(m.claimed, args); wrong == nil {
		return nil
	}
	var none A
	*args = none
	return wrong
}

// mailbox keeps the events of a subscription until they are asked for.
type mailbox struct {
	close           func() // ends the subscription
	limit, maxBytes int

	mu      sync.Mutex
	waiting []mail
	bytes   int
	ended   error
	wake    chan struct{}
}

// mail is an event that waits, or the word that some were missed here.
type mail struct {
	codec   wire.Codec
	claimed string // the topic, if a client has published the event
	body    []byte
	missed  int
}

// put keeps an event, or counts it as missed if there are too many.
func (m *mailbox) put(event mail) {
	m.mu.Lock()
	if len(m.waiting) >= m.limit || len(m.waiting) > 0 && m.bytes+len(event.body) > m.maxBytes {
		m.mu.Unlock()
		m.miss(1)
		return
	}
	event.body = slices.Clone(event.body)
	m.waiting = append(m.waiting, event)
	m.bytes += len(event.body)
	m.mu.Unlock()
	m.signal()
}

// miss notes that n events are missing here.
func (m *mailbox) miss(n int) {
	m.mu.Lock()
	if last := len(m.waiting) - 1; last >= 0 && m.waiting[last].missed > 0 {
		m.waiting[last].missed += n
	} else {
		m.waiting = append(m.waiting, mail{missed: n})
	}
	m.mu.Unlock()
	m.signal()
}

// end says that no more will come.
func (m *mailbox) end(err error) {
	m.mu.Lock()
	if m.ended == nil {
		m.ended = err
	}
	m.mu.Unlock()
	m.signal()
}

// signal wakes who waits.
func (m *mailbox) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// take waits for what comes next.
func (m *mailbox) take(ctx context.Context) (mail, error) {
	letReadIn(ctx)
	for {
		m.mu.Lock()
		switch {
		case ctx.Err() != nil:
			m.mu.Unlock()
			return mail{}, ended(ctx.Err(), Unknown)
		case len(m.waiting) > 0:
			next := m.waiting[0]
			m.waiting[0], m.waiting = mail{}, m.waiting[1:]
			m.bytes -= len(next.body)
			m.mu.Unlock()
			return next, nil
		case m.ended != nil:
			m.mu.Unlock()
			return mail{}, m.ended
		}
		m.mu.Unlock()
		select {
		case <-m.wake:
		case <-ctx.Done():
		}
	}
}

// Await returns the first value of seq for which pred holds; nil is any. It
// fails with the first error that seq yields, with that of ctx, and when seq
// ends. Values that came before the one are lost to others who range seq.
//
// seq should have been made with ctx: where it is not, and ctx ends first, seq
// is left when it yields the next time.
func Await[T any](ctx context.Context, seq iter.Seq2[T, error], pred func(T) bool) (T, error) {
	type found struct {
		value T
		err   error
	}
	letReadIn(ctx)
	result := make(chan found, 1)
	go func() {
		f := found{err: errNoMore}
		bug := guard(func() error {
			for value, err := range seq {
				if err == nil && ctx.Err() == nil && pred != nil && !pred(value) {
					continue
				}
				if f.err = cmp.Or(err, ctx.Err()); f.err == nil {
					f.value = value
				}
				break
			}
			return nil
		})
		f.err = cmp.Or(bug, f.err)
		result <- f
	}()
	select {
	case f := <-result:
		return f.value, f.err
	case <-ctx.Done():
		var none T
		return none, ended(ctx.Err(), Unknown)
	}
}

// errNoMore is what Await returns when its sequence ends.
var errNoMore = errors.New("ipc: await: the sequence has ended")
