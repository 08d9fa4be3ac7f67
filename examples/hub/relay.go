package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ipcgen/ipcgen/examples/hub/fleet"
	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

func (s *story) relay() (string, []act) {
	return "Clients call one another through the hub, with the same stubs.", []act{
		{"find groups", s.findGroups},
		{"find bots", s.findBots},
		{"call one", s.callOne},
		{"call a chosen", s.callChosen},
		{"call a group", s.callGroup},
		{"a stream", s.listen},
		{"notify a group", s.remindThrough},
		{"bot to bot", s.botToBot},
		{"refused", s.refused},
		{"hidden", s.hidden},
	}
}

// findGroups asks which groups there are, of those whom the operator may call.
func (s *story) findGroups(ctx context.Context) (any, error) { return s.console.Groups(ctx, nil) }

// findBots finds peers, and what they say of themselves.
func (s *story) findBots(ctx context.Context) (any, error) {
	peers, err := s.console.Discover(ctx, fields.Skills.Contains("music"))
	if err != nil {
		return nil, err
	}
	return introduce(peers)
}

// callOne calls a bot, which sees who really calls.
func (s *story) callOne(ctx context.Context) (any, error) {
	return fleet.NewBotClient(s.console.Peer(ipc.Identity{Group: "bots", Name: "cyd"})).Do(ctx, job)
}

// callChosen lets the hub choose.
func (s *story) callChosen(ctx context.Context) (any, error) {
	future := fleet.NewBotClient(s.console.One(fields.Region.Eq("us"), fields.Load.Min())).StartDo(ctx, job)
	done, err := future.Wait(ctx)
	return fmt.Sprintf("%v answers: %v", future.From(), done), err
}

// callGroup calls all bots, one reply each.
func (s *story) callGroup(ctx context.Context) (any, error) {
	var done []string
	for r := range fleet.NewBotGroup(s.console.Group("bots")).Do(ctx, job) {
		if r.Err != nil {
			return nil, r.Err
		}
		done = append(done, r.Value.String())
	}
	slices.Sort(done)
	return strings.Join(done, ", "), nil
}

// listen ranges an endless stream of a bot, and breaks off.
func (s *story) listen(ctx context.Context) (any, error) {
	var beats []int
	for n, err := range fleet.NewBotClient(s.console.One(fields.Region.Eq("eu"))).Beat(ctx) {
		if err != nil {
			return nil, err
		}
		if beats = append(beats, n); len(beats) == 5 {
			break
		}
	}
	return beats, nil
}

// remindThrough notifies those that match.
func (s *story) remindThrough(ctx context.Context) (any, error) {
	if err := fleet.NewBotGroup(s.console.All(fields.Skills.Contains("chat"))).Remind(ctx, "tea"); err != nil {
		return nil, err
	}
	return s.hub.confirmed(ctx, 3, "tea")
}

// botToBot has ada find somebody who knows music.
func (s *story) botToBot(ctx context.Context) (any, error) {
	return s.bot("ada").Delegate(ctx, job, "music")
}

// refused lets the guest try what only others may. Nothing of it has run.
func (s *story) refused(ctx context.Context) (any, error) {
	done, err := fleet.NewBotClient(s.guest.Peer(ipc.Identity{Group: "bots", Name: "ada"})).Do(ctx, job)
	if !errors.Is(err, code.Denied) || !errors.Is(err, ipc.ErrNotSent) {
		return nil, fmt.Errorf("called %v, %v", done, err)
	}
	return err, nil
}

// hidden lets the guest look around: there is nobody whom it may know of, and
// nobody is chosen whom it may not call.
func (s *story) hidden(ctx context.Context) (any, error) {
	peers, err := s.guest.Discover(ctx, nil)
	if err != nil || len(peers) > 0 {
		return nil, fmt.Errorf("the guest sees %v, %v", peers, err)
	}
	done, err := fleet.NewBotClient(s.guest.One(nil)).Do(ctx, job)
	if !errors.Is(err, code.NoRoute) {
		return nil, fmt.Errorf("called %v, %v", done, err)
	}
	return err, nil
}
