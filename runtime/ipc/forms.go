package ipc

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
)

// The forms in which a group is called: without some, those that a function
// picks, so many at a time, until enough have answered.

// Except returns the group without some peers, such as the one whose call is
// being served.
func (g *Group) Except(peers ...*Peer) *Group {
	return g.Where(func(p *Peer) bool {
		return !slices.ContainsFunc(peers, func(other *Peer) bool { return other.id == p.id })
	})
}

// WithSelf returns the group of a client with the client itself, if it belongs
// there as others do and the server's relay policy lets it call itself. Groups
// of a server have all their members anyway.
func (g *Group) WithSelf() *Group {
	if g.whole == nil {
		return g
	}
	whole := g.whole()
	whole.keep, whole.parallel = g.keep, g.parallel
	return whole
}

// Until waits until enough holds of the members of g, and returns them: until
// three are there, or none is left. enough is asked about those that are there
// when it is called, and again whenever one of them joins, leaves or changes its
// metadata; members are in the order of their identities. It fails when ctx
// ends, and at a client also when the server shows nobody or the connection is
// lost. For the changes themselves see [Server.Watch].
func (g *Group) Until(ctx context.Context, enough func(members []*Peer) bool) ([]*Peer, error) {
	there := map[Identity]*Peer{}
	complete := false
	for change, err := range g.watch(ctx) {
		switch {
		case err != nil:
			return nil, err
		case change.Peer == nil:
			complete = true
		case change.Is == nil:
			delete(there, change.Peer.id)
		default:
			there[change.Peer.id] = change.Peer
		}
		if !complete {
			continue
		}
		members := slices.SortedFunc(maps.Values(there), func(a, b *Peer) int { return a.id.compare(b.id) })
		if members = g.only(members); enough(members) {
			return members, nil
		}
	}
	return nil, errMembers
}

// Where returns the group of those members for which keep holds. It is asked
// anew for every call, of every member, and must not wait.
func (g *Group) Where(keep func(*Peer) bool) *Group {
	narrow := *g
	narrow.keep = append(slices.Clip(g.keep), keep)
	return &narrow
}

// keeps reports whether p is not excluded.
func (g *Group) keeps(p *Peer) bool {
	for _, keep := range g.keep {
		if !keep(p) {
			return false
		}
	}
	return true
}

// only returns those of peers that are not excluded.
func (g *Group) only(peers []*Peer) []*Peer {
	return slices.DeleteFunc(peers, func(p *Peer) bool { return !g.keeps(p) })
}

// members returns who is in the group now, or why that cannot be told.
func (g *Group) members(ctx context.Context) ([]*Peer, error) {
	peers, err := g.find(ctx)
	return g.only(peers), err
}

// matches reports whether a peer of this server is in the group.
func (g *Group) matches(p *Peer) bool { return g.match(p) && g.keeps(p) }

// Parallel returns the group with at most n calls under way at once, instead of
// [Limits].FanOut. With 1 the members are called one after the other.
func (g *Group) Parallel(n int) *Group {
	paced := *g
	paced.parallel = max(n, 1)
	return &paced
}

// fanOut is how many calls g has under way at once.
func (g *Group) fanOut() int {
	if g.parallel > 0 {
		return g.parallel
	}
	return g.node.limits.FanOut
}

// First takes the first n replies without an error from what a group answers,
// and breaks off then: the calls that are still under way are cancelled. If
// there are not so many it returns those there are, and an error that joins
// what went wrong, each with the identity. For a quorum of a group of n members
// ask for the first n/2+1. The time it may take is that of the call's context.
func First[R any](replies iter.Seq[Reply[R]], n int) ([]Reply[R], error) {
	var first []Reply[R]
	var failed []error
	if n <= 0 {
		return nil, nil
	}
	for r := range replies {
		if r.Err != nil {
			failed = append(failed, r.failure())
			continue
		}
		if first = append(first, r); len(first) == n {
			return first, nil
		}
	}
	if len(failed) == 0 {
		failed = append(failed, errMembers)
	}
	return first, fmt.Errorf("ipc: %d of %d replies: %w", len(first), n, errors.Join(failed...))
}

// errMembers says that nothing went wrong but that.
var errMembers = errors.New("no more members")
