package shards

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/query"
)

// Options are the settings of [Shards]. Zero fields mean the defaults.
type Options struct {
	// Count is how many shards there are, here and in other processes. It
	// must be given.
	Count int
	// IDs are the shards that run in this process. Default: all of them.
	IDs []int

	// Concurrency is how many may connect at once. Default 1.
	Concurrency int
	// Spacing is the pause between one attempt to connect and the next, of
	// those that must not connect at once. Default 5 s; negative: none.
	Spacing time.Duration

	// Client holds the settings that the clients have in common. Its identity's
	// name is set to that of the shard, its group, if empty, to "shards", its
	// Turn replaced, and "shard.id" and "shard.count" are added to its metadata.
	Client ipc.ClientOptions
	// Setup, if set, is called for every client before it connects, to
	// register what it serves. Where it panics New fails.
	Setup func(s Shard, cl *ipc.Client)
	// OnState, if set, is told of every change of a shard's state, in the
	// order of their changes for each of them. It must not wait. Where it
	// panics that is logged.
	OnState func(s Shard, from, to ipc.State)
}

// Shards are the clients of the shards that run in this process. It is safe for
// concurrent use.
type Shards struct {
	count   int
	clients map[int]*ipc.Client
	order   []Shard
	gate    *gate
	onState func(s Shard, from, to ipc.State)

	ctx  context.Context // ends when one has failed for good, with why, or with Close
	stop context.CancelCauseFunc
}

// New returns shards that are not connected yet. Its error says what is wrong
// with the options.
func New(url string, o *Options) (*Shards, error) {
	s := &Shards{count: o.Count, clients: map[int]*ipc.Client{}, onState: o.OnState}
	s.ctx, s.stop = context.WithCancelCause(context.Background())
	if err := s.number(o); err != nil {
		return nil, err
	}
	spacing := o.Spacing
	if spacing == 0 {
		spacing = 5 * time.Second
	}
	s.gate = newGate(max(1, o.Concurrency), spacing)
	for _, shard := range s.order {
		s.clients[shard.ID] = ipc.NewClient(url, s.options(shard, o.Client))
		if o.Setup != nil {
			if err := setUp(o.Setup, shard, s.clients[shard.ID]); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// setUp calls setup, and returns its panic as an error.
func setUp(setup func(Shard, *ipc.Client), shard Shard, cl *ipc.Client) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("shards: the setup of %v: panic: %v\n%s", shard, value, debug.Stack())
		}
	}()
	setup(shard, cl)
	return nil
}

// number decides which shards run here.
func (s *Shards) number(o *Options) error {
	ids := o.IDs
	if len(ids) == 0 {
		ids = make([]int, max(0, o.Count))
		for i := range ids {
			ids[i] = i
		}
	}
	seen := map[int]bool{}
	for _, id := range ids {
		if seen[id] {
			return fmt.Errorf("shards: shard %d is listed twice", id)
		}
		seen[id] = true
		s.order = append(s.order, Shard{id, o.Count})
	}
	for _, shard := range append(s.order, Shard{0, o.Count}) {
		if err := shard.validate(); err != nil {
			return err
		}
	}
	return nil
}

// options returns the settings of one client.
func (s *Shards) options(shard Shard, o ipc.ClientOptions) *ipc.ClientOptions {
	if o.Identity.Group == "" {
		o.Identity.Group = "shards"
	}
	o.Identity.Name = shard.String()
	o.Metadata = maps.Clone(o.Metadata)
	if o.Metadata == nil {
		o.Metadata = query.Metadata{}
	}
	o.Metadata["shard.id"], o.Metadata["shard.count"] = shard.ID, shard.Count
	o.Turn = func(ctx context.Context) (func(error), error) { return s.gate.turn(ctx, shard.ID) }
	told := o.OnState
	o.OnState = func(from, to ipc.State) {
		// Deferred: a panic in one, which the client logs, keeps it from no other.
		defer s.changed(shard, to)
		if s.onState != nil {
			defer s.onState(shard, from, to)
		}
		if told != nil {
			told(from, to)
		}
	}
	return &o
}

