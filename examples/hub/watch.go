package main

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/ipcgen/ipcgen/examples/hub/fleet"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/query"
)

func (s *story) watch() (string, []act) {
	return "The operator watches those with a low load, and asks why nobody matches.", []act{
		{"watch", s.follow},
		{"explain", s.explain},
	}
}

// news is what the operator is told, a line each.
type news []string

func (n news) String() string { return strings.Join(n, "\n") }

// follow watches who comes, changes and goes. Who matches no longer leaves, as
// far as the operator is concerned.
func (s *story) follow(ctx context.Context) (any, error) {
	next, stop := iter.Pull2(s.console.Watch(ctx, fields.Load.Lt(4)))
	defer stop()
	nothing := func() error { return nil }
	load := func(name string, load int) func() error {
		return func() error { _, err := s.bot(name).Load(ctx, load); return err }
	}
	var told news
	for _, happens := range []func() error{
		nothing, nothing, nothing, // three are there
		load("bob", 3),
		load("ada", 8),
		load("ada", 2),
		func() error { return s.start(ctx, "fay", steady) },
		func() error { return s.stop(ctx, "fay") },
	} {
		if err := happens(); err != nil {
			return told, err
		}
		change, err, _ := next()
		if err != nil {
			return told, err
		}
		told = append(told, tell(change))
	}
	return told, nil
}

// tell says what has changed.
func tell(c ipc.Change) string {
	was, _ := fleet.StatusFromMetadata(c.Was)
	is, _ := fleet.StatusFromMetadata(c.Is)
	switch {
	case c.Present:
		return fmt.Sprintf("%v is there, load %d", c.Peer, is.Load)
	case c.Was == nil:
		return fmt.Sprintf("%v joins, load %d", c.Peer, is.Load)
	case c.Is == nil:
		return fmt.Sprintf("%v leaves, load %d", c.Peer, was.Load)
	}
	return fmt.Sprintf("%v changes, load %d after %d", c.Peer, is.Load, was.Load)
}

// explain asks, of a query that matches nobody, why it does not match those of
// Europe.
func (s *story) explain(ctx context.Context) (any, error) {
	q := query.All(fields.Load.Lt(3), fields.Skills.Contains("music"))
	if peers := s.hub.All(q).Peers(); len(peers) > 0 {
		return nil, fmt.Errorf("%v matches %v", q, peers)
	}
	var why strings.Builder
	for _, p := range s.hub.All(fields.Region.Eq("eu")).Peers() {
		fmt.Fprintf(&why, "%v\n%s", p, p.Explain(q))
	}
	return why.String(), nil
}
