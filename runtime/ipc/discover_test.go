package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// S8: a client finds the others that match, with what they say of themselves,
// and can call them.
func TestClientDiscoversOthers(t *testing.T) {
	withFleet(t, ipc.ServerOptions{Relay: relayAll}, func(t *testing.T, f *fleet) {
		for i := range 3 {
			f.joinNamed(fmt.Sprintf("bots/%d", i), query.Metadata{"load": i, "build": query.MustVersion("1.10.0")})
		}
		cl := f.joinNamed("bots/self", query.Metadata{"load": 0})
		peers, err := cl.Discover(t.Context(), query.All(query.Lt("load", 2), query.Gt("build", query.MustVersion("1.9.0"))))
		if fmt.Sprint(names(peers)) != "[bots/0 bots/1]" || err != nil {
			t.Fatalf("%v, %v", peers, err)
		}
		wantMetadata(t, "bots/1", peers[1].Metadata(), query.Metadata{"load": int64(1), "build": query.MustVersion("1.10.0")})
		if got, err := who.Call(t.Context(), peers[1], &noArgs{}); got != "bots/1" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		if all, err := cl.Discover(t.Context(), nil); len(all) != 3 || err != nil {
			t.Errorf("everybody else: %v, %v", all, err)
		}
		if none, err := cl.Discover(t.Context(), query.Has("absent")); len(none) != 0 || err != nil {
			t.Errorf("nobody: %v, %v", none, err)
		}
		if _, err := cl.Discover(t.Context(), query.Lt("load", true)); !errors.Is(err, code.BadRequest) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("a query that makes no sense: %v", err)
		}
	})
}

// A client is shown whom the policy lets it know of, and by default nobody.
func TestDiscoveryIsSubjectToThePolicy(t *testing.T) {
	hide := func(from, to *ipc.Peer, route string) error {
		if route == "" && to.Identity().Group == "secret" {
			return errors.New("not for you")
		}
		return nil
	}
	withFleet(t, ipc.ServerOptions{Relay: hide}, func(t *testing.T, f *fleet) {
		f.joinNamed("bots/1", nil)
		f.joinNamed("secret/1", nil)
		cl := f.joinNamed("apps/web", nil)
		if peers, err := cl.Discover(t.Context(), nil); fmt.Sprint(names(peers)) != "[bots/1]" || err != nil {
			t.Errorf("%v, %v", peers, err)
		}
		if p, err := cl.One(query.GroupField.Eq("secret")).Pick(t.Context()); !errors.Is(err, code.NoRoute) {
			t.Errorf("picked %v, %v", p, err)
		}
	})
	withFleet(t, ipc.ServerOptions{}, func(t *testing.T, f *fleet) {
		f.joinNamed("bots/1", nil)
		cl := f.joinNamed("apps/web", nil)
		if peers, err := cl.Discover(t.Context(), nil); !errors.Is(err, code.Denied) {
			t.Errorf("by default: %v, %v", peers, err)
		}
		var last error
		for _, last = range cl.Watch(t.Context(), nil) {
		}
		if !errors.Is(last, code.Denied) {
			t.Errorf("watching by default: %v", last)
		}
		replies, err := ipc.First(who.Gather(t.Context(), cl.All(nil), &noArgs{}), 1)
		if len(replies) != 0 || !errors.Is(err, code.Denied) {
			t.Errorf("gathering by default: %v, %v", replies, err)
		}
		if err := note.NotifyAll(t.Context(), cl.All(nil), &countArgs{1}); !errors.Is(err, code.Denied) {
			t.Errorf("notifying by default: %v", err)
		}
	})
}

// follow follows a sequence of changes, one text each.
func follow(t *testing.T, changes iter.Seq2[ipc.Change, error]) (next func() string) {
	told := make(chan string, 1000)
	go func() {
		for c, err := range changes {
			switch {
			case err != nil:
				told <- "error: " + err.Error()
			case c.Was == nil && c.Present:
				told <- fmt.Sprintf("is there: %v %v", c.Peer, c.Is)
			case c.Was == nil:
				told <- fmt.Sprintf("joins: %v %v", c.Peer, c.Is)
			case c.Is == nil:
				told <- fmt.Sprintf("leaves: %v %v", c.Peer, c.Was)
			default:
				told <- fmt.Sprintf("changes: %v %v %v", c.Peer, c.Was, c.Is)
			}
		}
		close(told)
	}()
	return func() string {
		t.Helper()
		synctest.Wait()
		select {
		case s := <-told:
			return s
		default:
			return "nothing"
		}
	}
}

