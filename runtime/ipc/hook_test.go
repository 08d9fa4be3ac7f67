package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
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
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// What the application's own functions may do to a handshake, and may not.

// join connects as bots/name.
func join(t *testing.T, url, name string, opts ipc.ClientOptions) error {
	t.Helper()
	opts.Identity, opts.NoReconnect, opts.Logger = ipc.Identity{Group: "bots", Name: name}, true, quiet
	cl, err := ipc.Dial(t.Context(), url, &opts)
	if err == nil {
		t.Cleanup(func() { cl.Close() })
	}
	return err
}

// W8: who is refused is told why, and is not there; who breaks the hook, too.
func TestOnJoinDecides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var left atomic.Int32
		var vanished atomic.Bool
		srv := testServer(ipc.ServerOptions{
			OnJoin: func(_ context.Context, p *ipc.Peer) error {
				switch p.Identity().Name {
				case "refused":
					return errors.New("not on the list")
				case "panics":
					panic("secret detail")
				case "vanishes":
					if vanished.CompareAndSwap(false, true) {
						runtime.Goexit()
					}
				}
				return nil
			},
			OnLeave: func(*ipc.Peer, error) { left.Add(1) },
		})
		url := ipctest.Serve(t, srv)
		if err := join(t, url, "welcome", ipc.ClientOptions{}); err != nil {
			t.Error(err)
		}
		if err := join(t, url, "refused", ipc.ClientOptions{}); !errors.Is(err, code.Denied) || !strings.Contains(err.Error(), "not on the list") {
			t.Errorf("refused: %v", err)
		}
		if err := join(t, url, "panics", ipc.ClientOptions{}); !errors.Is(err, code.Denied) || strings.Contains(err.Error(), "secret") {
			t.Errorf("panics: %v", err)
		}
		if err := join(t, url, "vanishes", ipc.ClientOptions{}); !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("vanishes: %v", err)
		}
		start := time.Now()
		if err := join(t, url, "vanishes", ipc.ClientOptions{}); err != nil || time.Since(start) > 0 {
			t.Errorf("the next time: %v after %v", err, time.Since(start))
		}
		synctest.Wait()
		if peers := srv.Peers(); len(peers) != 2 || left.Load() != 0 {
			t.Errorf("peers %v, %d have left", peers, left.Load())
		}
	})
}

// OnJoin may take as long as a handshake may; who gets no decision in that time
// has not been refused.
func TestOnJoinHasTheTimeOfTheHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var left atomic.Int32
		srv := testServer(ipc.ServerOptions{
			OnJoin: func(ctx context.Context, p *ipc.Peer) error {
				if p.Identity().Name == "quick" {
					return nil
				}
				<-ctx.Done()
				return ctx.Err()
			},
			OnLeave: func(*ipc.Peer, error) { left.Add(1) },
			Limits:  ipc.Limits{Identify: 3 * time.Second},
		})
		url := ipctest.Serve(t, srv)
		if err := join(t, url, "quick", ipc.ClientOptions{}); err != nil {
			t.Error(err)
		}
		start := time.Now()
		err := join(t, url, "slow", ipc.ClientOptions{})
		if !errors.Is(err, code.Deadline) || errors.Is(err, code.Denied) || !errors.Is(err, ipc.ErrNotSent) || time.Since(start) != 3*time.Second {
			t.Errorf("slow: %v after %v", err, time.Since(start))
		}
		refused := make(chan error)
		go func() { refused <- join(t, url, "late", ipc.ClientOptions{}) }()
		synctest.Wait()
		start = time.Now()
		srv.Close()
		if err := <-refused; !errors.Is(err, ipc.ErrNotSent) || errors.Is(err, code.Denied) || time.Since(start) > 0 {
			t.Errorf("while the server closes: %v after %v", err, time.Since(start))
		}
		synctest.Wait()
		if left.Load() != 1 {
			t.Errorf("%d have left, one had joined", left.Load())
		}
	})
}

