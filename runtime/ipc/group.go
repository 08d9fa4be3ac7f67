package ipc

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"
)

// Group is a number of peers that are called at once. Who is in it is decided
// anew for every call. A Group is safe for concurrent use.
type Group struct {
	node    *node
	members func() []*Peer
	match   func(*Peer) bool
}

// Peers returns who is in the group now.
func (g *Group) Peers() []*Peer { return g.members() }

// Reply is what one member of a group answered.
type Reply[R any] struct {
	From  Identity
	Value R     // the zero value if Err is not nil
	Err   error // as of a call to this peer alone
}

// Gather calls the route on every member of g, a bounded number at a time, and
// yields one reply a member as they come. Each call settles by its deadline,
// so one dead member delays nobody. Breaking off cancels the calls that are
// still under way. Nothing is sent before it is ranged. For a notification the
// reply says whether it was sent.
func (m *Method[A, R]) Gather(ctx context.Context, g *Group, args *A) iter.Seq[Reply[R]] {
	return func(yield func(Reply[R]) bool) {
		m.gather(ctx, g.node, g.members(), args, yield)
	}
}

// gather asks all members and yields their replies.
func (m *Method[A, R]) gather(ctx context.Context, n *node, members []*Peer, args *A, yield func(Reply[R]) bool) {
	ctx, cancel := context.WithCancel(ctx)
	replies := make(chan Reply[R], len(members))
	var callers sync.WaitGroup
	defer callers.Wait()
	defer cancel()
	var next atomic.Int64
	for range min(n.limits.FanOut, len(members)) {
		callers.Go(func() {
			for i := next.Add(1); i <= int64(len(members)); i = next.Add(1) {
				replies <- m.ask(ctx, members[i-1], args)
			}
		})
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

// ask calls one member.
func (m *Method[A, R]) ask(ctx context.Context, p *Peer, args *A) (r Reply[R]) {
	r.From = p.id
	if m.Route.Kind == KindNotify {
		r.Err = m.Notify(ctx, p, args)
	} else {
		r.Value, r.Err = m.Call(ctx, p, args)
	}
	return r
}
