package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Every sort of route works through the server as it does without, also when
// the two clients speak different dialects, when the server chooses, and when a
// client calls itself.
func TestEveryKindOfRouteIsRelayed(t *testing.T) {
	const n = 1000 // many windows
	dialects := []wire.Dialect{wire.CBORv1, wire.JSONv1}
	for _, near := range dialects {
		for _, far := range dialects {
			for _, target := range []string{"bots/one", "apps/web", "one"} {
				t.Run(near.Name()+" to "+far.Name()+" "+target, func(t *testing.T) {
					withFleet(t, ipc.ServerOptions{Relay: relayAll}, func(t *testing.T, f *fleet) {
						bot := f.join("bots/one", ipc.ClientOptions{Dialects: []wire.Dialect{far}})
						cl := f.join("apps/web", ipc.ClientOptions{Dialects: []wire.Dialect{near}})
						noted := make(chan int, n)
						for _, r := range []ipc.Registrar{bot, cl} {
							r.Register(note.HandleNotify(func(_ context.Context, a *countArgs) error { noted <- a.N; return nil }))
						}
						var peer ipc.Caller = cl.One(query.NameField.Eq(target))
						if target != "one" {
							peer = cl.Peer(identity(t, target))
						}
						if got, err := echo.Call(t.Context(), peer, &textArgs{"through"}); got != "through" || err != nil {
							t.Errorf("call: %q, %v", got, err)
						}
						want := 0
						for got, err := range count.Stream(t.Context(), peer, &countArgs{n}) {
							if err != nil || got != want {
								t.Fatalf("stream item %d: %d, %v", want, got, err)
							}
							want++
						}
						if want != n {
							t.Errorf("stream ended after %d items", want)
						}
						if got, err := sum.Upload(t.Context(), peer, &noArgs{}, upTo(n)); got != n*(n-1)/2 || err != nil {
							t.Errorf("upload: %d, %v", got, err)
						}
						want = 0
						for got, err := range twice.Duplex(t.Context(), peer, &noArgs{}, upTo(n)) {
							if err != nil || got != 2*want {
								t.Fatalf("duplex item %d: %d, %v", want, got, err)
							}
							want++
						}
						if want != n {
							t.Errorf("duplex ended after %d items", want)
						}
						for i := range n {
							if err := note.Notify(t.Context(), peer, &countArgs{i}); err != nil {
								t.Fatal(err)
							}
						}
						for i := range n {
							if got := <-noted; got != i {
								t.Fatalf("notification %d comes as %d", got, i)
							}
						}
						if p, ok := peer.(*ipc.Peer); ok && !p.Connected() {
							t.Error("the way to it is there")
						}
					})
				})
			}
		}
	}
}

// The callee sees who really called, and can call it back; interceptors see it, too.
func TestCalleeSeesWhoReallyCalls(t *testing.T) {
	withFleet(t, ipc.ServerOptions{Relay: relayAll}, func(t *testing.T, f *fleet) {
		var seen []string
		watch := func(ctx context.Context, r *ipc.Request, next func(context.Context) error) error {
			seen = append(seen, fmt.Sprint(r.Inbound, " ", r.Route.Name, " ", r.Peer))
			return next(ctx)
		}
		f.join("bots/one", ipc.ClientOptions{Interceptors: []ipc.Interceptor{watch}})
		cl := f.join("apps/web", ipc.ClientOptions{})
		if got, err := relay.Call(t.Context(), cl.Peer(identity(t, "bots/one")), &textArgs{"and back"}); got != "and back" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := relay.Call(t.Context(), f.srv.Peer(identity(t, "bots/one")), &textArgs{"x"}); !errors.Is(err, code.Internal) {
			t.Errorf("the server itself called, and serves nothing: %q, %v", got, err)
		}
		want := []string{
			"true Test.Relay apps/web", "false Test.Echo apps/web",
			"true Test.Relay server/", "false Test.Echo server/",
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Error(diff)
		}
	})
}