// W8: who is refused for now comes back, be it by OnJoin or by Authenticate;
// who is refused otherwise does not.
func TestHooksRefuseForNow(t *testing.T) {
	for name, test := range map[string]struct {
		refusal error
		back    bool
	}{
		"overloaded":   {ipc.Errorf(code.Overloaded, "come back later"), true},
		"rate limited": {fmt.Errorf("the database: %w", code.RateLimited), true},
		"denied":       {ipc.Errorf(code.Denied, "not any more"), false},
		"any other":    {errors.New("not any more"), false},
	} {
		for hook := range 2 {
			t.Run(fmt.Sprint(name, hook), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					attempts := [2]int{}
					ask := func(n int) error {
						attempts[n]++
						if n == hook && attempts[n] >= 2 && attempts[n] <= 30 { // more than the wrong credentials of an address
							return test.refusal
						}
						return nil
					}
					srv := testServer(ipc.ServerOptions{
						Authenticate: func(context.Context, *ipc.Attempt) error { return ask(0) },
						OnJoin:       func(context.Context, *ipc.Peer) error { return ask(1) },
					})
					cl, link := linked(t, srv, &ipc.ClientOptions{})
					link.Cut()
					time.Sleep(time.Hour)
					synctest.Wait()
					if cl.State() == ipc.Ready != test.back {
						t.Errorf("%v after %d attempts: %v", cl, attempts[hook], cl.Err())
					}
					if err := cl.Err(); !test.back && !errors.Is(err, code.Denied) {
						t.Errorf("turned away: %v", err)
					}
				})
			})
		}
	}
}

// K3: who is told when to come back does not come sooner, by itself or in its
// turn.
func TestHooksSayWhenToComeBack(t *testing.T) {
	for _, d := range []wire.Dialect{wire.CBORv1, wire.JSONv1} {
		synctest.Test(t, func(t *testing.T) {
			var attempts []time.Duration
			start := time.Now()
			srv := testServer(ipc.ServerOptions{OnJoin: func(_ context.Context, p *ipc.Peer) error {
				if attempts = append(attempts, time.Since(start).Truncate(time.Minute)); len(attempts) == 2 || len(attempts) == 4 {
					return &ipc.Error{Code: code.RateLimited, Message: "one at a time", RetryAfter: time.Hour}
				}
				return nil
			}})
			var told []time.Duration
			cl, link := linked(t, srv, &ipc.ClientOptions{Dialect: d, Turn: func(context.Context) (func(error), error) {
				return func(err error) {
					var e *ipc.Error
					if errors.As(err, &e) {
						told = append(told, e.RetryAfter)
					}
				}, nil
			}})
			link.Cut()
			time.Sleep(2 * time.Hour)
			link.Cut()
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			if want := []time.Duration{0, 0, time.Hour, 2 * time.Hour, 3 * time.Hour}; !slices.Equal(attempts, want) || cl.State() != ipc.Ready {
				t.Errorf("%v: it came after %v, want %v", cl, attempts, want)
			}
			if want := []time.Duration{time.Hour, time.Hour}; !slices.Equal(told, want) {
				t.Errorf("it was told %v, want %v", told, want)
			}
		})
	}
}

func TestAPanicInAuthenticateOrKeysDenies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{
			Keys:         func(ipc.Identity) [][]byte { panic("secret detail") },
			Authenticate: func(context.Context, *ipc.Attempt) error { panic("secret detail") },
		})
		url := ipctest.Serve(t, srv)
		for method, opts := range map[string]ipc.ClientOptions{
			"hmac": {Secret: []byte("sesame")}, "token": {Token: "sesame"}, "none": {},
		} {
			if err := join(t, url, method, opts); !errors.Is(err, code.Denied) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", method, err)
			}
		}
	})
}

func TestAuthenticateHasUntilTheEndOfTheHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{Authenticate: func(ctx context.Context, a *ipc.Attempt) error {
			if a.Token != "slow" {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}})
		url := ipctest.Serve(t, srv)
		start := time.Now()
		slow := make(chan error)
		go func() {
			slow <- join(t, url, "slow", ipc.ClientOptions{Token: "slow", Limits: ipc.Limits{Identify: time.Hour}})
		}()
		synctest.Wait()
		if err := join(t, url, "quick", ipc.ClientOptions{Token: "quick"}); err != nil || time.Since(start) > 0 {
			t.Errorf("beside a slow one: %v after %v", err, time.Since(start))
		}
		if err := <-slow; !errors.Is(err, code.Deadline) || time.Since(start) != 10*time.Second {
			t.Errorf("the slow one: %v after %v", err, time.Since(start))
		}
	})
}