// changed is told of every change of every shard.
func (s *Shards) changed(shard Shard, to ipc.State) {
	if to == ipc.Closed {
		if err := s.clients[shard.ID].Err(); err != nil {
			s.fail(shard, err)
		}
	}
}

// fail notes why a shard is gone for good. The first counts.
func (s *Shards) fail(shard Shard, err error) { s.stop(fmt.Errorf("shard %v: %w", shard, err)) }

// errClosed is why the context ends without a failure.
var errClosed = errors.New("shards: closed")

// Start connects all and returns when all are ready. A server that is not there
// is waited for. When ctx ends or a shard is turned away for good, Start closes
// all and returns why. It is called once.
func (s *Shards) Start(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.ctx, func() { cancel(context.Cause(s.ctx)) })()
	var starting sync.WaitGroup
	for _, shard := range s.order {
		starting.Go(func() {
			if err := s.connect(ctx, s.clients[shard.ID]); err != nil && ctx.Err() == nil {
				s.fail(shard, err)
			}
		})
	}
	starting.Wait()
	err := context.Cause(ctx)
	if err == nil {
		err = context.Cause(s.ctx)
	}
	if err != nil {
		s.Close()
		return err
	}
	return nil
}

// connect connects one for the first time, however often it has to try. From
// then on the client sees to it.
func (s *Shards) connect(ctx context.Context, cl *ipc.Client) error {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := cl.Connect(ctx)
		if err == nil || ctx.Err() != nil || final(err) {
			return err
		}
		select {
		case <-time.After(rand.N(pause)):
		case <-ctx.Done():
			return err
		}
	}
}

// The pauses between attempts, full jitter up to these, as those of clients.
const (
	firstPause = 200 * time.Millisecond
	lastPause  = 30 * time.Second
)

// final reports whether the server does not want the shard to come back.
func final(err error) bool {
	for _, c := range []code.Code{code.Denied, code.Duplicate, code.Protocol, code.Unsupported, code.Closed} {
		if errors.Is(err, c) {
			return true
		}
	}
	return false
}

// Wait waits until a shard is gone for good, of which it returns the reason,
// until Close, after which it returns nil, or until ctx ends. The other shards
// go on. Connections that are lost and made again are no reason.
func (s *Shards) Wait(ctx context.Context) error {
	select {
	case <-s.ctx.Done():
		return s.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Done returns a channel that is closed when Wait would return: when a shard is
// gone for good, or all are closed.
func (s *Shards) Done() <-chan struct{} { return s.ctx.Done() }

// Err returns why a shard is gone for good, the first of them; else nil.
func (s *Shards) Err() error {
	if err := context.Cause(s.ctx); err != errClosed {
		return err
	}
	return nil
}

// Close closes all. It may be called more than once.
func (s *Shards) Close() error {
	s.stop(errClosed)
	var closing sync.WaitGroup
	for _, cl := range s.clients {
		closing.Go(func() { cl.Close() })
	}
	closing.Wait()
	return nil
}

// Client returns the client of shard id, or nil if that does not run here.
func (s *Shards) Client(id int) *ipc.Client { return s.clients[id] }

// For returns the client of the shard to which key belongs, as [Of] says, or an
// error if that does not run here.
func (s *Shards) For(key string) (*ipc.Client, error) {
	shard := Of(key, s.count)
	if cl := s.clients[shard.ID]; cl != nil {
		return cl, nil
	}
	return nil, fmt.Errorf("shards: key %q belongs to %v, which does not run here", key, shard)
}

// All returns the shards that run here with their clients, in the order of
// their numbers in the options.
func (s *Shards) All() iter.Seq2[Shard, *ipc.Client] {
	return func(yield func(Shard, *ipc.Client) bool) {
		for _, shard := range s.order {
			if !yield(shard, s.clients[shard.ID]) {
				return
			}
		}
	}
}