// Nobody but the server says who calls: what a client sends is not believed.
func TestOriginCannotBeForged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := &ipc.ServerOptions{Relay: relayAll, Logger: quiet}
		srv := ipc.NewServer(opts)
		var callers []string
		who := who.Handle(func(ctx context.Context, _ *noArgs) (string, error) {
			r, _ := ipc.RequestFrom(ctx)
			callers = append(callers, r.Peer.String())
			return "", nil
		})
		srv.Register(who)
		p := joinScripted(t, srv) // bots/one
		cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: "two"}})
		cl.Register(who)
		ipctest.Connect(t, cl)
		p.say(`{"kind":"call","id":1,"route":"Test.Who","body":{},"origin":"admins/root"}`)
		p.want(`{"kind":"reply","id":1,"body":""}`)
		p.say(`{"kind":"call","id":3,"route":"Test.Who","body":{},"origin":"admins/root","target":"bots/two"}`)
		p.want(`{"kind":"reply","id":3,"body":"","origin":"bots/two"}`)
		if diff := cmp.Diff([]string{"bots/one", "bots/one"}, callers); diff != "" {
			t.Error(diff)
		}
	})
}

// Without a policy nothing is passed on; with one, what it allows, and what it
// refuses was not executed. A policy that panics refuses.
func TestRelayPolicyDecides(t *testing.T) {
	policies := map[string]struct {
		relay func(from, to *ipc.Peer, route string) error
		want  map[string]code.Code // by target; empty: it is called
	}{
		"none": {nil, map[string]code.Code{"bots/one": code.Denied, "bots/absent": code.Denied}},
		"some": {func(from, to *ipc.Peer, route string) error {
			if from.Identity().Group == "apps" && to.Identity().Name != "secret" && route == "Test.Who" {
				return nil
			}
			return errors.New("not for you")
		}, map[string]code.Code{"bots/one": "", "bots/secret": code.Denied, "bots/absent": code.NotConnected}},
		"panics": {func(_, _ *ipc.Peer, _ string) error { panic("oops") }, map[string]code.Code{"bots/one": code.Denied}},
		"all":    {relayAll, map[string]code.Code{"bots/one": "", "bots/secret": "", "bots/absent": code.NotConnected}},
	}
	for name, policy := range policies {
		t.Run(name, func(t *testing.T) {
			withFleet(t, ipc.ServerOptions{Relay: policy.relay}, func(t *testing.T, f *fleet) {
				f.joinNamed("bots/one", query.Metadata{"kind": "open"})
				f.joinNamed("bots/secret", query.Metadata{"kind": "secret"})
				cl := f.joinNamed("apps/web", nil)
				for target, want := range policy.want {
					got, err := who.Call(t.Context(), cl.Peer(identity(t, target)), &noArgs{})
					if want == "" && (err != nil || got != target) || want != "" && (!errors.Is(err, want) || !errors.Is(err, ipc.ErrNotSent)) {
						t.Errorf("%s: %q, %v", target, got, err)
					}
				}
				if name == "some" {
					if _, err := echo.Call(t.Context(), cl.Peer(identity(t, "bots/one")), &textArgs{"x"}); !errors.Is(err, code.Denied) || !strings.Contains(err.Error(), "not for you") {
						t.Errorf("another route: %v", err)
					}
					for range 20 { // one that may not be called is not chosen
						if got, err := who.Call(t.Context(), cl.One(query.GroupField.Eq("bots")), &noArgs{}); got != "bots/one" {
							t.Errorf("chosen: %q, %v", got, err)
						}
					}
				}
			})
		})
	}
}

