package shards_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/shards"
	"github.com/ipcgen/ipcgen/runtime/untyped"
)

// gateway is a server that notes when which shard joins.
type gateway struct {
	srv    *ipc.Server
	link   *ipctest.Link
	refuse string // the name of who may not join

	mu    sync.Mutex
	joins []join
}

type join struct {
	at   time.Time
	name string
}

func newGateway(t *testing.T) *gateway {
	g := new(gateway)
	g.srv = ipc.NewServer(&ipc.ServerOptions{OnJoin: func(_ context.Context, p *ipc.Peer) error {
		if p.Identity().Name == g.refuse {
			return errors.New("not you")
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.joins = append(g.joins, join{time.Now(), p.Identity().Name})
		return nil
	}})
	g.link = ipctest.NewLink(ipctest.Serve(t, g.srv))
	return g
}

// shards returns shards that dial g, closed at the end of the test.
func (g *gateway) shards(t *testing.T, o shards.Options) *shards.Shards {
	t.Helper()
	o.Client.Dial = g.link.Dial
	s, err := shards.New("", &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// joined returns who has joined since the last time it was asked.
func (g *gateway) joined() []join {
	g.mu.Lock()
	defer g.mu.Unlock()
	joins := g.joins
	g.joins = nil
	return joins
}

// checkSpacing checks that no more than n joined within less than spacing.
func checkSpacing(t *testing.T, joins []join, n int, spacing time.Duration) {
	t.Helper()
	for i := n; i < len(joins); i++ {
		if gap := joins[i].at.Sub(joins[i-n].at); gap < spacing {
			t.Errorf("%s joins %v after %s, with %d between", joins[i].name, gap, joins[i-n].name, n-1)
		}
	}
}

func TestNames(t *testing.T) {
	for _, s := range []shards.Shard{{0, 1}, {3, 16}, {999, 1000}} {
		if got, err := shards.Parse(s.String()); got != s || err != nil {
			t.Errorf("%v: %v, %v", s, got, err)
		}
	}
	for _, bad := range []string{"", "3", "3-of-", "-of-16", "16-of-16", "-1-of-16", "03-of-16", "3-of-16 ", "3-of-0", "a-of-b"} {
		if got, err := shards.Parse(bad); err == nil {
			t.Errorf("%q is %v", bad, got)
		}
	}
}

func TestBadOptions(t *testing.T) {
	for want, o := range map[string]shards.Options{
		"at least 1":                  {},
		"no shard 4 of 4":             {Count: 4, IDs: []int{0, 4}},
		"no shard -1 of 4":            {Count: 4, IDs: []int{-1}},
		"shard 1 is listed twice":     {Count: 4, IDs: []int{1, 1}},
		"count of shards must be at ": {Count: -1},
	} {
		if _, err := shards.New("mem:nowhere", &o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", o, err, want)
		}
	}
}

// Every shard has an identity and a share of the keys.
func TestKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		s := g.shards(t, shards.Options{Count: 8, IDs: []int{0, 1, 2, 3}, Concurrency: 4})
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		here, shares := 0, map[shards.Shard]int{}
		for i := range 10_000 {
			key := fmt.Sprint("guild-", i)
			shard := shards.Of(key, 8)
			shares[shard]++
			cl, err := s.For(key)
			if (err == nil) != (shard.ID < 4) {
				t.Fatalf("%s: %v", key, err)
			}
			if err == nil {
				here++
				if want := (ipc.Identity{Group: "shards", Name: shard.String()}); cl.Identity() != want || cl != s.Client(shard.ID) {
					t.Fatalf("%s has %v, want %v", key, cl.Identity(), want)
				}
			}
		}
		if here < 4500 || here > 5500 {
			t.Errorf("%d of 10,000 keys belong to half of the shards", here)
		}
		for shard, n := range shares {
			if n < 1000 || n > 1500 {
				t.Errorf("%d of 10,000 keys belong to %v", n, shard)
			}
		}
		if s.Client(4) != nil {
			t.Error("shard 4 runs here")
		}
		var order []int
		for shard, cl := range s.All() {
			order = append(order, shard.ID)
			if cl.State() != ipc.Ready {
				t.Errorf("%v is %v", shard, cl.State())
			}
		}
		if !slices.Equal(order, []int{0, 1, 2, 3}) {
			t.Errorf("all are %v", order)
		}
	})
	// What other languages compute, too.
	if got := shards.Of("hello", 16); got.ID != 0xa430d84680aabd0b%16 {
		t.Errorf("hello belongs to %v", got)
	}
}

