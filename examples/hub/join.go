package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/ipcgen/ipcgen/examples/hub/fleet"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/query"
)

// The fields of a status, with their types: Fields.Laod does not compile, nor does
// Fields.Load.Lt("5").
var fields = fleet.StatusFields

// named is the bot of that name.
func named(name string) *query.Query {
	return query.All(query.GroupField.Eq("bots"), query.NameField.Eq(name))
}

func (s *story) join() (string, []act) {
	return "Bots join the hub, each a process of its own, and say what they are.", []act{
		{"who is there", s.assemble},
		{"1.10 or later", s.modern},
		{"guests", s.welcome},
	}
}

// assemble starts the bots.
func (s *story) assemble(ctx context.Context) (any, error) {
	for _, name := range []string{"ada", "bob", "cyd", "dan"} {
		if err := s.crew.start(ctx, s.url, name, steady); err != nil {
			return nil, err
		}
	}
	if err := s.hub.until(ctx, 4, fields.Build.Has()); err != nil {
		return nil, err
	}
	return introduce(s.hub.Peers())
}

// modern asks for a version: versions are ordered as semantic versions are, so
// 1.9.0 is older than 1.10.0.
func (s *story) modern(context.Context) (any, error) {
	return s.hub.All(fields.Build.Gte(query.MustVersion("1.10.0"))).Peers(), nil
}

// welcome connects those who are no bots: an operator, who says nothing of
// himself, and a guest.
func (s *story) welcome(ctx context.Context) (_ any, err error) {
	if s.console, err = ipc.Dial(ctx, s.url, &ipc.ClientOptions{Identity: ipc.Identity{Group: "ops", Name: "console"}}); err != nil {
		return nil, err
	}
	s.guest, err = ipc.Dial(ctx, s.url, &ipc.ClientOptions{Identity: ipc.Identity{Group: "guests", Name: "eve"}})
	return s.hub.Groups(nil), err
}

// introduction is what peers say of themselves, a line each.
type introduction []string

func (i introduction) String() string { return strings.Join(i, "\n") }

// introduce reads the metadata of peers.
func introduce(peers []*ipc.Peer) (i introduction, err error) {
	for _, p := range peers {
		status, err := fleet.StatusFromMetadata(p.Metadata())
		if err != nil {
			return nil, err
		}
		i = append(i, fmt.Sprintf("%v in %s, load %d, %v, %v", p, status.Region, status.Load, status.Build, status.Skills))
	}
	return i, nil
}
