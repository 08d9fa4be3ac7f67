package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// compareVersions lets cmp look at metadata.
var compareVersions = cmp.Comparer(func(a, b query.Version) bool { return a.String() == b.String() })

func wantMetadata(t *testing.T, what string, got, want query.Metadata) {
	t.Helper()
	if diff := cmp.Diff(want, got, compareVersions); diff != "" {
		t.Errorf("%s:\n%s", what, diff)
	}
}

// Everything a peer can say of itself arrives as it was said, in both dialects,
// before OnJoin.
func TestMetadataIsThereWhenAPeerJoins(t *testing.T) {
	for _, dialect := range []wire.Dialect{wire.CBORv1, wire.JSONv1} {
		t.Run(dialect.Name(), func(t *testing.T) {
			var atJoin query.Metadata
			opts := ipc.ServerOptions{OnJoin: func(_ context.Context, p *ipc.Peer) error { atJoin = p.Metadata(); return nil }}
			withFleet(t, opts, func(t *testing.T, f *fleet) {
				f.join("bots/one", ipc.ClientOptions{Dialects: []wire.Dialect{dialect}, Metadata: query.Metadata{
					"region": "eu", "load": 0.5, "drains": false, "tags": []string{"a", "b"}, "build": query.MustVersion("1.10.0"),
				}})
				want := query.Metadata{
					"region": "eu", "load": 0.5, "drains": false, "tags": []any{"a", "b"}, "build": query.MustVersion("1.10.0"),
				}
				wantMetadata(t, "in OnJoin", atJoin, want)
				wantMetadata(t, "later", f.srv.Peer(identity(t, "bots/one")).Metadata(), want)
			})
		})
	}
}

// S7: an update touches its own keys, and is acknowledged with a revision.
func TestMetadataIsUpdatedInParts(t *testing.T) {
	var changes []string
	opts := ipc.ServerOptions{OnChange: func(p *ipc.Peer, was query.Metadata) {
		changes = append(changes, fmt.Sprint(p, " ", was, " ", p.Metadata()))
	}}
	withFleet(t, opts, func(t *testing.T, f *fleet) {
		cl := f.join("bots/one", ipc.ClientOptions{Metadata: query.Metadata{"a": 1, "b": 2}})
		first, err := cl.SetMetadata(t.Context(), query.Metadata{"b": nil, "c": 3})
		if err != nil {
			t.Fatal(err)
		}
		second, err := cl.SetMetadata(t.Context(), query.Metadata{"a": 4})
		if err != nil || second <= first || first == 0 {
			t.Errorf("revisions %d, %d, %v", first, second, err)
		}
		wantMetadata(t, "at the server", f.srv.Peer(cl.Identity()).Metadata(), query.Metadata{"a": int64(4), "c": int64(3)})
		wantMetadata(t, "at the client", cl.Metadata(), query.Metadata{"a": int64(4), "c": int64(3)})
		load, spare := query.Number[int]("d"), query.Number[int]("c")
		if _, err := cl.SetMetadata(t.Context(), load.Set(5), spare.Unset(), query.Metadata{"a": nil}, load.Set(6)); err != nil {
			t.Error(err)
		}
		if _, err := f.srv.Peer(cl.Identity()).SetMetadata(query.Metadata{"s": 1, "t": 1}, query.Metadata{"s": 2, "t": nil}); err != nil {
			t.Error(err)
		}
		if _, err := cl.SetMetadata(t.Context(), load.Set(7), query.Metadata{"a": struct{}{}}); !errors.Is(err, code.BadRequest) {
			t.Errorf("one of them cannot be: %v", err)
		}
		wantMetadata(t, "nothing of that", cl.Metadata(), query.Metadata{"d": int64(6)})
		want := []string{
			"bots/one map[a:1 b:2] map[a:1 c:3]", "bots/one map[a:1 c:3] map[a:4 c:3]",
			"bots/one map[a:4 c:3] map[d:6]", "bots/one map[d:6] map[d:6 s:2]",
		}
		if diff := cmp.Diff(want, changes); diff != "" {
			t.Error(diff)
		}
	})
}