// Neither Close nor Shutdown waits for a hook that ignores everything.
func TestStuckHooksDoNotKeepTheServerOpen(t *testing.T) {
	end := map[string]func(*ipc.Server) error{
		"close":    (*ipc.Server).Close,
		"shutdown": func(srv *ipc.Server) error { return srv.Shutdown(context.Background()) },
	}
	for name, end := range end {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stuck := make(chan struct{})
				srv := testServer(ipc.ServerOptions{
					Authenticate: func(context.Context, *ipc.Attempt) error { <-stuck; return nil },
				})
				url := ipctest.Serve(t, srv)
				refused := make(chan error)
				go func() { refused <- join(t, url, "one", ipc.ClientOptions{Token: "t"}) }()
				synctest.Wait()
				start := time.Now()
				if err := end(srv); err != nil {
					t.Error(err)
				}
				if d := time.Since(start); d > time.Second {
					t.Errorf("it took %v", d)
				}
				if err := <-refused; err == nil {
					t.Error("the client was let in")
				}
				close(stuck)
			})
		})
	}
}

// OnLeave is told of everybody who joined, once, also when the connection ends
// while it is joining.
func TestOnLeaveIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var joined, left atomic.Int32
		srv := testServer(ipc.ServerOptions{
			OnJoin: func(_ context.Context, p *ipc.Peer) error {
				joined.Add(1)
				p.Close("while it joins")
				return nil
			},
			OnLeave: func(*ipc.Peer, error) { left.Add(1); panic("ignored") },
		})
		url := ipctest.Serve(t, srv)
		for i := range 3 {
			if err := join(t, url, fmt.Sprint(i), ipc.ClientOptions{}); err == nil {
				t.Error("a connection that was closed is ready")
			}
		}
		synctest.Wait()
		if joined.Load() != 3 || left.Load() != 3 || len(srv.Peers()) != 0 {
			t.Errorf("%d joined, %d left, %d are there", joined.Load(), left.Load(), len(srv.Peers()))
		}
	})
}

// H3: no packet makes the server believe that somebody joins or leaves. Those
// words are routes and topics like others, which nobody serves.
func TestLifecycleCannotBeFaked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var joined, left atomic.Int32
		srv := testServer(ipc.ServerOptions{
			Relay:      relayAll,
			MayPublish: func(*ipc.Peer, string, string) bool { return true },
			OnJoin:     func(context.Context, *ipc.Peer) error { joined.Add(1); return nil },
			OnLeave:    func(*ipc.Peer, error) { left.Add(1) },
		})
		p := joinScripted(t, srv)
		next := follow(t, srv.Watch(t.Context(), nil))
		if got := next(); got != "is there: bots/one map[]" {
			t.Fatalf("told %q", got)
		}
		for i, word := range []string{
			"join", "leave", "message", "client_connect", "client_disconnect", "OnJoin", "OnLeave", "on_connect",
			"ipc:join", "ipc:leave", "ipc:joined", "ipc:change", "Server.OnJoin",
		} {
			p.say(fmt.Sprintf(`{"kind":"notify","route":%q,"body":{"peer":"bots/two"}}`, word))
			p.say(fmt.Sprintf(`{"kind":"event","id":%d,"route":%q,"topic":%q,"body":{"peer":"bots/two"}}`, 4*i+1, word, "bots.two"))
			p.hear()
			p.say(fmt.Sprintf(`{"kind":"call","id":%d,"route":%q,"body":{"peer":"bots/two"}}`, 4*i+3, word))
			if got := p.hear(); !strings.HasPrefix(got, fmt.Sprintf(`{"kind":"error","id":%d,"code":"no_route"`, 4*i+3)) {
				t.Errorf("%s: %s", word, got)
			}
		}
		p.say(`{"kind":"call","id":101,"route":"ipc:metadata","body":{"seq":1,"metadata":{"peer.name":"two"}}}`)
		if got := p.hear(); !strings.Contains(got, `"code":"bad_request"`) {
			t.Errorf("another name: %s", got)
		}
		if got := next(); got != "nothing" || joined.Load() != 1 || left.Load() != 0 || len(srv.Peers()) != 1 {
			t.Errorf("told %q, %d joined, %d left, %v are there", got, joined.Load(), left.Load(), srv.Peers())
		}
	})
}

