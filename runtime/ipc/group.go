package ipc

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
)

// Group is a number of peers that are called at once. Who is in it is decided
// anew for every call. A Group is safe for concurrent use.
type Group struct {
	node     *node
	find     func(context.Context) ([]*Peer, error)         // who matches the query
	watch    func(context.Context) iter.Seq2[Change, error] // them; a change of nobody ends those that were there
	match    func(*Peer) bool                               // whether a peer of this server does; nil at a client
	whole    func() *Group                                  // that of a client, with the client itself; else nil
	keep     []func(*Peer) bool                             // which of them are in the group; all must hold
	parallel int                                            // calls at once; 0: as many as the limits say
}

// Peers returns who is in the group now. A client asks its server, and the
// answer is empty when that fails; see [Client.Discover].
func (g *Group) Peers() []*Peer {
	ctx, cancel := context.WithTimeout(context.Background(), defaultTimeout)
	defer cancel()
	peers, _ := g.members(ctx)
	return peers
}

// Reply is what one member of a group answered.
type Reply[R any] struct {
	From  Identity
	Value R     // the zero value if Err is not nil
	Err   error // as of a call to this peer alone
}

// failure returns the error of r with who it is from.
func (r *Reply[R]) failure() error {
	if r.From == (Identity{}) {
		return r.Err // the members could not be found
	}
	return fmt.Errorf("%v: %w", r.From, r.Err)
}

// Gather calls the route on every member of g, a bounded number at a time, and
// yields one reply a member as they come. Each call settles by its deadline,
// so one dead member delays nobody, and one that leaves settles at once. Who
// comes later is not asked. Breaking off cancels the calls that are still under
// way. Nothing is sent before it is ranged. For a notification the reply says
// whether it was sent. If a client cannot find out who the members are there is
// one reply, from nobody, with the error.
func (m *Method[A, R]) Gather(ctx context.Context, g *Group, args *A) iter.Seq[Reply[R]] {
	return func(yield func(Reply[R]) bool) {
		members, err := g.members(ctx)
		if err != nil {
			yield(Reply[R]{Err: err})
			return
		}
		m.gather(ctx, g, members, args, yield)
	}
}

// gather asks members of g and yields their replies.
func (m *Method[A, R]) gather(ctx context.Context, g *Group, members []*Peer, args *A, yield func(Reply[R]) bool) {
	ctx, cancel := context.WithCancel(ctx)
	replies := make(chan Reply[R], len(members))
	var callers sync.WaitGroup
	defer callers.Wait()
	defer cancel()
	var next atomic.Int64
	var work func()
	work = func() {
		done := false
		defer func() {
			if !done { // an interceptor ended the goroutine
				callers.Go(work)
			}
		}()
		for i := next.Add(1); i <= int64(len(members)); i = next.Add(1) {
			m.ask(ctx, members[i-1], args, replies)
		}
		done = true
	}
	for range min(g.fanOut(), len(members)) {
		callers.Go(work)
	}
	if s := servingFrom(ctx); s != nil {
		s.letRead()
	}
	for range members {
		if !yield(<-replies) {
			return
		}
	}
}

// ask calls one member and sends its reply to replies, whatever happens.
func (m *Method[A, R]) ask(ctx context.Context, p *Peer, args *A, replies chan<- Reply[R]) {
	r := Reply[R]{From: p.id, Err: errExit}
	defer func() { replies <- r }()
	defer p.node.contain(m.Route, func(err error) { r.Err = err })
	if m.Route.Kind == KindNotify {
		r.Err = m.Notify(ctx, p, args)
	} else {
		r.Value, r.Err = m.Call(ctx, p, args)
	}
}
