package ipc

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// The forms in which a group is called: without some, those that a function
// picks, so many at a time, until enough have answered.

// membersFunc returns who is in a group now, or why that cannot be told.
type membersFunc func(ctx context.Context) ([]*Peer, error)

// Except returns the group without some peers, such as the one whose call is
// being served.
func (g *Group) Except(peers ...*Peer) *Group {
	return g.Where(func(p *Peer) bool {
		return !slices.ContainsFunc(peers, func(other *Peer) bool { return other.id == p.id })
	})
}

// Where returns the group of those members for which keep holds. It is asked
// anew for every call, of every member, and must not wait.
func (g *Group) Where(keep func(*Peer) bool) *Group {
	narrow := *g
	narrow.members = func(ctx context.Context) ([]*Peer, error) {
		all, err := g.members(ctx)
		return slices.DeleteFunc(all, func(p *Peer) bool { return !keep(p) }), err
	}
	if g.match != nil {
		narrow.match = func(p *Peer) bool { return g.match(p) && keep(p) }
	}
	return &narrow
}

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
	return first, fmt.Errorf("ipc: %d of %d replies: %w", len(first), n, errors.Join(append(failed, errMembers)...))
}

// errMembers is always part of the error of First, so that it is never empty.
var errMembers = errors.New("no more members")