// A client chooses as a server does, never itself, and never everybody.
func TestClientChoosesThroughTheServer(t *testing.T) {
	withFleet(t, ipc.ServerOptions{Relay: relayAll}, func(t *testing.T, f *fleet) {
		for i := range 3 {
			f.joinNamed(fmt.Sprintf("bots/%d", i), query.Metadata{"load": i + 1})
		}
		cl := f.joinNamed("bots/self", query.Metadata{"load": 0})
		if got, err := who.Call(t.Context(), cl.One(nil, query.MinBy("load")), &noArgs{}); got != "bots/0" || err != nil {
			t.Errorf("the lowest of the others: %q, %v", got, err)
		}
		sticky := cl.One(query.Has("load"), query.Sticky("user-42"))
		first, err := who.Call(t.Context(), sticky, &noArgs{})
		for range 10 {
			if got, _ := who.Call(t.Context(), sticky, &noArgs{}); got != first || err != nil {
				t.Errorf("sticky: %q after %q, %v", got, first, err)
			}
		}
		seen := map[string]int{}
		round := cl.One(query.GroupField.Eq("bots"), query.RoundRobin())
		for range 6 {
			got, _ := who.Call(t.Context(), round, &noArgs{})
			seen[got]++
		}
		if diff := cmp.Diff(map[string]int{"bots/0": 2, "bots/1": 2, "bots/2": 2}, seen); diff != "" {
			t.Errorf("round robin: %s", diff)
		}
		for _, q := range []*query.Query{query.Eq("load", 0), query.Gt("load", 9)} {
			if _, err := who.Call(t.Context(), cl.One(q), &noArgs{}); !errors.Is(err, code.NoRoute) || !errors.Is(err, ipc.ErrNotSent) {
				t.Errorf("%v: %v", q, err)
			}
		}
		rather := cl.One(query.Gt("load", 9), query.Sticky("x"), query.Else(query.Eq("load", 2)))
		if got, err := who.Call(t.Context(), rather, &noArgs{}); got != "bots/1" || err != nil {
			t.Errorf("else: %q, %v", got, err)
		}
		long := cl.One(query.Eq("name", strings.Repeat("x", 600)))
		if _, err := who.Call(t.Context(), long, &noArgs{}); !errors.Is(err, ipc.ErrNotSent) || !errors.Is(err, code.BadRequest) {
			t.Errorf("too long for a target: %v", err)
		}
		if _, err := cl.One(query.Lt("load", true)).Pick(t.Context()); !errors.Is(err, code.BadRequest) {
			t.Errorf("a query that makes no sense: %v", err)
		}
	})
}

// Whom the policy does not let a client call is passed over, and the others are
// chosen as often as each other.
func TestRoundRobinAmongThoseWhoMayBeCalled(t *testing.T) {
	even := func(_, to *ipc.Peer, _ string) error {
		if to.Metadata()["n"].(int64)%2 == 1 {
			return errors.New("odd")
		}
		return nil
	}
	withFleet(t, ipc.ServerOptions{Relay: even}, func(t *testing.T, f *fleet) {
		for i := range 4 {
			f.joinNamed(fmt.Sprintf("bots/%d", i), query.Metadata{"n": i})
		}
		round := f.joinNamed("bots/self", query.Metadata{"n": 6}).One(query.Has("n"), query.RoundRobin())
		seen := map[string]int{}
		for range 30 {
			got, err := who.Call(t.Context(), round, &noArgs{})
			if err != nil {
				t.Fatal(err)
			}
			seen[got]++
		}
		if diff := cmp.Diff(map[string]int{"bots/0": 15, "bots/2": 15}, seen); diff != "" {
			t.Error(diff)
		}
	})
}