// H3: joining, leaving and changing is told, at the server and at a client.
func TestPeersAreWatched(t *testing.T) {
	for _, side := range []string{"server", "client"} {
		t.Run(side, func(t *testing.T) {
			withFleet(t, ipc.ServerOptions{Relay: relayAll}, func(t *testing.T, f *fleet) {
				f.joinNamed("bots/1", query.Metadata{"load": 1})
				f.joinNamed("bots/0", query.Metadata{"load": 0})
				f.joinNamed("apps/other", nil)
				cl := f.joinNamed("apps/web", query.Metadata{"load": 0})
				ctx, cancel := context.WithCancel(t.Context())
				q := query.All(query.Lt("load", 5), query.GroupField.Eq("bots"))
				changes := f.srv.Watch(ctx, q)
				if side == "client" {
					changes = cl.Watch(ctx, q)
				}
				next := follow(t, changes)
				want := func(texts ...string) {
					t.Helper()
					for _, text := range append(texts, "nothing") {
						if got := next(); got != text {
							t.Errorf("told %q, want %q", got, text)
						}
					}
				}
				want("is there: bots/0 map[load:0]", "is there: bots/1 map[load:1]")
				two := f.joinNamed("bots/2", query.Metadata{"load": 2})
				want("joins: bots/2 map[load:2]")
				set := func(load any) {
					t.Helper()
					if _, err := two.SetMetadata(t.Context(), query.Metadata{"load": load}); err != nil {
						t.Error(err)
					}
				}
				set(3)
				want("changes: bots/2 map[load:2] map[load:3]")
				set(9)
				want("leaves: bots/2 map[load:3]")
				set(10)
				want()
				set(4)
				want("joins: bots/2 map[load:4]")
				two.Close()
				want("leaves: bots/2 map[load:4]")
				cancel()
				if last := next(); !strings.Contains(last, "canceled") {
					t.Errorf("at the end: %q", last)
				}
			})
		})
	}
}

// Whoever is slow is told the latest state of everybody, and the server keeps no
// more for it than who has changed.
func TestSlowWatcherIsToldTheLatest(t *testing.T) {
	withFleet(t, ipc.ServerOptions{}, func(t *testing.T, f *fleet) {
		cl := f.joinNamed("bots/1", query.Metadata{"n": 0})
		next, stop := iter.Pull2(f.srv.Watch(t.Context(), nil))
		defer stop()
		next()
		for i := range 1000 {
			if _, err := cl.SetMetadata(t.Context(), query.Metadata{"n": i + 1}); err != nil {
				t.Fatal(err)
			}
		}
		c, err, _ := next()
		if diff := cmp.Diff(query.Metadata{"n": int64(1000)}, c.Is); diff != "" || err != nil || c.Was["n"] != int64(0) {
			t.Errorf("%v, %v", c, err)
		}
	})
}

