package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

// lounge is what the tests of restricted sessions serve: one public route.
func lounge(opts ipc.ServerOptions) (*ipc.Server, *ipc.Method[textArgs, string]) {
	open := method[textArgs, string]("Test.Open", ipc.KindCall)
	open.Route.Public = true
	srv := testServer(opts)
	srv.Register(open.Handle(func(ctx context.Context, _ *textArgs) (string, error) {
		r, _ := ipc.RequestFrom(ctx)
		return fmt.Sprintf("%s %v", r.Peer.Identity().Group, r.Peer.Restricted()), nil
	}))
	return srv, open
}

// S2: who offers no credentials is served public routes, under an identity that
// is nobody's.
func TestRestrictedSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		joined := map[string]bool{}
		srv, open := lounge(ipc.ServerOptions{
			Secret: []byte(canary), Restricted: true,
			MayPublish: func(*ipc.Peer, string, string) bool { return true },
			OnJoin:     func(_ context.Context, p *ipc.Peer) error { joined[p.Identity().Group] = p.Restricted(); return nil },
		})
		url := ipctest.Serve(t, srv)
		one := ipc.Identity{Group: "bots", Name: "one"}
		full := joinAs(t, url, one, ipc.ClientOptions{Secret: []byte(canary)})
		guest := joinAs(t, url, one, ipc.ClientOptions{})

		if got, err := open.Call(t.Context(), full, &textArgs{}); got != "bots false" || err != nil {
			t.Errorf("with credentials: %q, %v", got, err)
		}
		if got, err := open.Call(t.Context(), guest, &textArgs{}); got != "restricted true" || err != nil {
			t.Errorf("without: %q, %v", got, err)
		}
		if _, err := echo.Call(t.Context(), full, &textArgs{}); err != nil {
			t.Errorf("with credentials: %v", err)
		}
		if _, err := echo.Call(t.Context(), guest, &textArgs{}); !errors.Is(err, code.Denied) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("a route that is not public: %v", err)
		}
		if _, err := guest.Subscribe(t.Context(), "room.*", new(ear).handlers()...); !errors.Is(err, code.Denied) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("events: %v", err)
		}
		if err := posted.Publish(t.Context(), guest, &postedArgs{"go", "no"}); !errors.Is(err, code.Denied) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("an event: %v", err)
		}
		for _, err := range count.Stream(t.Context(), guest, &countArgs{3}) {
			if !errors.Is(err, code.Denied) {
				t.Errorf("a stream that is not public: %v", err)
			}
		}
		if id := guest.Identity(); id.Group != "restricted" || id.Name == "" || id.Name == "one" {
			t.Errorf("its identity is %v", id)
		}
		if joined["bots"] || !joined["restricted"] {
			t.Errorf("OnJoin was told %v", joined)
		}
	})
}

// Broadcasts do not reach those who have shown nothing, unless one by one.
func TestRestrictedPeersAreInNoGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, _ := lounge(ipc.ServerOptions{Secret: []byte(canary), Restricted: true})
		url := ipctest.Serve(t, srv)
		full := ipc.NewClient(url, &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: "one"}, Secret: []byte(canary)})
		guest := ipc.NewClient(url, nil)
		for _, cl := range []*ipc.Client{full, guest} {
			serveAll(cl)
			ipctest.Connect(t, cl)
		}
		for name, group := range map[string]*ipc.Group{
			"all": srv.All(nil), "matching": srv.All(nil).Where(func(*ipc.Peer) bool { return true }), "restricted": srv.Group("restricted"),
		} {
			for _, p := range group.Peers() {
				if p.Restricted() {
					t.Errorf("%s: %v is in it", name, p)
				}
			}
		}
		if n := len(srv.Peers()); n != 2 {
			t.Errorf("%d peers are connected", n)
		}
		if got, err := echo.Call(t.Context(), srv.Peer(guest.Identity()), &textArgs{"you"}); got != "you" || err != nil {
			t.Errorf("one by one: %q, %v", got, err)
		}
	})
}

// S2: wrong credentials are refused, whether or not others need none.
func TestWrongCredentialsNeverBecomeRestricted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, _ := lounge(ipc.ServerOptions{Secret: []byte(canary), Restricted: true})
		url := ipctest.Serve(t, srv)
		for name, opts := range map[string]*ipc.ClientOptions{
			"a wrong secret": {Secret: []byte("wrong")},
			"a token":        {Token: "wrong"},
		} {
			cl := ipc.NewClient(url, opts)
			if err := cl.Connect(t.Context()); !errors.Is(err, code.Denied) {
				t.Errorf("%s: %v", name, err)
			}
			cl.Close()
		}
		for name, identify := range map[string]string{
			"none, with a token": `{"kind":"identify","body":{"version":1,"group":"bots","name":"one","method":"none","token":"wrong"}}`,
			"none, with a proof": `{"kind":"identify","body":{"version":1,"group":"bots","name":"one","method":"none","proof":"AAAA"}}`,
		} {
			p := dialScripted(t, url)
			p.hear()
			p.say(identify)
			if got := p.hear(); !strings.Contains(got, `"status":3500`) {
				t.Errorf("%s: %s", name, got)
			}
		}
	})
}

// Where it is not turned on, nobody is let in without.
func TestNoRestrictedSessionsByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, _ := lounge(ipc.ServerOptions{Secret: []byte(canary)})
		cl := ipc.NewClient(ipctest.Serve(t, srv), nil)
		defer cl.Close()
		if err := cl.Connect(t.Context()); !errors.Is(err, code.Denied) {
			t.Errorf("connect: %v", err)
		}
	})
}

// Authenticate decides itself who is restricted.
func TestAuthenticateMayRestrict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, open := lounge(ipc.ServerOptions{Authenticate: func(_ context.Context, a *ipc.Attempt) error {
			switch a.Token {
			case "":
				a.Restricted = true
			case "right":
			default:
				return errors.New("wrong token")
			}
			return nil
		}})
		url := ipctest.Serve(t, srv)
		for token, want := range map[string]string{"": "restricted true", "right": "bots false"} {
			cl := joinAs(t, url, ipc.Identity{Group: "bots", Name: "one"}, ipc.ClientOptions{Token: token})
			if got, err := open.Call(t.Context(), cl, &textArgs{}); got != want || err != nil {
				t.Errorf("token %q: %q, %v", token, got, err)
			}
		}
		cl := ipc.NewClient(url, &ipc.ClientOptions{Token: "wrong"})
		defer cl.Close()
		if err := cl.Connect(t.Context()); !errors.Is(err, code.Denied) {
			t.Errorf("a wrong token: %v", err)
		}
	})
}

// A restricted client comes back as it was: restricted, and under a new name.
func TestRestrictedClientsComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, open := lounge(ipc.ServerOptions{Secret: []byte(canary), Restricted: true})
		cl, link := linked(t, srv, &ipc.ClientOptions{})
		before := cl.Identity()
		link.Cut()
		time.Sleep(time.Minute)
		if got, err := open.Call(t.Context(), cl, &textArgs{}); got != "restricted true" || err != nil {
			t.Errorf("after: %q, %v", got, err)
		}
		if cl.Identity() == before {
			t.Errorf("it is %v again, which anybody could claim", before)
		}
	})
}