// What a stranger writes into a target is refused as not executed.
func TestBadTargetsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Relay: relayAll, Logger: quiet})
		p := joinScripted(t, srv)
		for i, test := range []struct{ target, want string }{
			{"bots", "bad_request"}, {"bots/", "bad_request"}, {"/one", "bad_request"}, {"a/b/c", "bad_request"}, {"*/*", "bad_request"},
			{"bots/*", "bad_request"}, {"one(", "bad_request"}, {"one(load <)", "bad_request"}, {"one(true, sticky(1))", "bad_request"},
			{"one(true, random(), random())", "bad_request"}, {"one(true) one(true)", "bad_request"}, {"all(true)", "bad_request"},
			{strings.Repeat("one(!", 90), "bad_request"}, {strings.Repeat("x", 513), "bad_request"},
			{"bots/absent", "not_connected"}, {"one(true)", "no_route"}, {"one(peer.name == \\\"one\\\")", "no_route"},
		} {
			id := 2*i + 1
			p.say(fmt.Sprintf(`{"kind":"call","id":%d,"route":"Test.Who","body":{},"target":"%s"}`, id, test.target))
			got := p.hear()
			if !strings.HasPrefix(got, fmt.Sprintf(`{"kind":"error","id":%d,"code":"%s"`, id, test.want)) || strings.Contains(got, "ran") {
				t.Errorf("%s: %s", test.target, got)
			}
			p.say(fmt.Sprintf(`{"kind":"notify","route":"Test.Who","body":{},"target":"%s"}`, test.target))
			p.idle()
		}
		p.say(`{"kind":"call","id":101,"route":"Test.Who","body":{},"target":"bots/one","depth":17}`)
		if got := p.hear(); !strings.Contains(got, "overloaded") {
			t.Errorf("too deep: %s", got)
		}
	})
}

// A client is nobody's way to others.
func TestClientsPassNothingOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := ipc.NewClient("mem:"+t.Name(), &ipc.ClientOptions{Dialects: []wire.Dialect{wire.JSONv1}, Logger: quiet})
		serveAll(cl)
		defer cl.Close()
		p := acceptScripted(t, func(string) { cl.Connect(context.Background()) })
		p.greet()
		p.say(`{"kind":"call","id":2,"route":"Test.Echo","body":{"Text":"x"},"target":"bots/two"}`)
		if got := p.hear(); !strings.Contains(got, `"code":"unsupported"`) || strings.Contains(got, "ran") {
			t.Error(got)
		}
	})
}

