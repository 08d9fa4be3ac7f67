package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/query"
)

// who answers with the name of the client that serves it.
var who = method[noArgs, string]("Test.Who", ipc.KindCall)

// sure is who, declared idempotent.
var sure = &ipc.Method[noArgs, string]{Route: &ipc.Route{Name: "Test.Who", Idempotent: true}}

// joinNamed connects a client that says who it is.
func (f *fleet) joinNamed(id string, m query.Metadata) *ipc.Client {
	f.t.Helper()
	cl := f.prepare(id, ipc.ClientOptions{Metadata: m})
	serveAll(cl)
	cl.Register(who.Handle(func(context.Context, *noArgs) (string, error) { return id, nil }))
	ipctest.Connect(f.t, cl)
	return cl
}

// S3, S6: a server chooses one of those that match, and nobody else.
func TestServerChoosesOne(t *testing.T) {
	withFleet(t, ipc.ServerOptions{}, func(t *testing.T, f *fleet) {
		for i := range 4 {
			f.joinNamed(fmt.Sprintf("bots/%d", i), query.Metadata{"load": i, "region": []string{"eu", "us"}[i%2]})
		}
		lowest := f.srv.One(query.Eq("region", "us"), query.MinBy("load"))
		if got, err := who.Call(t.Context(), lowest, &noArgs{}); got != "bots/1" || err != nil {
			t.Errorf("the lowest load in us: %q, %v", got, err)
		}
		sticky := f.srv.One(nil, query.Sticky("user-42"))
		first, err := who.Call(t.Context(), sticky, &noArgs{})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if got, _ := who.Call(t.Context(), sticky, &noArgs{}); got != first {
				t.Errorf("sticky: %q after %q", got, first)
			}
		}
		seen := map[string]int{}
		round := f.srv.One(nil, query.RoundRobin())
		for range 8 {
			got, _ := who.Call(t.Context(), round, &noArgs{})
			seen[got]++
		}
		if len(seen) != 4 || seen["bots/0"] != 2 {
			t.Errorf("round robin: %v", seen)
		}
		_, err = who.Call(t.Context(), f.srv.One(query.Eq("region", "mars")), &noArgs{})
		if !errors.Is(err, ipc.ErrNotSent) || !errors.Is(err, code.NoRoute) {
			t.Errorf("nobody matches: %v", err)
		}
		rather := f.srv.One(query.Eq("region", "mars"), query.Else(query.Eq("load", 3)))
		if got, err := who.Call(t.Context(), rather, &noArgs{}); got != "bots/3" || err != nil {
			t.Errorf("else: %q, %v", got, err)
		}
		_, err = who.Call(t.Context(), f.srv.One(query.Lt("load", true)), &noArgs{})
		if !errors.Is(err, ipc.ErrNotSent) || !errors.Is(err, code.BadRequest) {
			t.Errorf("a query that makes no sense: %v", err)
		}
	})
}

