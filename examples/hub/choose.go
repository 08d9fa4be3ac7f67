package main

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/ipcgen/ipcgen/examples/hub/fleet"
	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/query"
)

func (s *story) choose() (string, []act) {
	return "The hub chooses one of those that match.", []act{
		{"lowest load", s.lowest},
		{"most idle", s.idle},
		{"sticky", s.sticky},
		{"nobody", s.nobody},
		{"or else", s.otherwise},
	}
}

var job = fleet.Job{Name: "job"}

// lowest calls the one in Europe that says that its load is the lowest. The
// future tells who was called.
func (s *story) lowest(ctx context.Context) (any, error) {
	one := s.hub.One(fields.Region.Eq("eu"), fields.Load.Min())
	future := fleet.NewBotClient(one).StartDo(ctx, job)
	_, err := future.Wait(ctx)
	return future.From(), err
}

// idle calls the one that has the fewest calls under way, whatever it says.
func (s *story) idle(ctx context.Context) (any, error) {
	for _, busy := range []string{"ada", "bob", "dan"} {
		next, stop := iter.Pull2(s.bot(busy).Beat(ctx))
		defer stop()
		if _, err, _ := next(); err != nil {
			return nil, err
		}
	}
	future := fleet.NewBotClient(s.hub.One(fields.Build.Has(), query.LeastPending())).StartDo(ctx, job)
	_, err := future.Wait(ctx)
	return future.From(), err
}

// keys is how many users there are.
const keys = 10_000

// movement is where the users went while one of the bots was away.
type movement struct {
	Moved  int // users of the one that left
	Strays int // users of others, who should have stayed where they were
	Lost   int // users who are not where they were, when it is back
}

func (m movement) String() string {
	return fmt.Sprintf("one of 4 left: %d of %d users moved; back: %d still elsewhere", m.Moved+m.Strays, keys, m.Lost)
}

// sticky sends every user to a bot of his own. When one of n leaves, only its
// users move, about one in n, and when it is back so are they.
func (s *story) sticky(ctx context.Context) (any, error) {
	before, err := s.homes(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.stop(ctx, "dan"); err != nil {
		return nil, err
	}
	meanwhile, err := s.homes(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx, "dan", steady); err != nil {
		return nil, err
	}
	after, err := s.homes(ctx)
	var m movement
	for user, home := range before {
		switch {
		case home.Name == "dan":
			m.Moved++
		case home != meanwhile[user]:
			m.Strays++
		}
		if home != after[user] {
			m.Lost++
		}
	}
	return m, err
}

// homes returns the bot of every user.
func (s *story) homes(ctx context.Context) (map[string]ipc.Identity, error) {
	homes := map[string]ipc.Identity{}
	for n := range keys {
		user := fmt.Sprintf("user-%d", n)
		home, err := s.hub.One(fields.Build.Has(), query.Sticky(user)).Pick(ctx)
		if err != nil {
			return nil, err
		}
		homes[user] = home.Identity()
	}
	return homes, nil
}

// nobody asks for a region where nobody is. Nobody is called instead.
func (s *story) nobody(ctx context.Context) (any, error) {
	done, err := fleet.NewBotClient(s.hub.One(fields.Region.Eq("moon"))).Do(ctx, job)
	if !errors.Is(err, code.NoRoute) || !errors.Is(err, ipc.ErrNotSent) {
		return nil, fmt.Errorf("called %v, %v", done, err)
	}
	return err, nil
}

// otherwise says who will do if nobody matches.
func (s *story) otherwise(ctx context.Context) (any, error) {
	one := s.hub.One(fields.Region.Eq("moon"), query.Else(fields.Region.Eq("us"), fields.Load.Min()))
	done, err := fleet.NewBotClient(one).Do(ctx, job)
	return done.By, err
}