// However a relayed call ends, its caller gets the outcome of the table, once.
func TestOutcomesOfRelayedCalls(t *testing.T) {
	type scene struct {
		t             *testing.T
		caller, bot   *ipc.Client
		link, botLink *ipctest.Link
		srv           *ipc.Server
		ended         chan error // why the handler's context ended
		peer          *ipc.Peer
	}
	begin := func(t *testing.T, act func(s *scene)) {
		synctest.Test(t, func(t *testing.T) {
			s := &scene{t: t, srv: ipc.NewServer(&ipc.ServerOptions{Relay: relayAll, Logger: quiet}), ended: make(chan error, 1)}
			s.link, s.botLink = ipctest.NewLink(ipctest.Serve(t, s.srv)), ipctest.NewLink(ipctest.Serve(t, s.srv))
			s.caller = ipc.NewClient("", &ipc.ClientOptions{Identity: ipc.Identity{Group: "apps", Name: "web"}, Dial: s.link.Dial, Logger: quiet})
			s.bot = ipc.NewClient("", &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: "one"}, Dial: s.botLink.Dial, Logger: quiet})
			s.bot.Register(block.Handle(func(ctx context.Context, _ *noArgs) (string, error) {
				<-ctx.Done()
				s.ended <- context.Cause(ctx)
				return "", ctx.Err()
			}), fail.Handle(failing), echo.Handle(handleEcho))
			ipctest.Connect(t, s.caller)
			ipctest.Connect(t, s.bot)
			s.peer = s.caller.Peer(s.bot.Identity())
			act(s)
		})
	}
	pending := func(s *scene, ctx context.Context) *ipc.Future[string] {
		f := block.Start(ctx, s.peer, &noArgs{})
		time.Sleep(time.Second) // until the handler is known to be slow
		return f
	}
	wantEnd := func(s *scene) {
		s.t.Helper()
		synctest.Wait()
		select {
		case <-s.ended:
		default:
			s.t.Error("the handler still runs")
		}
	}
	t.Run("the handler fails", func(t *testing.T) {
		begin(t, func(s *scene) {
			_, err := fail.Call(s.t.Context(), s.peer, &textArgs{"type"})
			var e *ipc.Error
			var quota *quotaError
			if !errors.As(err, &e) || e.Outcome() != ipc.Executed || !errors.As(err, &quota) || quota.Limit != 7 {
				s.t.Errorf("%v", err)
			}
		})
	})
	t.Run("the route is not served", func(t *testing.T) {
		begin(t, func(s *scene) {
			if _, err := who.Call(s.t.Context(), s.peer, &noArgs{}); !errors.Is(err, code.NoRoute) || !errors.Is(err, ipc.ErrNotSent) {
				s.t.Errorf("%v", err)
			}
		})
	})
	t.Run("the callee is lost", func(t *testing.T) {
		begin(t, func(s *scene) {
			f := pending(s, s.t.Context())
			s.botLink.Cut()
			if _, err := f.Wait(s.t.Context()); !errors.Is(err, ipc.ErrUnknownOutcome) || !errors.Is(err, code.Lost) {
				s.t.Errorf("%v", err)
			}
			wantEnd(s)
		})
	})
	t.Run("the callee leaves", func(t *testing.T) {
		begin(t, func(s *scene) {
			f := pending(s, s.t.Context())
			s.bot.Close()
			if _, err := f.Wait(s.t.Context()); !errors.Is(err, ipc.ErrUnknownOutcome) {
				s.t.Errorf("%v", err)
			}
			if _, err := echo.Call(s.t.Context(), s.peer, &textArgs{"x"}); !errors.Is(err, code.NotConnected) || !errors.Is(err, ipc.ErrNotSent) {
				s.t.Errorf("a call after that: %v", err)
			}
		})
	})
	t.Run("the caller is lost", func(t *testing.T) {
		begin(t, func(s *scene) {
			f := pending(s, s.t.Context())
			s.link.Cut()
			if _, err := f.Wait(s.t.Context()); !errors.Is(err, ipc.ErrUnknownOutcome) {
				s.t.Errorf("%v", err)
			}
			wantEnd(s)
		})
	})
	t.Run("the caller gives up", func(t *testing.T) {
		begin(t, func(s *scene) {
			f := pending(s, s.t.Context())
			f.Cancel()
			if _, err := f.Wait(s.t.Context()); !errors.Is(err, context.Canceled) {
				s.t.Errorf("%v", err)
			}
			wantEnd(s)
		})
	})
	t.Run("the time is over", func(t *testing.T) {
		begin(t, func(s *scene) {
			ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Second)
			defer cancel()
			start := time.Now()
			_, err := block.Call(ctx, s.peer, &noArgs{})
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 4*time.Second {
				s.t.Errorf("%v after %v", err, time.Since(start))
			}
			time.Sleep(time.Second)
			wantEnd(s)
		})
	})
	t.Run("the server is closed", func(t *testing.T) {
		begin(t, func(s *scene) {
			f := pending(s, s.t.Context())
			s.srv.Close()
			if _, err := f.Wait(s.t.Context()); !errors.Is(err, ipc.ErrUnknownOutcome) {
				s.t.Errorf("%v", err)
			}
			wantEnd(s)
		})
	})
	t.Run("the server shuts down", func(t *testing.T) {
		begin(t, func(s *scene) {
			f := pending(s, s.t.Context())
			down := make(chan error, 1)
			go func() { down <- s.srv.Shutdown(context.Background()) }()
			time.Sleep(time.Second)
			if _, err := echo.Call(s.t.Context(), s.peer, &textArgs{"x"}); !errors.Is(err, code.Draining) || !errors.Is(err, ipc.ErrNotSent) {
				s.t.Errorf("a call meanwhile: %v", err)
			}
			if _, err := f.Wait(s.t.Context()); err == nil {
				s.t.Error("it returned a value")
			}
			if err := <-down; err != nil {
				s.t.Error(err)
			}
			wantEnd(s)
		})
	})
	t.Run("the callee drains", func(t *testing.T) {
		begin(t, func(s *scene) {
			p := scriptedAs(s.t, s.srv, "bots", "two")
			p.say(`{"kind":"goaway"}`)
			synctest.Wait()
			_, err := echo.Call(s.t.Context(), s.caller.Peer(ipc.Identity{Group: "bots", Name: "two"}), &textArgs{"x"})
			if !errors.Is(err, code.Draining) || !errors.Is(err, ipc.ErrNotSent) {
				s.t.Errorf("%v", err)
			}
		})
	})
}

