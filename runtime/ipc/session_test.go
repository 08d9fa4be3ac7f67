package ipc_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

type member struct {
	Name   string
	Visits int
}

// The sessions of the tests: two of one type, which do not meet.
var (
	visitor ipc.Session[member]
	inviter ipc.Session[member]
	ticket  ipc.Session[*int]
)

// What OnJoin sets is there in conditions and handlers, and in OnLeave; the
// next connection of the same identity begins without.
func TestSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := make(chan member, 2)
		srv := testServer(ipc.ServerOptions{
			OnJoin: func(_ context.Context, p *ipc.Peer) error {
				if was, ok := visitor.Lookup(p); ok {
					t.Errorf("a new connection has %+v", was)
				}
				visitor.Set(p, member{Name: p.Identity().Name})
				return nil
			},
			OnLeave: func(p *ipc.Peer, _ error) { left <- visitor.Get(p) },
		})
		visits := method[noArgs, int]("Test.Visits", ipc.KindCall)
		srv.Register(visits.Handle(func(ctx context.Context, _ *noArgs) (int, error) {
			r, _ := ipc.RequestFrom(ctx)
			visitor.Update(r.Peer, func(m member) member { m.Visits++; return m })
			return visitor.Get(r.Peer).Visits, nil
		}).Allow(func(r *ipc.Request) bool { return visitor.Get(r.Peer).Name == "one" }))
		url := ipctest.Serve(t, srv)

		other := joinAs(t, url, ipc.Identity{Group: "bots", Name: "two"}, ipc.ClientOptions{})
		if _, err := visits.Call(t.Context(), other, &noArgs{}); !errors.Is(err, code.Denied) {
			t.Errorf("by another one: %v", err)
		}
		id := ipc.Identity{Group: "bots", Name: "one"}
		for range 2 { // the second time on another connection
			cl := joinAs(t, url, id, ipc.ClientOptions{})
			for want := 1; want <= 3; want++ {
				if got, err := visits.Call(t.Context(), cl, &noArgs{}); got != want || err != nil {
					t.Errorf("visit %d: %d, %v", want, got, err)
				}
			}
			if got := visitor.Get(srv.Peer(id)); got != (member{"one", 3}) {
				t.Errorf("by its identity: %+v", got)
			}
			if got := inviter.Get(srv.Peer(id)); got != (member{}) {
				t.Errorf("another session of the same type: %+v", got)
			}
			cl.Close()
			if got := <-left; got != (member{"one", 3}) {
				t.Errorf("OnLeave: %+v", got)
			}
		}
	})
}

// A peer that is not connected has no values, and keeps none.
func TestSessionsOfTheAbsent(t *testing.T) {
	p := ipc.NewServer(nil).Peer(ipc.Identity{Group: "bots", Name: "one"})
	if visitor.Set(p, member{Name: "one"}) || visitor.Update(p, func(m member) member { t.Error("asked"); return m }) {
		t.Error("it keeps a value")
	}
	visitor.Delete(p)
	if got, ok := visitor.Lookup(p); ok || got != (member{}) {
		t.Errorf("it has %+v", got)
	}
}

// A client has sessions, too: of its server.
func TestSessionsOfTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl, link := linked(t, testServer(ipc.ServerOptions{}), &ipc.ClientOptions{})
		n := 7
		if !ticket.Set(cl.Server(), &n) || ticket.Get(cl.Server()) != &n {
			t.Error("the value is not kept")
		}
		if ticket.Delete(cl.Server()); ticket.Get(cl.Server()) != nil {
			t.Error("the value is not deleted")
		}
		ticket.Set(cl.Server(), &n)
		link.Cut()
		time.Sleep(time.Minute)
		if got := ticket.Get(cl.Server()); got != nil {
			t.Errorf("the next connection has %v", *got)
		}
	})
}

// Nothing is lost when many write at once.
func TestSessionsAreSafe(t *testing.T) {
	srv, cl := ipctest.Pair(t, func(srv *ipc.Server, _ *ipc.Client) { serveAll(srv) })
	p := srv.Peer(cl.Identity())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				visitor.Update(p, func(m member) member { m.Visits++; return m })
				inviter.Set(p, visitor.Get(p))
			}
		})
	}
	all.Wait()
	if got := visitor.Get(p).Visits; got != 8000 {
		t.Errorf("%d of 8000", got)
	}
}

// W7: a connection has a name that both ends know, and the next one has another.
// Who has left is still known by it.
func TestConnectionsHaveNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		joined, left := make(chan string, 2), make(chan string, 2)
		srv := testServer(ipc.ServerOptions{
			OnJoin:  func(_ context.Context, p *ipc.Peer) error { joined <- p.ConnID(); return nil },
			OnLeave: func(p *ipc.Peer, _ error) { left <- p.ConnID() },
		})
		cl, link := linked(t, srv, &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: "one"}})
		first := <-joined
		if first == "" || cl.Server().ConnID() != first || srv.Peer(cl.Identity()).ConnID() != first {
			t.Errorf("joined with %q, at the client %q, by its identity %q", first, cl.Server().ConnID(), srv.Peer(cl.Identity()).ConnID())
		}
		link.Down()
		if got := <-left; got != first {
			t.Errorf("left with %q, not %q", got, first)
		}
		synctest.Wait()
		if near, far := cl.Server().ConnID(), srv.Peer(cl.Identity()).ConnID(); near != "" || far != "" {
			t.Errorf("while it is away: %q at the client, %q at the server", near, far)
		}
		link.Up()
		if second := <-joined; second == "" || second == first {
			t.Errorf("%q, then %q", first, second)
		}
		if got := cl.Peer(cl.Identity()).ConnID(); got != "" {
			t.Errorf("of a peer behind the server: %q", got)
		}
	})
}