// K3: a start, and a restart of the server, are spread over the time that the
// server wants.
func TestStartsAndRestartsAreThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		s := g.shards(t, shards.Options{Count: 8, Concurrency: 2, Spacing: 5 * time.Second})
		start := time.Now()
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 15*time.Second || took > 16*time.Second {
			t.Errorf("started within %v", took)
		}
		joins := g.joined()
		if len(joins) != 8 {
			t.Errorf("%d joined", len(joins))
		}
		checkSpacing(t, joins, 2, 5*time.Second)

		for range 3 {
			g.link.Cut()
			time.Sleep(30 * time.Second)
			joins = append(joins, g.joined()...)
		}
		if len(joins) != 4*8 {
			t.Errorf("%d joined", len(joins))
		}
		checkSpacing(t, joins, 2, 5*time.Second)
	})
}

// A server that is away, at the start or later, is waited for; so many
// attempts as may be are made meanwhile, and no more.
func TestAServerThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		g.link.Down()
		s := g.shards(t, shards.Options{Count: 4, Concurrency: 4, Spacing: time.Second})
		time.AfterFunc(10*time.Minute, g.link.Up)
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.link.Down()
		time.Sleep(10 * time.Minute)
		g.link.Up()
		time.Sleep(time.Minute)
		for shard, cl := range s.All() {
			if cl.State() != ipc.Ready {
				t.Errorf("%v is %v", shard, cl.State())
			}
		}
		if joins := g.joined(); len(joins) != 8 {
			t.Errorf("%d joined", len(joins))
		}
	})
}

// A shard that the server does not want makes Start fail, and closes all.
func TestStartFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		g.refuse = "2-of-4"
		s := g.shards(t, shards.Options{Count: 4, Concurrency: 1})
		err := s.Start(t.Context())
		if !errors.Is(err, code.Denied) || !strings.Contains(err.Error(), "shard 2-of-4") || !strings.Contains(err.Error(), "not you") {
			t.Errorf("start: %v", err)
		}
		if s.Err() != err || s.Wait(t.Context()) != err {
			t.Errorf("err: %v, wait: %v", s.Err(), s.Wait(t.Context()))
		}
		for shard, cl := range s.All() {
			if cl.State() != ipc.Closed {
				t.Errorf("%v is %v", shard, cl.State())
			}
		}
	})
}

// One that is closed for good later is told of; the others go on.
func TestOneIsGoneForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		var mu sync.Mutex
		states := map[shards.Shard][]ipc.State{}
		s := g.shards(t, shards.Options{Count: 2, Spacing: -1, OnState: func(s shards.Shard, _, to ipc.State) {
			mu.Lock()
			defer mu.Unlock()
			states[s] = append(states[s], to)
		}})
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		gone := make(chan error, 1)
		go func() { gone <- s.Wait(t.Context()) }()
		time.Sleep(time.Hour)
		g.link.Cut() // no reason
		time.Sleep(time.Hour)
		g.srv.Peer(ipc.Identity{Group: "shards", Name: "1-of-2"}).Close("you were too loud")
		if err := <-gone; err == nil || !strings.Contains(err.Error(), "shard 1-of-2") || !strings.Contains(err.Error(), "too loud") {
			t.Errorf("wait: %v", err)
		}
		<-s.Done()
		if s.Client(0).State() != ipc.Ready || s.Client(1).State() != ipc.Closed {
			t.Errorf("they are %v and %v", s.Client(0).State(), s.Client(1).State())
		}
		s.Close()
		s.Close()
		if err := s.Err(); err == nil || !strings.Contains(err.Error(), "too loud") {
			t.Errorf("after close: %v", err)
		}
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		want := []ipc.State{ipc.Connecting, ipc.Ready, ipc.Waiting, ipc.Connecting, ipc.Ready, ipc.Closed}
		for id := range 2 {
			if got := states[shards.Shard{ID: id, Count: 2}]; !slices.Equal(got, want) {
				t.Errorf("shard %d: %v", id, got)
			}
		}
	})
}

// Close ends a start that waits for turns, and waiting for the end.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		s := g.shards(t, shards.Options{Count: 8, Spacing: time.Hour})
		time.AfterFunc(time.Minute, func() { s.Close() })
		start := time.Now()
		if err := s.Start(t.Context()); err == nil || time.Since(start) > 2*time.Minute {
			t.Errorf("start: %v after %v", err, time.Since(start))
		}
		if err := s.Wait(t.Context()); err != nil {
			t.Errorf("wait: %v", err)
		}
	})
}