// C9, K5: what was set while the connection was cut is there before the client
// is ready again: who asks for it in the same moment finds it.
func TestMetadataIsReplayedBeforeReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet})
		link := ipctest.NewLink(ipctest.Serve(t, srv))
		ready := make(chan error, 10)
		cl := ipc.NewClient("", &ipc.ClientOptions{
			Identity: ipc.Identity{Group: "bots", Name: "one"}, Dial: link.Dial, Logger: quiet, Metadata: query.Metadata{"load": 1},
			OnState: func(_, to ipc.State) {
				if to == ipc.Ready {
					_, err := echo.Call(t.Context(), srv.One(query.Eq("status", "away")), &textArgs{"x"})
					ready <- err
				}
			},
		})
		serveAll(cl)
		if revision, err := cl.SetMetadata(t.Context(), query.Metadata{"status": "away"}); revision != 0 || err != nil {
			t.Errorf("before the first connection: %d, %v", revision, err)
		}
		ipctest.Connect(t, cl)
		if err := <-ready; err != nil {
			t.Errorf("the call right after the first connection: %v", err)
		}
		if _, err := cl.SetMetadata(t.Context(), query.Metadata{"status": "here"}); err != nil {
			t.Error(err)
		}
		if _, err := srv.One(query.Eq("status", "away")).Pick(t.Context()); !errors.Is(err, code.NoRoute) {
			t.Errorf("nobody is away: %v", err)
		}
		link.Cut()
		synctest.Wait()
		if revision, err := cl.SetMetadata(t.Context(), query.Metadata{"status": "away", "load": nil}); revision != 0 || err != nil {
			t.Errorf("while the connection is cut: %d, %v", revision, err)
		}
		if err := <-ready; err != nil {
			t.Errorf("the call right after the reconnect: %v", err)
		}
		wantMetadata(t, "after the reconnect", srv.Peer(cl.Identity()).Metadata(), query.Metadata{"status": "away"})
	})
}

// A change made while the handshake is under way, too late to be part of it, is
// told after it.
func TestMetadataSetDuringTheHandshakeIsNotLost(t *testing.T) {
	var cl *ipc.Client
	opts := ipc.ServerOptions{OnJoin: func(context.Context, *ipc.Peer) error {
		if revision, err := cl.SetMetadata(context.Background(), query.Metadata{"late": true}); revision != 0 || err != nil {
			return fmt.Errorf("%d, %w", revision, err)
		}
		return nil
	}}
	withFleet(t, opts, func(t *testing.T, f *fleet) {
		cl = f.prepare("bots/one", ipc.ClientOptions{Metadata: query.Metadata{"early": true}})
		ipctest.Connect(t, cl)
		synctest.Wait()
		wantMetadata(t, "at the server", f.srv.Peer(cl.Identity()).Metadata(), query.Metadata{"early": true, "late": true})
	})
}

func TestKeysOfTheServerAreReadOnly(t *testing.T) {
	opts := ipc.ServerOptions{OnJoin: func(_ context.Context, p *ipc.Peer) error {
		_, err := p.SetMetadata(query.Metadata{"tier": "gold"})
		return err
	}}
	withFleet(t, opts, func(t *testing.T, f *fleet) {
		cl := f.join("bots/one", ipc.ClientOptions{Metadata: query.Metadata{"tier": "platinum", "load": 1}})
		peer := f.srv.Peer(cl.Identity())
		wantMetadata(t, "after the join", peer.Metadata(), query.Metadata{"tier": "gold", "load": int64(1)})

		_, err := cl.SetMetadata(t.Context(), query.Metadata{"tier": "diamond", "load": 2})
		if !errors.Is(err, code.Denied) || !strings.Contains(err.Error(), `metadata "tier" is set by the server`) {
			t.Errorf("the client sets it: %v", err)
		}
		wantMetadata(t, "after that", peer.Metadata(), query.Metadata{"tier": "gold", "load": int64(1)})
		wantMetadata(t, "at the client", cl.Metadata(), query.Metadata{"tier": "platinum", "load": int64(1)})
		if _, err := cl.SetMetadata(t.Context(), query.Metadata{"load": 3}); err != nil {
			t.Errorf("another key: %v", err)
		}

		if _, err := peer.SetMetadata(query.Metadata{"tier": nil}); err != nil {
			t.Error(err)
		}
		wantMetadata(t, "when the server lets go", peer.Metadata(), query.Metadata{"tier": "platinum", "load": int64(3)})
		if _, err := cl.SetMetadata(t.Context(), query.Metadata{"tier": "diamond"}); err != nil {
			t.Errorf("after the server let go: %v", err)
		}
	})
}

