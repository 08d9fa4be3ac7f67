package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ipcgen/ipcgen/examples/hub/fleet"
	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

func (s *story) fanOut() (string, []act) {
	return "The hub calls all bots at once. Sue is slow, and hal dies of it.", []act{
		{"all", s.askAll},
		{"the first two", s.firstTwo},
		{"a quorum", s.quorum},
		{"all or nothing", s.everyone},
		{"given up", s.givenUp},
		{"two at a time", s.paced},
		{"a reminder", s.remind},
	}
}

// replies are what the members of a group have answered.
type replies map[string]string

func (r replies) String() string {
	var lines []string
	for _, from := range slices.Sorted(maps.Keys(r)) {
		lines = append(lines, from+" "+r[from])
	}
	return strings.Join(lines, "\n")
}

// askAll asks everybody and gets one reply a member by the deadline, whatever
// has become of it.
func (s *story) askAll(ctx context.Context) (any, error) {
	if err := errors.Join(s.start(ctx, "sue", slow), s.start(ctx, "hal", fragile)); err != nil {
		return nil, err
	}
	defer s.crew.stop("hal") // what is left of it
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	got := replies{}
	for r := range fleet.NewBotGroup(s.hub.Group("bots")).Do(ctx, fleet.Job{Name: "poll"}) {
		from := r.From.String()
		if _, again := got[from]; again {
			return nil, fmt.Errorf("%s replies twice", from)
		}
		switch {
		case r.Err == nil:
			got[from] = "does it for " + r.Value.For
		case errors.Is(r.Err, context.DeadlineExceeded):
			got[from] = "is late"
		case errors.Is(r.Err, code.Lost) && errors.Is(r.Err, ipc.ErrUnknownOutcome):
			got[from] = "is lost, and nobody knows whether it did"
		default:
			return nil, r.Err
		}
	}
	return got, nil
}

// firstTwo takes the answers of the two that are quickest, and cancels the rest.
func (s *story) firstTwo(ctx context.Context) (any, error) {
	first, err := ipc.First(fleet.NewBotGroup(s.hub.Group("bots")).Do(ctx, job), 2)
	return fmt.Sprintf("%d answers", len(first)), err
}

// quorum asks for the answers of more than half of the members.
func (s *story) quorum(ctx context.Context) (any, error) {
	bots := s.hub.Group("bots")
	n := len(bots.Peers())
	most, err := ipc.First(fleet.NewBotGroup(bots).Do(ctx, job), n/2+1)
	return fmt.Sprintf("%d of %d agree", len(most), n), err
}

// everyone asks for all answers, which do not come: the error says why.
func (s *story) everyone(ctx context.Context) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	bots := s.hub.Group("bots")
	all, err := ipc.First(fleet.NewBotGroup(bots).Do(ctx, fleet.Job{Name: "vote"}), len(bots.Peers()))
	if err == nil {
		return nil, fmt.Errorf("all have answered: %v", all)
	}
	return err, nil
}

// givenUp says who has noticed that nobody waits for the vote any more.
func (s *story) givenUp(ctx context.Context) (any, error) {
	return s.hub.confirmed(ctx, 1, "no more vote")
}

// pace is how many have answered, and how many were asked at once.
type pace struct{ answers, most int }

func (p pace) String() string {
	return fmt.Sprintf("%d answers, %d calls under way at most", p.answers, p.most)
}

// paced asks all but sue, two at a time.
func (s *story) paced(ctx context.Context) (any, error) {
	bots := s.hub.Group("bots").Except(s.hub.Peer(ipc.Identity{Group: "bots", Name: "sue"})).Parallel(2)
	s.hub.gauge.most.Store(0)
	var p pace
	for r := range fleet.NewBotGroup(bots).Do(ctx, fleet.Job{Name: "job", Takes: 20 * time.Millisecond}) {
		if r.Err != nil {
			return nil, r.Err
		}
		p.answers++
	}
	p.most = int(s.hub.gauge.most.Load())
	return p, nil
}

// remind notifies all but one, and those with a high load.
func (s *story) remind(ctx context.Context) (any, error) {
	bots := s.hub.All(fields.Load.Lt(9)).Except(s.hub.Peer(ipc.Identity{Group: "bots", Name: "ada"}))
	if err := fleet.NewBotGroup(bots).Remind(ctx, "lunch"); err != nil {
		return nil, err
	}
	heard, err := s.hub.confirmed(ctx, 3, "lunch")
	return heard, errors.Join(err, s.stop(ctx, "sue"))
}