// So does the context.
func TestTheContextEndsAStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		g.link.Freeze() // nobody answers
		s := g.shards(t, shards.Options{Count: 8, Concurrency: 8})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := s.Start(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("start: %v", err)
		}
		if err := s.Err(); err != nil {
			t.Errorf("err: %v", err)
		}
		ended, stop := context.WithCancel(t.Context())
		stop()
		running := g.shards(t, shards.Options{Count: 1})
		if err := running.Wait(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("wait: %v", err)
		}
	})
}

// What shards serve is registered before they connect.
func TestSetup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		which := untyped.Route[map[string]any, int]{Name: "Shard.Which"}
		s := g.shards(t, shards.Options{Count: 3, Spacing: -1, Setup: func(s shards.Shard, cl *ipc.Client) {
			cl.Register(which.Handle(func(context.Context, map[string]any) (int, error) { return s.ID, nil }))
		}})
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		sum := 0
		for r := range which.Gather(t.Context(), g.srv.Group("shards"), nil) {
			if shard, err := shards.Parse(r.From.Name); err != nil || r.Err != nil || r.Value != shard.ID {
				t.Errorf("%v: %+v, %v", shard, r, err)
			}
			sum++
		}
		if sum != 3 {
			t.Errorf("%d answered", sum)
		}
		one := g.srv.One(query.All(query.Eq("shard.id", 2), query.Eq("shard.count", 3)))
		if got, err := which.Call(t.Context(), one, nil); got != 2 || err != nil {
			t.Errorf("the one with metadata of shard 2: %v, %v", got, err)
		}
	})
}

// What the application is asked and told may panic: a setup fails New, and a
// shard that is gone for good is told of nevertheless.
func TestCallbacksThatPanic(t *testing.T) {
	_, err := shards.New("mem:nowhere", &shards.Options{Count: 3, Setup: func(s shards.Shard, _ *ipc.Client) {
		if s.ID == 1 {
			panic("a bug")
		}
	}})
	if err == nil || !strings.Contains(err.Error(), "the setup of 1-of-3: panic: a bug") {
		t.Errorf("the setup: %v", err)
	}
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		told := 0
		s := g.shards(t, shards.Options{
			Count: 1, OnState: func(shards.Shard, ipc.State, ipc.State) { told++; panic("a bug") },
			Client: ipc.ClientOptions{
				Logger:  slog.New(slog.DiscardHandler),
				OnState: func(ipc.State, ipc.State) { told++; panic("another") },
			},
		})
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.srv.Peer(ipc.Identity{Group: "shards", Name: "0-of-1"}).Close("you were too loud")
		if err := s.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "too loud") || told != 6 {
			t.Errorf("the end: %v, told %d times", err, told)
		}
	})
}

// What a shard says of itself may be changed at any time, and is said with every
// connection; so are its subscriptions.
func TestPresenceIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t)
		type news struct{ Text string }
		said := &ipc.Event[news]{
			Route: &ipc.Route{Name: "News.Said", Kind: ipc.KindNotify}, Pattern: "news",
			Topic: func(*news) []string { return []string{"news"} },
		}
		heard := make(chan string, 10)
		s := g.shards(t, shards.Options{Count: 2, Spacing: -1, Setup: func(s shards.Shard, cl *ipc.Client) {
			_, err := cl.Subscribe(t.Context(), "news", said.Handle(func(_ context.Context, n *news) error {
				heard <- s.String() + " " + n.Text
				return nil
			}))
			if err != nil {
				t.Error(err)
			}
		}})
		set := func(update query.Metadata) {
			for _, cl := range s.All() {
				if _, err := cl.SetMetadata(t.Context(), update); err != nil {
					t.Error(err)
				}
			}
		}
		check := func(status, playing string) {
			t.Helper()
			if err := said.Publish(t.Context(), g.srv, &news{status}); err != nil {
				t.Error(err)
			}
			for id, p := range g.srv.Peers() {
				m := p.Metadata()
				if m["status"] != status || m["playing"] != playing || m["shard.id"] != int64(id) {
					t.Errorf("%v: %v", p, m)
				}
				<-heard
			}
		}
		set(query.Metadata{"status": "online", "playing": "chess"})
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		check("online", "chess")
		g.link.Down()
		set(query.Metadata{"playing": "go"})
		time.Sleep(time.Minute)
		g.link.Up()
		time.Sleep(time.Minute)
		check("online", "go")
	})
}