func TestWhoMayNotSetMetadata(t *testing.T) {
	withFleet(t, ipc.ServerOptions{Relay: relayAll}, func(t *testing.T, f *fleet) {
		cl := f.join("bots/one", ipc.ClientOptions{})
		for name, peer := range map[string]*ipc.Peer{
			"the server's": cl.Server(), "another's": cl.Peer(identity(t, "bots/two")), "an absent one's": f.srv.Peer(identity(t, "bots/two")),
		} {
			if _, err := peer.SetMetadata(query.Metadata{"a": 1}); !errors.Is(err, ipc.ErrNotSent) {
				t.Errorf("%s: %v", name, err)
			}
			if m := peer.Metadata(); m != nil {
				t.Errorf("%s: %v", name, m)
			}
		}
		cl.Close()
		synctest.Wait()
		if _, err := f.srv.Peer(cl.Identity()).SetMetadata(query.Metadata{"a": 1}); !errors.Is(err, code.NotConnected) {
			t.Errorf("of one who left: %v", err)
		}
	})
}

// tooMuch is metadata that exceeds one limit each.
var tooMuch = map[string]query.Metadata{
	"keys": func() query.Metadata {
		m := query.Metadata{}
		for i := range 65 {
			m[fmt.Sprint("k", i)] = true
		}
		return m
	}(),
	"bytes": {"text": strings.Repeat("x", 8<<10)},
	"type":  {"channel": make(chan int)},
	"name":  {"a b": 1},
	"own":   {"peer.group": "admins"},
}

func TestMetadataIsBounded(t *testing.T) {
	withFleet(t, ipc.ServerOptions{}, func(t *testing.T, f *fleet) {
		cl := f.join("bots/one", ipc.ClientOptions{})
		largest := query.Metadata{"text": strings.Repeat("é", 4093)}
		if _, err := cl.SetMetadata(t.Context(), largest); err != nil {
			t.Errorf("the largest: %v", err)
		}
		for name, m := range tooMuch {
			if _, err := cl.SetMetadata(t.Context(), m); !errors.Is(err, ipc.ErrNotSent) || !errors.Is(err, code.BadRequest) {
				t.Errorf("%s, by the client: %v", name, err)
			}
			if _, err := f.srv.Peer(cl.Identity()).SetMetadata(m); !errors.Is(err, code.BadRequest) {
				t.Errorf("%s, by the server: %v", name, err)
			}
			other := f.prepare("bots/two", ipc.ClientOptions{Metadata: m})
			if err := other.Connect(t.Context()); err == nil {
				t.Errorf("%s: connected", name)
			}
			other.Close()
		}
		// Both together count.
		if _, err := f.srv.Peer(cl.Identity()).SetMetadata(query.Metadata{"more": "xxxxxxxx"}); !errors.Is(err, code.BadRequest) {
			t.Errorf("one byte more by the server: %v", err)
		}
		wantMetadata(t, "at last", f.srv.Peer(cl.Identity()).Metadata(), largest)
		// The largest in the worst encoding passes the handshake.
		worst := f.join("bots/three", ipc.ClientOptions{Dialects: []wire.Dialect{wire.JSONv1}, Metadata: query.Metadata{"text": strings.Repeat("\x01", 8186)}})
		if n := len(f.srv.Peer(worst.Identity()).Metadata()["text"].(string)); n != 8186 {
			t.Errorf("%d bytes arrived", n)
		}
	})
}

