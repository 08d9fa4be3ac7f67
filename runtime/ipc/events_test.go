package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/topic"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// The events of the tests, as generated code would declare them.

type (
	postedArgs struct {
		Room string `json:"room"`
		Text string `json:"text"`
	}
	renamedArgs struct {
		Room string `json:"room"`
		Name string `json:"name"`
	}
)

var (
	posted = &ipc.Event[postedArgs]{
		Route:   &ipc.Route{Name: "RoomEvents.Posted", Kind: ipc.KindNotify},
		Pattern: "room.*",
		Topic:   func(a *postedArgs) []string { return []string{"room", a.Room} },
	}
	renamed = &ipc.Event[renamedArgs]{
		Route:   &ipc.Route{Name: "RoomEvents.Renamed", Kind: ipc.KindNotify},
		Pattern: "room.*",
		Topic:   func(a *renamedArgs) []string { return []string{"room", a.Room} },
	}
)

// ear hears events, and keeps what it hears.
type ear struct {
	mu    sync.Mutex
	heard []string
}

func (e *ear) hear(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, fmt.Sprintf(format, args...))
}

// take returns what was heard since the last time.
func (e *ear) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	heard := e.heard
	e.heard = nil
	return heard
}

// handlers return those of both events.
func (e *ear) handlers() []*ipc.Handler {
	return []*ipc.Handler{
		posted.Handle(func(ctx context.Context, a *postedArgs) error {
			if r, _ := ipc.RequestFrom(ctx); r.Missed > 0 {
				e.hear("missed %d", r.Missed)
			}
			e.hear("%s: %s", a.Room, a.Text)
			return nil
		}),
		renamed.Handle(func(_ context.Context, a *renamedArgs) error { e.hear("%s is %s", a.Room, a.Name); return nil }),
	}
}

// want waits until all is still, and compares.
func (e *ear) want(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	if got := e.take(); !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

// post publishes text to room.
func post(t *testing.T, to ipc.Publisher, room, text string) {
	t.Helper()
	if err := posted.Publish(t.Context(), to, &postedArgs{room, text}); err != nil {
		t.Errorf("post to %s: %v", room, err)
	}
}

func subscribe(t *testing.T, at ipc.Registrar, pattern string, handlers ...*ipc.Handler) *ipc.Subscription {
	t.Helper()
	sub, err := at.Subscribe(t.Context(), pattern, handlers...)
	if err != nil {
		t.Fatalf("subscribe to %s: %v", pattern, err)
	}
	return sub
}

// both runs scene with clients that speak either dialect.
func both(t *testing.T, opts ipc.ServerOptions, scene func(t *testing.T, srv *ipc.Server, cbor, json *ipc.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		opts.Logger = quiet
		srv := ipc.NewServer(&opts)
		url := ipctest.Serve(t, srv)
		var clients []*ipc.Client
		for _, d := range []wire.Dialect{wire.CBORv1, wire.JSONv1} {
			cl := ipc.NewClient(url, &ipc.ClientOptions{Dialect: d, Logger: quiet, Identity: ipc.Identity{Group: "test", Name: d.Name()}})
			ipctest.Connect(t, cl)
			clients = append(clients, cl)
		}
		scene(t, srv, clients[0], clients[1])
	})
}

func TestSubscribersHearWhatMatches(t *testing.T) {
	both(t, ipc.ServerOptions{}, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		var all, golang, local, mere ear
		subscribe(t, a, "room.*", all.handlers()...)
		subscribe(t, b, "room.go", golang.handlers()...)
		subscribe(t, b, ">", mere.handlers()[1])
		subscribe(t, srv, "*.c", local.handlers()...)
		post(t, srv, "go", "1")
		post(t, srv, "c", "2")
		if err := renamed.Publish(t.Context(), srv, &renamedArgs{"go", "Go"}); err != nil {
			t.Error(err)
		}
		all.want(t, "go: 1", "c: 2", "go is Go")
		golang.want(t, "go: 1", "go is Go")
		local.want(t, "c: 2")
		mere.want(t, "go is Go")
	})
}