// scriptedAs connects a scripted peer.
func scriptedAs(t *testing.T, srv *ipc.Server, group, name string) *scripted {
	t.Helper()
	p := dialScripted(t, ipctest.Serve(t, srv))
	p.hear()
	p.say(fmt.Sprintf(`{"kind":"identify","body":{"version":1,"group":"%s","name":"%s","method":"none"}}`, group, name))
	p.hear()
	return p
}

// TestDocumentedRelay plays both peers of the page's conversation.
func TestDocumentedRelay(t *testing.T) {
	for _, b := range readDocument(t).in("relay") {
		synctest.Test(t, func(t *testing.T) {
			srv := ipc.NewServer(&ipc.ServerOptions{Relay: relayAll, Logger: quiet})
			peers := map[string]*scripted{"caller": scriptedAs(t, srv, "apps", "web"), "callee": scriptedAs(t, srv, "bots", "one")}
			other := map[string]string{"caller": "callee", "callee": "caller"}
			said := ""
			for _, line := range b.lines {
				name, packet, _ := strings.Cut(line, " ")
				packet = strings.TrimSpace(packet)
				if said == "" {
					peers[name].say(packet)
					said = other[name]
					continue
				}
				if name != said {
					t.Fatalf("who speaks in %q?", line)
				}
				peers[name].want(packet)
				said = ""
			}
		})
	}
}

// Who breaks the rules of a stream harms that stream only, towards both ends.
func TestRelayedStreamsKeepToTheirCredit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Relay: relayAll, Logger: quiet})
		caller, callee := scriptedAs(t, srv, "apps", "web"), scriptedAs(t, srv, "bots", "one")
		caller.say(`{"kind":"call","id":1,"route":"X.Y","body":{},"target":"bots/one"}`)
		callee.want(`{"kind":"call","id":2,"route":"X.Y","body":{},"origin":"apps/web"}`)
		caller.say(`{"kind":"item","id":1,"body":1}`)
		callee.want(`{"kind":"cancel","id":2}`)
		caller.want(`{"kind":"error","id":1,"code":"protocol_error","message":"an item was sent without credit","ran":true,"origin":"bots/one"}`)

		caller.say(`{"kind":"call","id":3,"route":"X.Y","body":{},"target":"bots/one","credit":65}`)
		callee.want(`{"kind":"call","id":4,"route":"X.Y","body":{},"credit":65,"origin":"apps/web"}`)
		callee.say(`{"kind":"item","id":4,"body":1}` + "\n" + `{"kind":"item","id":4,"body":2}`)
		callee.want(`{"kind":"cancel","id":4}`)
		caller.want(`{"kind":"item","id":3,"body":1}`,
			`{"kind":"error","id":3,"code":"protocol_error","message":"an item was sent without credit","ran":true,"origin":"bots/one"}`)
		// Late packets of both are ignored.
		callee.say(`{"kind":"reply","id":4}`)
		caller.say(`{"kind":"credit","id":3,"credit":7}`)
		callee.idle()
		caller.idle()
	})
}