// S6: the peer with the fewest calls under way is chosen.
func TestLeastPendingIsChosen(t *testing.T) {
	withFleet(t, ipc.ServerOptions{}, func(t *testing.T, f *fleet) {
		for i := range 3 {
			f.joinNamed(fmt.Sprintf("bots/%d", i), nil)
		}
		for i, busy := range []int{2, 0, 1} {
			for range busy {
				defer block.Start(t.Context(), f.srv.Peer(identity(t, fmt.Sprintf("bots/%d", i))), &noArgs{}).Cancel()
			}
		}
		idle := f.srv.One(nil, query.LeastPending())
		if got, err := who.Call(t.Context(), idle, &noArgs{}); got != "bots/1" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// The caller learns who was chosen: of a call, of one that is retried or
// intercepted, and through the server.
func TestWhoAnsweredIsKnown(t *testing.T) {
	withFleet(t, ipc.ServerOptions{Relay: relayAll}, func(t *testing.T, f *fleet) {
		f.joinNamed("bots/1", query.Metadata{"n": 1})
		cl := f.joinNamed("apps/web", nil)
		pass := func(ctx context.Context, _ *ipc.Request, next func(context.Context) error) error { return next(ctx) }
		intercepted := f.prepare("apps/other", ipc.ClientOptions{Interceptors: []ipc.Interceptor{pass}})
		ipctest.Connect(t, intercepted)
		bot := identity(t, "bots/1")
		for name, caller := range map[string]*ipc.Selection{
			"server": f.srv.One(query.Eq("n", 1)), "client": cl.One(query.Eq("n", 1)), "interceptor": intercepted.One(query.Eq("n", 1)),
		} {
			for _, m := range []*ipc.Method[noArgs, string]{who, sure} {
				future := m.Start(t.Context(), caller, &noArgs{})
				if got, err := future.Wait(t.Context()); got != "bots/1" || err != nil || future.From() != bot {
					t.Errorf("%s: %q from %v, %v", name, got, future.From(), err)
				}
			}
			if p, err := caller.Pick(t.Context()); err != nil || p.Identity() != bot {
				t.Errorf("%s: pick: %v, %v", name, p, err)
			} else if got, err := who.Call(t.Context(), p, &noArgs{}); got != "bots/1" || err != nil {
				t.Errorf("%s: the one picked: %q, %v", name, got, err)
			}
		}
		if from := who.Start(t.Context(), cl.One(query.Eq("n", 2)), &noArgs{}).From(); from != cl.Server().Identity() {
			t.Errorf("the server said that there is nobody, not %v", from)
		}
		if from := who.Start(t.Context(), f.srv.One(query.Eq("n", 2)), &noArgs{}).From(); from != (ipc.Identity{}) {
			t.Errorf("nobody was chosen, not %v", from)
		}
	})
}

// A route declared idempotent is tried again with whom is there then.
func TestRetryChoosesAnew(t *testing.T) {
	withFleet(t, ipc.ServerOptions{}, func(t *testing.T, f *fleet) {
		first := f.prepare("bots/1", ipc.ClientOptions{Metadata: query.Metadata{"n": 1}})
		started := make(chan struct{})
		first.Register(who.Handle(func(ctx context.Context, _ *noArgs) (string, error) {
			close(started)
			<-ctx.Done()
			return "", ctx.Err()
		}))
		ipctest.Connect(t, first)
		future := sure.Start(t.Context(), f.srv.One(query.Has("n")), &noArgs{})
		<-started
		f.joinNamed("bots/2", query.Metadata{"n": 2})
		first.Close()
		if got, err := future.Wait(t.Context()); got != "bots/2" || err != nil || future.From() != identity(t, "bots/2") {
			t.Errorf("%q from %v, %v", got, future.From(), err)
		}
	})
}

// H4: peers are found by where they are, and tell it.
func TestPeerByAddress(t *testing.T) {
	left := make(chan struct{}, 1)
	srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet, Insecure: true, OnLeave: func(*ipc.Peer, error) { left <- struct{}{} }})
	url := listenFor(t, srv, "tcp://127.0.0.1:0")
	cl := ipc.NewClient(url, &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: "one"}})
	ipctest.Connect(t, cl)
	info, _ := cl.Server().Info()
	p, ok := srv.PeerByAddr(info.Local.String())
	if !ok || p.Identity() != cl.Identity() {
		t.Fatalf("%v, %v", p, ok)
	}
	if far, ok := p.Info(); !ok || far.Remote.String() != info.Local.String() || far.Local.String() != info.Remote.String() {
		t.Errorf("it is at %+v", far)
	}
	if p, ok := srv.PeerByAddr("127.0.0.1:1"); ok {
		t.Errorf("%v", p)
	}
	cl.Close()
	<-left
	if p, ok := srv.PeerByAddr(info.Local.String()); ok {
		t.Errorf("it has left, and is %v", p)
	}
	if far, ok := p.Info(); ok {
		t.Errorf("it has left, and is at %+v", far)
	}
}

// H4: peers are found by who they are, by their group, and all together.
func TestPeersAreFound(t *testing.T) {
	withFleet(t, ipc.ServerOptions{}, func(t *testing.T, f *fleet) {
		for _, id := range []string{"bots/2", "bots/1", "apps/1"} {
			f.joinNamed(id, nil)
		}
		for what, test := range map[string]struct {
			peers []*ipc.Peer
			want  string
		}{
			"all": {f.srv.Peers(), "[apps/1 bots/1 bots/2]"}, "a group": {f.srv.Group("bots").Peers(), "[bots/1 bots/2]"},
			"no group": {f.srv.Group("bot").Peers(), "[]"},
		} {
			if got := fmt.Sprint(names(test.peers)); got != test.want {
				t.Errorf("%s: %s", what, got)
			}
		}
		for id, there := range map[string]bool{"bots/1": true, "bots/3": false, "bot/1": false} {
			p := f.srv.Peer(identity(t, id))
			if got, err := who.Call(t.Context(), p, &noArgs{}); p.Connected() != there || there && got != id || !there && !errors.Is(err, code.NotConnected) {
				t.Errorf("%s: %v, %q, %v", id, p.Connected(), got, err)
			}
		}
	})
}

// Where addresses say nothing nobody is found by one, rather than anybody.
func TestAddressesThatManyShare(t *testing.T) {
	srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet})
	url := ipctest.Serve(t, srv)
	var addr string
	for _, name := range []string{"one", "two"} {
		cl := ipc.NewClient(url, &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: name}})
		ipctest.Connect(t, cl)
		info, _ := srv.Peer(cl.Identity()).Info()
		addr = info.Remote.String()
	}
	if p, ok := srv.PeerByAddr(addr); ok || p != nil {
		t.Errorf("%q is %v", addr, p)
	}
}

// S8: the groups of those that match.
func TestGroupsAreFound(t *testing.T) {
	withFleet(t, ipc.ServerOptions{Relay: relayAll}, func(t *testing.T, f *fleet) {
		for _, id := range []string{"bots/1", "bots/2", "apps/1", "tools/1"} {
			f.joinNamed(id, query.Metadata{"n": 1})
		}
		cl := f.joinNamed("tools/2", nil)
		if got := fmt.Sprint(f.srv.Groups(query.Has("n"))); got != "[apps bots tools]" {
			t.Errorf("at the server: %v", got)
		}
		if got, err := cl.Groups(t.Context(), query.GroupField.In("bots", "tools")); fmt.Sprint(got) != "[bots tools]" || err != nil {
			t.Errorf("at a client: %v, %v", got, err)
		}
		synctest.Wait()
	})
}