// Patterns that overlap get an event each, though it crosses once.
func TestOverlappingSubscriptions(t *testing.T) {
	both(t, ipc.ServerOptions{}, func(t *testing.T, srv *ipc.Server, a, _ *ipc.Client) {
		var one, two, three ear
		subscribe(t, a, "room.*", one.handlers()...)
		subscribe(t, a, "room.go", two.handlers()...)
		same := subscribe(t, a, "room.go", three.handlers()...)
		post(t, srv, "go", "1")
		one.want(t, "go: 1")
		two.want(t, "go: 1")
		three.want(t, "go: 1")
		same.Close()
		post(t, srv, "go", "2")
		two.want(t, "go: 2")
		three.want(t)
	})
}

// S10: subscriptions come and go while everything runs.
func TestUnsubscribe(t *testing.T) {
	both(t, ipc.ServerOptions{}, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		for _, at := range []ipc.Registrar{a, b, srv} {
			var e ear
			sub := subscribe(t, at, "room.*", e.handlers()...)
			post(t, srv, "go", "1")
			e.want(t, "go: 1")
			sub.Close()
			sub.Close()
			post(t, srv, "go", "2")
			e.want(t)
		}
	})
}

// What is asked for without a connection, or before it is lost, is asked for
// again before the client is ready.
func TestSubscriptionsAreReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet})
		link := ipctest.NewLink(ipctest.Serve(t, srv))
		ready := make(chan struct{}, 10)
		var e, second, gone ear
		cl := ipc.NewClient("", &ipc.ClientOptions{Dial: link.Dial, Logger: quiet, OnState: func(_, to ipc.State) {
			if to == ipc.Ready {
				post(t, srv, "go", "at once") // nobody who is ready misses this
				ready <- struct{}{}
			}
		}})
		subscribe(t, cl, "room.go", e.handlers()...)
		ipctest.Connect(t, cl)
		<-ready
		e.want(t, "go: at once")
		link.Down()
		synctest.Wait()
		subscribe(t, cl, "room.*", second.handlers()...)
		subscribe(t, cl, "room.*", gone.handlers()...).Close()
		post(t, srv, "go", "lost")
		link.Up()
		<-ready
		e.want(t, "go: at once")
		second.want(t, "go: at once")
		gone.want(t)
	})
}

// W3, W4: to all, to all but some, to those that match.
func TestExceptAndMatching(t *testing.T) {
	both(t, ipc.ServerOptions{}, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		var one, two, local ear
		subscribe(t, a, "room.*", one.handlers()...)
		subscribe(t, b, "room.*", two.handlers()...)
		subscribe(t, srv, "room.*", local.handlers()...)
		all := srv.All(nil)
		post(t, all.Except(srv.Peer(a.Identity())), "go", "not a")
		post(t, srv.All(query.NameField.Eq(a.Identity().Name)), "go", "a only")
		post(t, all, "go", "both")
		for cl, says := range map[*ipc.Client]query.Metadata{a: {"age": 30, "tags": []string{"vip"}}, b: {"age": 17, "banned": true}} {
			if _, err := cl.SetMetadata(t.Context(), says); err != nil {
				t.Error(err)
			}
		}
		adult, vip := query.Gte("age", 18), query.Contains("tags", "vip")
		post(t, srv.All(query.All(adult, vip)), "go", "a, who is both")
		post(t, srv.All(query.Any(adult, query.Has("banned"))), "go", "both, each for its own reason")
		post(t, srv.All(query.All(adult, query.Has("banned"))), "go", "nobody")
		post(t, srv.All(query.None(adult)).Except(srv.Peer(b.Identity())), "go", "nobody, again")
		one.want(t, "go: a only", "go: both", "go: a, who is both", "go: both, each for its own reason")
		two.want(t, "go: not a", "go: both", "go: both, each for its own reason")
		local.want(t)
		if got := all.Except(srv.Peer(a.Identity())).Peers(); len(got) != 1 || got[0].Identity() != b.Identity() {
			t.Errorf("except: %v", got)
		}
	})
}