// The id of a call that is passed on is in use.
func TestIDsOfRelayedCallsAreInUse(t *testing.T) {
	for _, packet := range []string{
		`{"kind":"call","id":1,"route":"X.Y","body":{}}`,
		`{"kind":"subscribe","id":1,"route":"RoomEvents","topic":"room.*"}`,
		`{"kind":"event","id":1,"route":"RoomEvents.Posted","topic":"room.go","body":{}}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			srv := ipc.NewServer(&ipc.ServerOptions{Relay: relayAll, Logger: quiet})
			caller, callee := scriptedAs(t, srv, "apps", "web"), scriptedAs(t, srv, "bots", "one")
			caller.say(`{"kind":"call","id":1,"route":"X.Y","body":{},"target":"bots/one"}`)
			callee.want(`{"kind":"call","id":2,"route":"X.Y","body":{},"origin":"apps/web"}`)
			caller.say(packet)
			if got := caller.hear(); !strings.Contains(got, `"status":3502`) {
				t.Errorf("%s leads to %s", packet, got)
			}
			callee.want(`{"kind":"cancel","id":2}`)
		})
	}
}

// What one peer writes in JSON is a part of what another reads: it arrives in
// one line, or not at all.
func TestRelayedBodiesAreReadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Relay: relayAll, Logger: quiet})
		caller, callee := scriptedAs(t, srv, "apps", "web"), scriptedAs(t, srv, "bots", "one")
		caller.say("{\"kind\":\"call\",\"id\":1,\"route\":\"X.Y\",\"body\":{\n\"x\":1},\"target\":\"bots/one\",\"credit\":1000}")
		callee.want(`{"kind":"call","id":2,"route":"X.Y","body":{ "x":1},"credit":1000,"origin":"apps/web"}`)
		callee.say("{\"kind\":\"item\",\"id\":2,\"body\":[\n1]}")
		caller.want(`{"kind":"item","id":1,"body":[ 1]}`)
		callee.say("{\"kind\":\"reply\",\"id\":2,\"body\":[\n2]}")
		caller.want(`{"kind":"reply","id":1,"body":[ 2],"origin":"bots/one"}`)

		caller.say(`{"kind":"call","id":3,"route":"X.Y","body":{"x":tru},"target":"bots/one"}`)
		if got := caller.hear(); !strings.Contains(got, `"code":"bad_request","message":"the arguments: x: `) {
			t.Error(got)
		}
		caller.say(`{"kind":"call","id":5,"route":"X.Y","body":{},"target":"bots/one"}`)
		callee.want(`{"kind":"call","id":4,"route":"X.Y","body":{},"origin":"apps/web"}`)
		callee.say(`{"kind":"reply","id":4,"body":[1,,2]}`)
		if got := caller.hear(); !strings.Contains(got, `"code":"bad_reply"`) || !strings.Contains(got, `"ran":true`) {
			t.Error(got)
		}
		callee.idle()
	})
}

// A peer that does not read harms nobody but itself: others cannot fill the
// server's memory through it, and those who wait are told.
func TestRelayToOneWhoDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Relay: relayAll, Logger: quiet})
		url := ipctest.Serve(t, srv)
		scriptedAs(t, srv, "bots", "one") // and says and hears nothing more
		good := ipc.NewClient(url, &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: "two"}, Logger: quiet})
		serveAll(good)
		ipctest.Connect(t, good)
		cl := ipc.NewClient(url, &ipc.ClientOptions{Identity: ipc.Identity{Group: "apps", Name: "web"}, Logger: quiet})
		ipctest.Connect(t, cl)
		big := strings.Repeat("x", 512<<10)
		var futures []*ipc.Future[string]
		for range 100 {
			futures = append(futures, echo.Start(t.Context(), cl.Peer(ipc.Identity{Group: "bots", Name: "one"}), &textArgs{big}))
		}
		if got, err := echo.Call(t.Context(), cl.Peer(good.Identity()), &textArgs{"beside"}); got != "beside" || err != nil {
			t.Errorf("beside that: %q, %v", got, err)
		}
		refused, lost := 0, 0
		for _, f := range futures {
			switch _, err := f.Wait(t.Context()); {
			case errors.Is(err, code.Overloaded) && errors.Is(err, ipc.ErrNotSent):
				refused++
			case err != nil:
				lost++
			}
		}
		if refused < 80 || refused+lost != 100 {
			t.Errorf("%d refused, %d failed otherwise", refused, lost)
		}
	})
}