// W8: however a peer leaves, OnLeave is told once, with the reason, when the peer
// can no longer be called; a client that comes back joins again.
func TestOnLeaveSaysWhy(t *testing.T) {
	key := []byte("the second secret")
	type scene struct {
		srv  *ipc.Server
		cl   *ipc.Client
		link *ipctest.Link
		url  string
	}
	for how, test := range map[string]struct {
		leave func(t *testing.T, s scene)
		want  error
		back  bool // by itself
	}{
		"it is closed":         {func(_ *testing.T, s scene) { s.cl.Close() }, code.NotConnected, false},
		"it is cut off":        {func(_ *testing.T, s scene) { s.link.Cut() }, io.EOF, true},
		"it falls silent":      {func(_ *testing.T, s scene) { s.link.Freeze(); time.AfterFunc(time.Minute, s.link.Thaw) }, code.Silent, true},
		"it is sent away":      {func(_ *testing.T, s scene) { s.srv.Peer(s.cl.Identity()).Close("enough") }, code.Closed, false},
		"the server goes":      {func(_ *testing.T, s scene) { s.srv.Close() }, code.NotConnected, false},
		"it breaks the limits": {func(t *testing.T, s scene) { until(t, s.cl, limited("Test.Limited")) }, code.RateLimited, true},
		"it is replaced": {func(t *testing.T, s scene) {
			ipctest.Connect(t, ipc.NewClient(s.url, &ipc.ClientOptions{Identity: s.cl.Identity(), Override: key, Logger: quiet}))
		}, code.Duplicate, false},
	} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				joined, left := make(chan string, 10), make(chan error, 10)
				srv := testServer(ipc.ServerOptions{
					Override: key,
					OnJoin:   func(_ context.Context, p *ipc.Peer) error { joined <- p.ConnID(); return nil },
					OnLeave: func(p *ipc.Peer, cause error) {
						if how != "it is replaced" && p.Connected() {
							t.Error("it is connected")
						}
						if first := <-joined; p.ConnID() != first {
							t.Errorf("%s left, not %s", p.ConnID(), first)
						}
						left <- cause
					},
				})
				srv.Register(limited("Test.Limited", &ipc.Limit{Count: 1, Period: time.Hour, Disconnect: true}).Handle(handleEcho))
				cl, link := linked(t, srv, &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: "one"}})
				test.leave(t, scene{srv, cl, link, ipctest.Serve(t, srv)})
				if cause := <-left; !errors.Is(cause, test.want) {
					t.Errorf("because of %v", cause)
				}
				time.Sleep(5 * time.Minute)
				if len(left) != 0 || how != "it is replaced" && (len(joined) == 1) != test.back {
					t.Errorf("%d more have left, %d have joined", len(left), len(joined))
				}
			})
		})
	}
}

// Joining and leaving of one identity is told in turn, one after the other, so
// that an account of who is there is right: though the hooks take their time, a
// newcomer takes the identity over meanwhile, or a client comes back at once. A
// hook that takes for ever keeps nobody else out.
func TestOneLeavesBeforeTheNextJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := []byte("the second secret")
		var there, told atomic.Int32
		stuck := make(chan struct{})
		srv := testServer(ipc.ServerOptions{
			Override: key,
			OnJoin: func(_ context.Context, p *ipc.Peer) error {
				if p.Identity().Name == "one" && there.Add(1) != 1 {
					t.Error("it joins, and is there")
				}
				time.Sleep(3 * time.Second)
				return nil
			},
			OnLeave: func(p *ipc.Peer, _ error) {
				switch p.Identity().Name {
				case "stuck":
					<-stuck
				case "one":
					time.Sleep(3 * time.Second)
					told.Add(1)
					if there.Add(-1) != 0 {
						t.Error("it leaves, and is not there")
					}
				}
			},
		})
		url := ipctest.Serve(t, srv)
		_, link := linked(t, srv, &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: "one"}})
		for range 5 {
			link.Cut()
			time.Sleep(10 * time.Second) // it has come back, or is about to
		}
		time.Sleep(time.Minute)
		var newcomers sync.WaitGroup
		for i := range 5 {
			newcomers.Go(func() {
				time.Sleep(time.Duration(i) * time.Second)
				join(t, url, "one", ipc.ClientOptions{Override: key})
			})
		}
		newcomers.Wait()
		time.Sleep(time.Minute)
		if there.Load() != 1 || told.Load() < 6 || len(srv.Peers()) != 1 {
			t.Errorf("%d are there, %d have left, connected are %v", there.Load(), told.Load(), srv.Peers())
		}

		again, link := linked(t, srv, &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: "stuck"}})
		link.Cut()
		time.Sleep(time.Minute)
		if err := join(t, url, "other", ipc.ClientOptions{}); err != nil || again.State() == ipc.Ready {
			t.Errorf("another one: %v; the stuck one: %v", err, again)
		}
		close(stuck)
		time.Sleep(2 * time.Minute)
		if again.State() != ipc.Ready {
			t.Errorf("when it is no longer stuck: %v", again)
		}
		srv.Close()
		time.Sleep(time.Minute) // until the hooks have returned
	})
}