// A client may publish where the server says so, and everybody hears it, in
// either dialect, the server too.
func TestClientsPublish(t *testing.T) {
	may := func(p *ipc.Peer, event, t string) bool {
		if t == "room.panic" {
			panic("no")
		}
		return p.Identity().Name == wire.CBORv1.Name() && event == posted.Route.Name && t == "room.go"
	}
	both(t, ipc.ServerOptions{MayPublish: may}, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		var one, two, local ear
		subscribe(t, a, "room.*", one.handlers()...)
		subscribe(t, b, "room.*", two.handlers()...)
		subscribe(t, srv, "room.*", posted.Handle(func(ctx context.Context, args *postedArgs) error {
			r, _ := ipc.RequestFrom(ctx)
			local.hear("%v says %s to %s", r.Peer, args.Text, r.Topic)
			return nil
		}))
		post(t, a, "go", "1")
		one.want(t, "go: 1")
		two.want(t, "go: 1")
		local.want(t, "test/ipc.cbor.v1 says 1 to room.go")
		for name, err := range map[string]error{
			"another topic":  posted.Publish(t.Context(), a, &postedArgs{"c", "no"}),
			"another event":  renamed.Publish(t.Context(), a, &renamedArgs{"go", "no"}),
			"another client": posted.Publish(t.Context(), b, &postedArgs{"go", "no"}),
			"a bug":          posted.Publish(t.Context(), a, &postedArgs{"panic", "no"}),
		} {
			if !errors.Is(err, code.Denied) || !errors.Is(err, ipc.ErrNotSent) {
				t.Errorf("%s: %v", name, err)
			}
		}
		one.want(t)
		two.want(t)
	})
}

func TestNobodyPublishesByDefault(t *testing.T) {
	both(t, ipc.ServerOptions{}, func(t *testing.T, _ *ipc.Server, a, _ *ipc.Client) {
		if err := posted.Publish(t.Context(), a, &postedArgs{"go", "no"}); !errors.Is(err, code.Denied) || !errors.Is(err, ipc.ErrNotSent) {
			t.Error(err)
		}
	})
}

func TestMaySubscribe(t *testing.T) {
	opts := ipc.ServerOptions{MaySubscribe: func(_ *ipc.Peer, event, pattern string) bool { return event == "RoomEvents" && pattern == "room.go" }}
	both(t, opts, func(t *testing.T, srv *ipc.Server, a, _ *ipc.Client) {
		var e ear
		subscribe(t, a, "room.go", e.handlers()...)
		if _, err := a.Subscribe(t.Context(), "room.*", e.handlers()...); !errors.Is(err, code.Denied) || !errors.Is(err, ipc.ErrNotSent) {
			t.Error(err)
		}
		for _, err := range posted.Watch(t.Context(), a, "room.go") {
			if !errors.Is(err, code.Denied) {
				t.Error(err)
			}
		}
		post(t, srv, "go", "1")
		e.want(t, "go: 1")
	})
}

// What cannot be right is said at once, without asking the server.
func TestSubscribeMistakes(t *testing.T) {
	both(t, ipc.ServerOptions{}, func(t *testing.T, srv *ipc.Server, a, _ *ipc.Client) {
		h := new(ear).handlers()
		other := &ipc.Event[noArgs]{Route: &ipc.Route{Name: "Other.Event"}, Pattern: ">"}
		for name, test := range map[string]struct {
			pattern  string
			handlers []*ipc.Handler
			want     string
		}{
			"pattern":        {"room..go", h, `pattern "room..go": level "" is empty`},
			"never matches":  {"rooms.*", h, `no topic of RoomEvents.Posted can match "rooms.*"`},
			"nobody":         {"room.*", nil, "no handlers"},
			"a route":        {"room.*", []*ipc.Handler{echo.Handle(handleEcho)}, "Test.Echo is no event"},
			"twice":          {"room.*", []*ipc.Handler{h[0], h[0]}, "RoomEvents.Posted has two handlers"},
			"two interfaces": {">", []*ipc.Handler{h[0], other.Handle(nil)}, "RoomEvents.Posted and Other.Event are not of one interface"},
		} {
			for _, at := range []ipc.Registrar{srv, a} {
				_, err := at.Subscribe(t.Context(), test.pattern, test.handlers...)
				if !errors.Is(err, code.BadRequest) || !errors.Is(err, ipc.ErrNotSent) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		defer func() {
			if recover() == nil {
				t.Error("the handler of an event serves a route")
			}
		}()
		srv.Register(h...)
	})
}

// A parameter that cannot be a level of a topic is the publisher's mistake.
func TestPublishMistakes(t *testing.T) {
	both(t, ipc.ServerOptions{Limits: ipc.Limits{Message: 1 << 10}}, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		var e ear
		subscribe(t, b, "room.*", e.handlers()...)
		for _, to := range []ipc.Publisher{srv, a, srv.All(nil)} {
			for _, room := range []string{"", "a.b", "*", ">", "a\n", strings.Repeat("a", 300)} {
				if err := posted.Publish(t.Context(), to, &postedArgs{room, "no"}); !errors.Is(err, code.BadRequest) || !errors.Is(err, ipc.ErrNotSent) {
					t.Errorf("room %.10q: %v", room, err)
				}
			}
		}
		if err := posted.Publish(t.Context(), srv, &postedArgs{"go", strings.Repeat("a", 2000)}); !errors.Is(err, code.TooLarge) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("too large: %v", err)
		}
		if err := posted.Publish(t.Context(), srv, &postedArgs{"go", "\xff"}); !errors.Is(err, code.BadRequest) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("not UTF-8: %v", err)
		}
		e.want(t)
	})
}