// Who waits for a group is told when it is as wanted: at once, when others join,
// change or leave, and when nobody is there at all.
func TestGroupsAreWaitedFor(t *testing.T) {
	withFleet(t, ipc.ServerOptions{Relay: relayAll}, func(t *testing.T, f *fleet) {
		cl := f.joinNamed("apps/web", nil)
		for name, all := range map[string]func(*query.Query) *ipc.Group{"server": f.srv.All, "client": cl.All} {
			group := all(query.Has("n"))
			number := func(n int) func([]*ipc.Peer) bool { return func(m []*ipc.Peer) bool { return len(m) == n } }
			outcome := make(chan string, 1)
			wait := func(g *ipc.Group, enough func([]*ipc.Peer) bool) {
				members, err := g.Until(t.Context(), enough)
				outcome <- fmt.Sprint(names(members), " ", err)
			}
			want := func(text string) {
				t.Helper()
				synctest.Wait()
				select {
				case got := <-outcome:
					if got != text {
						t.Errorf("%s: %s, want %s", name, got, text)
					}
				default:
					if text != "" {
						t.Errorf("%s: waits, want %s", name, text)
					}
				}
			}
			wait(group, number(0))
			want("[] <nil>")
			go wait(group, number(2))
			two := f.joinNamed("bots/2", query.Metadata{"n": 2})
			want("")
			f.joinNamed("bots/1", query.Metadata{"n": 1})
			want("[bots/1 bots/2] <nil>")
			wait(group, number(2))
			want("[bots/1 bots/2] <nil>")
			go wait(group.Where(func(p *ipc.Peer) bool { return p.Metadata()["n"] == int64(3) }), number(1))
			want("")
			if _, err := two.SetMetadata(t.Context(), query.Metadata{"n": 3}); err != nil {
				t.Error(err)
			}
			want("[bots/2] <nil>")
			go wait(group, number(0))
			want("")
			f.srv.Peer(identity(t, "bots/1")).Close("go")
			want("")
			two.Close()
			want("[] <nil>")
			if _, err := all(query.Lt("n", true)).Until(t.Context(), number(0)); !errors.Is(err, code.BadRequest) {
				t.Errorf("%s: a query that makes no sense: %v", name, err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if members, err := group.Until(ctx, number(1)); !errors.Is(err, context.DeadlineExceeded) || members != nil {
				t.Errorf("%s: nobody comes: %v, %v", name, members, err)
			}
			cancel()
		}
		go f.srv.Peer(cl.Identity()).Close("go")
		if _, err := cl.Group("bots").Until(t.Context(), func([]*ipc.Peer) bool { return false }); !errors.Is(err, ipc.ErrUnknownOutcome) {
			t.Errorf("the connection is lost: %v", err)
		}
	})
	withFleet(t, ipc.ServerOptions{}, func(t *testing.T, f *fleet) {
		cl := f.joinNamed("apps/web", nil)
		if _, err := cl.All(nil).Until(t.Context(), func([]*ipc.Peer) bool { return true }); !errors.Is(err, code.Denied) {
			t.Errorf("by default: %v", err)
		}
	})
}

// What a server shows that is not what it should is an error, or nobody.
func TestDiscoveryAtAServerThatErrs(t *testing.T) {
	for item, want := range map[string]string{
		`{"peer":"bots/two","metadata":{"n":1}}`: "[bots/two] <nil>",
		`{}`:                                     "[] <nil>",
		`{"metadata":{"n":1}}`:                   "[] <nil>",
		`{"peer":"bots/two","metadata":{"n":{"x":1}}}`: "bad_reply",
		`{"peer":"two","metadata":{}}`:                 "bad_reply",
	} {
		synctest.Test(t, func(t *testing.T) {
			cl := ipc.NewClient("mem:"+t.Name(), &ipc.ClientOptions{Dialects: []wire.Dialect{wire.JSONv1}, Logger: quiet})
			defer cl.Close()
			found := make(chan string, 1)
			p := acceptScripted(t, func(string) {
				cl.Connect(t.Context())
				peers, err := cl.Discover(t.Context(), nil)
				found <- fmt.Sprint(names(peers), " ", err)
			})
			p.greet()
			p.hear() // the request
			p.say(`{"kind":"item","id":1,"body":` + item + `}`)
			p.say(`{"kind":"reply","id":1}`)
			if got := <-found; !strings.Contains(got, want) {
				t.Errorf("%s: %s, want %s", item, got, want)
			}
		})
	}
}

// Why a peer matches or does not is told of one at hand, at the server and at a
// client that has found it.
func TestPeersAreExplained(t *testing.T) {
	withFleet(t, ipc.ServerOptions{Relay: relayAll}, func(t *testing.T, f *fleet) {
		f.joinNamed("bots/1", query.Metadata{"load": 7})
		q := query.All(query.Lt("load", 5), query.GroupField.Eq("bots"))
		found, err := f.joinNamed("apps/web", nil).Discover(t.Context(), query.Has("load"))
		if err != nil || len(found) != 1 {
			t.Fatalf("%v, %v", found, err)
		}
		const want = "no   all of\nno     load < 5: it is 7\nyes    peer.group == \"bots\": it is \"bots\"\n"
		for name, p := range map[string]*ipc.Peer{"server": f.srv.Peer(identity(t, "bots/1")), "client": found[0]} {
			if diff := cmp.Diff(want, p.Explain(q)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if why := f.srv.Peer(identity(t, "bots/2")).Explain(q); !strings.Contains(why, "load < 5: there is no such field") {
			t.Errorf("one who is not there: %s", why)
		}
	})
}

// The sequence of a client ends when its connection does, and can be ranged anew.
func TestWatchingEndsWithTheConnection(t *testing.T) {
	withFleet(t, ipc.ServerOptions{Relay: relayAll}, func(t *testing.T, f *fleet) {
		f.joinNamed("bots/1", nil)
		cl := f.joinNamed("apps/web", nil)
		changes := cl.Watch(t.Context(), nil)
		next := follow(t, changes)
		if got := next(); got != "is there: bots/1 map[]" {
			t.Error(got)
		}
		f.srv.Peer(cl.Identity()).Close("go")
		if got := next(); !strings.HasPrefix(got, "error: ") {
			t.Error(got)
		}
		if got := follow(t, changes)(); !strings.HasPrefix(got, "error: ") {
			t.Errorf("ranged again without a connection: %s", got)
		}
		time.Sleep(time.Second)
	})
}
