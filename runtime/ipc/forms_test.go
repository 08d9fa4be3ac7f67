package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/query"
)

// Z3, D12: of 100 peers 10 are dead, 10 slow, and 10 come and go. There is one
// reply a member, by the deadline, and the good ones have all answered.
func TestFanOutOverAFlakyFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Relay: relayAll, Logger: quiet})
		url := ipctest.Serve(t, srv)
		dead, restless := ipctest.NewLink(url), ipctest.NewLink(url)
		for i := range 100 {
			kind, opts := "good", ipc.ClientOptions{Logger: quiet}
			switch i / 10 {
			case 0:
				kind, opts.Dial = "dead", dead.Dial
			case 1:
				kind = "slow"
			case 2:
				kind, opts.Dial = "restless", restless.Dial
			}
			opts.Identity = ipc.Identity{Group: kind, Name: fmt.Sprint(i)}
			cl := ipc.NewClient(url, &opts)
			cl.Register(who.Handle(func(ctx context.Context, _ *noArgs) (string, error) {
				pause := time.Duration(0)
				switch kind {
				case "slow":
					pause = time.Hour
				case "restless":
					pause = time.Second // and the link is cut by then
				}
				select {
				case <-time.After(pause):
					return opts.Identity.String(), nil
				case <-ctx.Done():
					return "", ctx.Err()
				}
			}))
			ipctest.Connect(t, cl)
		}
		observer := ipc.NewClient(url, &ipc.ClientOptions{Identity: ipc.Identity{Group: "apps", Name: "web"}, Logger: quiet})
		ipctest.Connect(t, observer)
		everybody := query.None(query.GroupField.Eq("apps"))
		for _, g := range []struct {
			name  string
			group *ipc.Group
		}{{"server", srv.All(everybody)}, {"client", observer.All(everybody)}} {
			if n := len(g.group.Peers()); n != 100 {
				t.Fatalf("%s: %d peers", g.name, n)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			dead.Freeze()
			go func() {
				for range 8 { // they come and go
					time.Sleep(500 * time.Millisecond)
					restless.Cut()
				}
			}()
			start, replies := time.Now(), map[ipc.Identity]error{}
			for r := range who.Gather(ctx, g.group.Parallel(100), &noArgs{}) {
				if _, again := replies[r.From]; again {
					t.Errorf("%s: %v replies twice", g.name, r.From)
				}
				if replies[r.From] = r.Err; r.Err == nil && r.Value != r.From.String() {
					t.Errorf("%s: %v says it is %s", g.name, r.From, r.Value)
				}
			}
			if took := time.Since(start); took > 6*time.Second {
				t.Errorf("%s: it took %v", g.name, took)
			}
			outcomes := map[string]int{}
			for id, err := range replies {
				switch {
				case err == nil:
					outcomes[id.Group+" answers"]++
				case errors.Is(err, context.DeadlineExceeded):
					outcomes[id.Group+" is late"]++
				case errors.Is(err, code.Lost) && errors.Is(err, ipc.ErrUnknownOutcome):
					outcomes[id.Group+" is lost"]++
				default:
					outcomes[fmt.Sprint(id.Group, " ", err)]++
				}
			}
			want := map[string]int{"good answers": 70, "slow is late": 10, "dead is late": 10, "restless is lost": 10}
			if diff := cmp.Diff(want, outcomes); diff != "" {
				t.Errorf("%s: %s", g.name, diff)
			}
			cancel()
			dead.Down() // those that are frozen come back
			dead.Thaw()
			dead.Up()
			time.Sleep(2 * time.Minute)
		}
	})
}