// A peer that does not use this package is held to the same.
func TestServerRefusesBadMetadata(t *testing.T) {
	long := strings.Repeat("x", 8<<10)
	for name, body := range map[string]string{
		"bytes":    `{"seq":9,"metadata":{"text":"` + long + `"}}`,
		"map":      `{"seq":9,"metadata":{"a":{"b":1}}}`,
		"null":     `{"seq":9,"metadata":{"a":[null]}}`,
		"nesting":  `{"seq":9,"metadata":{"a":[[1]]}}`,
		"name":     `{"seq":9,"metadata":{"":1}}`,
		"identity": `{"seq":9,"metadata":{"peer.name":"x"}}`,
		"version":  `{"seq":9,"metadata":{"v":{"version":"one"}}}`,
		"no map":   `{"seq":9,"metadata":[1]}`,
		"sequence": `{"seq":-1,"metadata":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet})
				p := joinScripted(t, srv)
				p.say(`{"kind":"call","id":1,"route":"ipc:metadata","body":` + body + `}`)
				if got := p.hear(); !strings.Contains(got, `"code":"bad_request"`) {
					t.Errorf("an update: %s", got)
				}
				wantMetadata(t, "after that", srv.Peer(identity(t, "bots/one")).Metadata(), nil)

				q := dialScripted(t, ipctest.Serve(t, srv))
				q.hear() // the challenge
				q.say(`{"kind":"identify","body":{"version":1,"group":"bots","name":"two","method":"none","metadata":true}}`)
				q.say(`{"kind":"metadata","body":` + body + `}`)
				if got := q.hear(); !strings.Contains(got, `"status":3500`) && !strings.Contains(got, `"status":3502`) {
					t.Errorf("in the handshake: %s", got)
				}
				if srv.Peer(identity(t, "bots/two")).Connected() {
					t.Error("it is connected")
				}
			})
		})
	}
}

func TestMetadataComesInItsPlaceOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet})
		p := joinScripted(t, srv)
		p.say(`{"kind":"metadata","body":{"seq":1,"metadata":{}}}`)
		if got := p.hear(); !strings.Contains(got, `"status":3502`) {
			t.Errorf("after the handshake: %s", got)
		}
		q := dialScripted(t, ipctest.Serve(t, srv))
		q.hear()
		q.say(`{"kind":"metadata","body":{"seq":1,"metadata":{}}}`)
		if got := q.hear(); !strings.Contains(got, `"status":3502`) {
			t.Errorf("before identify: %s", got)
		}
	})
}

// An update that was overtaken changes nothing.
func TestLateMetadataIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet})
		p := joinScripted(t, srv)
		p.say(`{"kind":"call","id":1,"route":"ipc:metadata","body":{"seq":5,"metadata":{"a":5}}}`)
		p.hear()
		p.say(`{"kind":"call","id":3,"route":"ipc:metadata","body":{"seq":4,"metadata":{"a":4}}}`)
		p.hear()
		if got := srv.Peer(identity(t, "bots/one")).Metadata()["a"]; got != 5.0 {
			t.Errorf("%v", got)
		}
	})
}

// Nobody can serve, and so fake, what the runtime serves itself.
func TestOwnRoutesCannotBeRegistered(t *testing.T) {
	for _, r := range []ipc.Registrar{ipc.NewServer(nil), ipc.NewClient("mem:x", nil)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%T took it", r)
				}
			}()
			r.Register(method[noArgs, string]("ipc:peers", ipc.KindCall).Handle(func(context.Context, *noArgs) (string, error) { return "", nil }))
		}()
	}
}