// A subscriber whose dialect cannot say an event keeps nobody else from hearing
// it, whoever publishes it; it is told that it has missed one.
func TestEventsThatADialectCannotSay(t *testing.T) {
	type measuredArgs struct {
		Value float64 `json:"value"`
	}
	measured := &ipc.Event[measuredArgs]{
		Route:   &ipc.Route{Name: "Meter.Measured", Kind: ipc.KindNotify},
		Pattern: "meter",
		Topic:   func(*measuredArgs) []string { return []string{"meter"} },
	}
	may := func(*ipc.Peer, string, string) bool { return true }
	both(t, ipc.ServerOptions{MayPublish: may}, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		hearing := func(e *ear) *ipc.Handler {
			return measured.Handle(func(ctx context.Context, args *measuredArgs) error {
				r, _ := ipc.RequestFrom(ctx)
				e.hear("%v, missed %d", args.Value, r.Missed)
				return nil
			})
		}
		publish := func(to ipc.Publisher, v float64) error { return measured.Publish(t.Context(), to, &measuredArgs{v}) }
		var one, two ear
		subscribe(t, b, "meter", hearing(&two))
		for _, to := range []ipc.Publisher{srv, a} {
			if err := publish(to, math.NaN()); !errors.Is(err, code.BadRequest) || !errors.Is(err, ipc.ErrNotSent) {
				t.Errorf("to nobody who could hear it: %v", err)
			}
		}
		subscribe(t, a, "meter", hearing(&one))
		for _, to := range []ipc.Publisher{srv, a, srv.All(nil)} {
			var e *ipc.Error
			if err := publish(to, math.NaN()); !errors.As(err, &e) || e.Code != code.BadRequest || e.Outcome() != ipc.Executed || errors.Is(err, ipc.ErrNotSent) {
				t.Errorf("to one who could: %v", err)
			}
			one.want(t, "NaN, missed 0")
		}
		if err := publish(srv, 1); err != nil {
			t.Error(err)
		}
		one.want(t, "1, missed 0")
		two.want(t, "1, missed 5")
	})
}

// W5, K4: what nobody has subscribed to is not encoded; what many have, once a
// dialect.
func TestEventsAreEncodedOnce(t *testing.T) {
	encoded := 0
	counted := *posted
	counted.Args = wire.Coding[postedArgs]{Encode: func(e *wire.Encoder, a *postedArgs) {
		encoded++
		wire.EncodeAny(e, a)
	}}
	both(t, ipc.ServerOptions{}, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		publish := func(room string, want int) {
			t.Helper()
			encoded = 0
			if err := counted.Publish(t.Context(), srv, &postedArgs{room, "text"}); err != nil {
				t.Error(err)
			}
			if encoded != want {
				t.Errorf("encoded %d times, want %d", encoded, want)
			}
		}
		publish("go", 0)
		var heard ear
		subscribe(t, b, "room.go", heard.handlers()...)
		publish("go", 0) // JSON does not ask the coding
		url := ipctest.Serve(t, srv)
		for range 10 {
			cl := ipc.NewClient(url, &ipc.ClientOptions{Logger: quiet})
			ipctest.Connect(t, cl)
			subscribe(t, cl, "room.go", heard.handlers()...)
			subscribe(t, cl, "room.*", heard.handlers()...)
		}
		publish("c", 1)
		publish("go", 1)
		synctest.Wait()
		if got := len(heard.take()); got != 1+10+1+20 {
			t.Errorf("heard %d", got)
		}
	})
}