// S4: a group is whom a query matches, without some, or with what a function says.
func TestGroupsAreNarrowed(t *testing.T) {
	withFleet(t, ipc.ServerOptions{Relay: relayAll}, func(t *testing.T, f *fleet) {
		for i := range 4 {
			f.joinNamed(fmt.Sprintf("bots/%d", i), query.Metadata{"n": i})
		}
		cl := f.joinNamed("bots/self", query.Metadata{"n": 4})
		odd := func(p *ipc.Peer) bool { return p.Metadata()["n"].(int64)%2 == 1 }
		for name, test := range map[string]struct {
			group *ipc.Group
			want  string
		}{
			"all":             {f.srv.All(nil), "[bots/0 bots/1 bots/2 bots/3 bots/self]"},
			"matching":        {f.srv.All(query.Gte("n", 2)), "[bots/2 bots/3 bots/self]"},
			"except":          {f.srv.All(nil).Except(f.srv.Peer(cl.Identity()), f.srv.Peer(identity(t, "bots/0"))), "[bots/1 bots/2 bots/3]"},
			"where":           {f.srv.All(nil).Where(odd), "[bots/1 bots/3]"},
			"both":            {f.srv.Group("bots").Where(odd).Except(f.srv.Peer(identity(t, "bots/1"))), "[bots/3]"},
			"client":          {cl.All(nil), "[bots/0 bots/1 bots/2 bots/3]"},
			"client, group":   {cl.Group("bots"), "[bots/0 bots/1 bots/2 bots/3]"},
			"client, nogroup": {cl.Group("apps"), "[]"},
			"client, where":   {cl.All(query.Lt("n", 3)).Where(odd), "[bots/1]"},
			"client, nobody":  {cl.All(query.Gt("n", 30)), "[]"},
			"nonsense":        {f.srv.All(query.Lt("n", true)), "[]"},
			"client, nonsene": {cl.All(query.Lt("n", true)), "[]"},
		} {
			if got := fmt.Sprint(names(test.group.Peers())); got != test.want {
				t.Errorf("%s: %s", name, got)
			}
			var answered []string
			for r := range who.Gather(t.Context(), test.group, &noArgs{}) {
				if r.Err == nil {
					answered = append(answered, r.Value)
				} else if !strings.Contains(name, "nonsen") || !errors.Is(r.Err, ipc.ErrNotSent) {
					t.Errorf("%s: %v", name, r.Err)
				}
			}
			if slices.Sort(answered); fmt.Sprint(answered) != test.want {
				t.Errorf("%s: %v answered", name, answered)
			}
		}
	})
}