// One at a time, in order, though the handler is slow; and calls go on.
func TestEventsComeInOrder(t *testing.T) {
	both(t, ipc.ServerOptions{MayPublish: func(*ipc.Peer, string, string) bool { return true }}, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		srv.Register(echo.Handle(handleEcho))
		var heard atomic.Int64
		for _, at := range []ipc.Registrar{a, srv} {
			last := map[string]int{}
			var mu sync.Mutex
			subscribe(t, at, "room.*", posted.Handle(func(_ context.Context, args *postedArgs) error {
				mu.Lock()
				defer mu.Unlock()
				var n int
				fmt.Sscan(args.Text, &n)
				if n != last[args.Room]+1 {
					t.Errorf("%s: %d after %d", args.Room, n, last[args.Room])
				}
				last[args.Room] = n
				heard.Add(1)
				if n%50 == 0 {
					time.Sleep(time.Second)
				}
				return nil
			}))
		}
		var publishers sync.WaitGroup
		for room, to := range map[string]ipc.Publisher{"a": a, "b": b, "s": srv, "g": srv} {
			publishers.Go(func() {
				for n := range 100 {
					post(t, to, room, fmt.Sprint(n+1))
				}
			})
		}
		publishers.Wait()
		start := time.Now()
		if _, err := echo.Call(t.Context(), a, &textArgs{"hello"}); err != nil || time.Since(start) > 0 {
			t.Errorf("a call beside slow events: %v after %v", err, time.Since(start))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := heard.Load(); n != 800 {
			t.Errorf("heard %d", n)
		}
	})
}

// Events that a handler publishes before it returns arrive before its reply.
func TestEventsArriveBeforeTheReply(t *testing.T) {
	both(t, ipc.ServerOptions{}, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		srv.Register(echo.Handle(func(ctx context.Context, args *textArgs) (string, error) {
			for n := range 3 {
				post(t, srv, "go", fmt.Sprint(args.Text, n))
			}
			return args.Text, nil
		}))
		for _, cl := range []*ipc.Client{a, b} {
			next, stop := iter.Pull2(posted.Watch(t.Context(), cl, "room.go"))
			defer stop()
			if _, err := echo.Call(t.Context(), cl, &textArgs{"x"}); err != nil {
				t.Fatal(err)
			}
			for n := range 3 {
				if got, err, ok := next(); got.Text != fmt.Sprint("x", n) || err != nil || !ok {
					t.Errorf("%d: %v, %v", n, got, err)
				}
			}
		}
	})
}

func TestSubscriptionsAreLimited(t *testing.T) {
	both(t, ipc.ServerOptions{}, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		var e ear
		var subs []*ipc.Subscription
		for i := range 128 {
			subs = append(subs, subscribe(t, a, fmt.Sprintf("room.%d", i), e.handlers()...))
		}
		subscribe(t, a, "room.0", e.handlers()...) // the same again is free
		_, err := a.Subscribe(t.Context(), "room.one too many", e.handlers()...)
		if !errors.Is(err, code.Overloaded) || !errors.Is(err, ipc.ErrNotSent) || !strings.Contains(err.Error(), "128 subscriptions") {
			t.Errorf("the 129th: %v", err)
		}
		post(t, srv, "one too many", "no")
		e.want(t)
		subs[5].Close()
		subscribe(t, a, "room.one too many", e.handlers()...)
		subscribe(t, b, "room.one too many", e.handlers()...) // b has its own
		post(t, srv, "one too many", "yes")
		e.want(t, "one too many: yes", "one too many: yes")
	})
}

func TestWatch(t *testing.T) {
	both(t, ipc.ServerOptions{}, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		for _, at := range []ipc.Registrar{a, b, srv} {
			events := posted.Watch(t.Context(), at, "room.*")
			post(t, srv, "go", "before it is ranged")
			var got []string
			for e, err := range events {
				if err != nil {
					t.Fatal(err)
				}
				if got = append(got, e.Text); len(got) == 1 {
					post(t, srv, "go", "between")
					post(t, srv, "c", "iterations")
					time.Sleep(time.Hour)
				}
				if len(got) == 3 {
					break
				}
			}
			if want := []string{"before it is ranged", "between", "iterations"}; !slices.Equal(got, want) {
				t.Errorf("got %q", got)
			}
			for _, err := range events {
				if err == nil {
					t.Error("ranged twice")
				}
			}
		}
	})
}

func TestWatchEnds(t *testing.T) {
	both(t, ipc.ServerOptions{}, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		last := func(seq iter.Seq2[postedArgs, error]) (last error) {
			for _, last = range seq {
			}
			return last
		}
		if err := last(posted.Watch(ctx, a, "room.*")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with its context: %v", err)
		}
		if err := last(posted.Watch(t.Context(), a, "no.*")); !errors.Is(err, code.BadRequest) {
			t.Errorf("with a mistake: %v", err)
		}
		events := posted.Watch(t.Context(), b, "room.*")
		time.AfterFunc(time.Second, func() { b.Close() })
		if err := last(events); !errors.Is(err, code.Closed) {
			t.Errorf("with its client: %v", err)
		}
		if err := last(posted.Watch(t.Context(), b, "room.*")); !errors.Is(err, code.Closed) {
			t.Errorf("after its client: %v", err)
		}
		events = posted.Watch(t.Context(), srv, "room.*")
		time.AfterFunc(time.Second, func() { srv.Close() })
		if err := last(events); !errors.Is(err, code.Closed) {
			t.Errorf("with its server: %v", err)
		}
	})
}

// S11: what a watcher is too slow for is counted, and told in its place.
func TestWatchTellsWhatIsMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet})
		cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{Logger: quiet, Limits: ipc.Limits{Notifications: 10}})
		ipctest.Connect(t, cl)
		next, stop := iter.Pull2(posted.Watch(t.Context(), cl, "room.*"))
		defer stop()
		for n := range 15 {
			post(t, srv, "go", fmt.Sprint(n))
		}
		synctest.Wait()
		for n := range 10 {
			if e, err, _ := next(); e.Text != fmt.Sprint(n) || err != nil {
				t.Errorf("%d: %v, %v", n, e, err)
			}
		}
		post(t, srv, "go", "after")
		var missed topic.Missed
		if _, err, _ := next(); !errors.As(err, &missed) || missed != 5 {
			t.Errorf("in their place: %v", err)
		}
		if e, err, _ := next(); e.Text != "after" || err != nil {
			t.Errorf("and then: %v, %v", e, err)
		}
	})
}

// A handler that is too slow is told with the next event.
func TestHandlersAreToldWhatTheyMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet, Limits: ipc.Limits{Notifications: 10}})
		cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{Logger: quiet, Limits: ipc.Limits{Notifications: 10}})
		ipctest.Connect(t, cl)
		for _, at := range []ipc.Registrar{srv, cl} {
			var e, other ear
			wait := make(chan struct{})
			handlers := e.handlers()
			subscribe(t, at, "room.c", other.handlers()...)
			slow := subscribe(t, at, "room.go", handlers[0], renamed.Handle(func(context.Context, *renamedArgs) error { <-wait; return nil }))
			if err := renamed.Publish(t.Context(), srv, &renamedArgs{"go", ""}); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
			for n := range 15 {
				post(t, srv, "go", fmt.Sprint(n))
			}
			synctest.Wait()
			close(wait)
			synctest.Wait()
			if got := e.take(); len(got) != 11 || got[0] != "missed 5" || got[1] != "go: 0" || got[10] != "go: 9" {
				t.Errorf("heard %q", got)
			}
			post(t, srv, "go", "after")
			post(t, srv, "c", "after")
			e.want(t, "go: after")
			other.want(t, "c: after")
			slow.Close()
		}
	})
}

// S11: the event that one waits for comes, or the error that says why not.
func TestAwait(t *testing.T) {
	both(t, ipc.ServerOptions{}, func(t *testing.T, srv *ipc.Server, a, _ *ipc.Client) {
		events := posted.Watch(t.Context(), a, "room.*")
		for n := range 10 {
			post(t, srv, "go", fmt.Sprint(n))
		}
		got, err := ipc.Await(t.Context(), events, func(e postedArgs) bool { return e.Text == "7" })
		if got.Text != "7" || err != nil {
			t.Errorf("%v, %v", got, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := ipc.Await(ctx, posted.Watch(ctx, a, "room.*"), nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nothing comes: %v", err)
		}
		if _, err := ipc.Await(t.Context(), upTo(3), func(n int) bool { return n == 5 }); err == nil || !strings.Contains(err.Error(), "ended") {
			t.Errorf("the sequence ends: %v", err)
		}
		if n, err := ipc.Await(t.Context(), upTo(3), nil); n != 0 || err != nil {
			t.Errorf("the first: %v, %v", n, err)
		}
	})
}