// H5: one, a group, all: a notification goes to whom it is for, also through
// the server, and never to its sender.
func TestNotificationsReachTheirGroup(t *testing.T) {
	withFleet(t, ipc.ServerOptions{Relay: relayAll}, func(t *testing.T, f *fleet) {
		heard := map[string]*atomic.Int64{}
		clients := map[string]*ipc.Client{}
		for _, id := range []string{"bots/1", "bots/2", "apps/1"} {
			count := new(atomic.Int64)
			heard[id], clients[id] = count, f.prepare(id, ipc.ClientOptions{})
			clients[id].Register(note.HandleNotify(func(_ context.Context, a *countArgs) error { count.Add(int64(a.N)); return nil }))
			ipctest.Connect(t, clients[id])
		}
		from := clients["bots/1"]
		for n, g := range map[int]*ipc.Group{
			1: f.srv.All(nil), 10: f.srv.Group("bots"), 100: from.All(nil), 1000: from.All(query.GroupField.Eq("bots")),
		} {
			if err := note.NotifyAll(t.Context(), g, &countArgs{n}); err != nil {
				t.Errorf("%d: %v", n, err)
			}
		}
		if err := note.Notify(t.Context(), from.Peer(identity(t, "apps/1")), &countArgs{10000}); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		got := map[string]int64{}
		for id, count := range heard {
			got[id] = count.Load()
		}
		if diff := cmp.Diff(map[string]int64{"bots/1": 11, "bots/2": 1111, "apps/1": 10101}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// No more than so many members are asked at once.
func TestParallelIsBounded(t *testing.T) {
	withFleet(t, ipc.ServerOptions{}, func(t *testing.T, f *fleet) {
		var running, most atomic.Int64
		for i := range 20 {
			cl := f.prepare(fmt.Sprintf("bots/%d", i), ipc.ClientOptions{})
			cl.Register(who.Handle(func(context.Context, *noArgs) (string, error) {
				most.Store(max(most.Load(), running.Add(1)))
				defer running.Add(-1)
				time.Sleep(time.Second)
				return "", nil
			}))
			ipctest.Connect(t, cl)
		}
		for _, n := range []int{1, 3, 20} {
			most.Store(0)
			start, answers := time.Now(), 0
			for r := range who.Gather(t.Context(), f.srv.All(nil).Parallel(n), &noArgs{}) {
				if r.Err == nil {
					answers++
				}
			}
			if want := time.Duration((20+n-1)/n) * time.Second; most.Load() != int64(n) || answers != 20 || time.Since(start).Round(time.Second) != want {
				t.Errorf("%d at once: %d were, %d answers in %v", n, most.Load(), answers, time.Since(start))
			}
		}
	})
}

// The first few answers are enough: the others are cancelled. Too few say why.
func TestFirstReplies(t *testing.T) {
	withFleet(t, ipc.ServerOptions{}, func(t *testing.T, f *fleet) {
		stopped := make(chan error, 10)
		for i := range 5 {
			cl := f.prepare(fmt.Sprintf("bots/%d", i), ipc.ClientOptions{})
			cl.Register(who.Handle(func(ctx context.Context, _ *noArgs) (string, error) {
				if i < 2 {
					time.Sleep(time.Millisecond) // the others have begun by then
					return fmt.Sprint(i), nil
				}
				if i == 2 {
					return "", ipc.Errorf("test.no", "not me")
				}
				<-ctx.Done()
				stopped <- context.Cause(ctx)
				return "", ctx.Err()
			}))
			ipctest.Connect(t, cl)
		}
		g := f.srv.All(nil)
		first, err := ipc.First(who.Gather(t.Context(), g, &noArgs{}), 2)
		answers := map[string]bool{}
		for _, r := range first {
			answers[r.Value] = true
		}
		if err != nil || fmt.Sprint(slices.Sorted(maps.Keys(answers))) != "[0 1]" {
			t.Errorf("%v, %v", first, err)
		}
		time.Sleep(time.Second)
		if len(stopped) != 2 {
			t.Errorf("%d of 2 were stopped", len(stopped))
		}
		// A quorum of 3 of 5 is not reached.
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		some, err := ipc.First(who.Gather(ctx, g, &noArgs{}), 5/2+1)
		if len(some) != 2 || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2 of 3 replies") || !strings.Contains(err.Error(), "bots/2: ipc: test.no: not me") {
			t.Errorf("%v, %v", some, err)
		}
		if none, err := ipc.First(who.Gather(t.Context(), f.srv.Group("nobody"), &noArgs{}), 1); len(none) != 0 || err == nil {
			t.Errorf("of nobody: %v, %v", none, err)
		}
		if none, err := ipc.First(who.Gather(t.Context(), g, &noArgs{}), 0); len(none) != 0 || err != nil {
			t.Errorf("none are enough: %v, %v", none, err)
		}
	})
}

// S4: who asks is not in its own group, unless it says so; and then it is there as
// others are, if it matches and may call itself.
func TestGroupsWithSelf(t *testing.T) {
	noSelf := func(from, to *ipc.Peer, _ string) error {
		if from.Identity() == to.Identity() {
			return errors.New("talk to somebody else")
		}
		return nil
	}
	for name, test := range map[string]struct {
		relay func(from, to *ipc.Peer, route string) error
		query *query.Query
		want  string
	}{
		"everybody": {relayAll, nil, "[apps/web bots/0]"},
		"matching":  {relayAll, query.Lte("n", 1), "[bots/0]"},
		"alone":     {relayAll, query.Gt("n", 1), "[apps/web]"},
		"forbidden": {noSelf, nil, "[bots/0]"},
	} {
		withFleet(t, ipc.ServerOptions{Relay: test.relay}, func(t *testing.T, f *fleet) {
			for i := range 2 {
				f.joinNamed(fmt.Sprintf("bots/%d", i), query.Metadata{"n": i})
			}
			cl := f.joinNamed("apps/web", query.Metadata{"n": 2})
			but := func(p *ipc.Peer) bool { return p.Identity().Name != "1" }
			for form, g := range map[string]*ipc.Group{
				"at once": cl.All(test.query).WithSelf().Where(but), "at last": cl.All(test.query).Where(but).Parallel(1).WithSelf(),
			} {
				all := func(members []*ipc.Peer) bool { return fmt.Sprint(names(members)) == test.want }
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				if _, err := g.Until(ctx, all); err != nil {
					t.Errorf("%s, %s: waiting for them: %v", name, form, err)
				}
				cancel()
				var answered []string
				for r := range who.Gather(t.Context(), g, &noArgs{}) {
					if r.Err != nil {
						t.Errorf("%s, %s: %v: %v", name, form, r.From, r.Err)
					}
					answered = append(answered, r.Value)
				}
				if slices.Sort(answered); fmt.Sprint(answered) != test.want {
					t.Errorf("%s, %s: %v answered", name, form, answered)
				}
			}
			for _, p := range cl.All(test.query).Peers() {
				if p.Identity() == cl.Identity() {
					t.Errorf("%s: it is in its group, unasked", name)
				}
			}
			if n := len(f.srv.All(nil).WithSelf().Peers()); n != 3 {
				t.Errorf("%s: the server's group has %d members", name, n)
			}
		})
	}
}
