package ipc_test

import (
	"context"
	"crypto/tls"
	"errors"
	"iter"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// What the application gives the caller's side runs on goroutines of the
// runtime, too. Where it panics the call fails, not the process.

// dying are ways to end a goroutine.
var dying = map[string]func(){
	"panic":  func() { panic("a bug") },
	"goexit": runtime.Goexit,
}

func TestInputsThatDie(t *testing.T) {
	for name, die := range dying {
		t.Run(name, func(t *testing.T) {
			pair(t, func(t *testing.T, _ *ipc.Server, cl *ipc.Client) {
				in := iter.Seq2[int, error](func(yield func(int, error) bool) {
					yield(1, nil)
					die()
				})
				if total, err := sum.Upload(t.Context(), cl, &noArgs{}, in); !errors.Is(err, code.Internal) || !errors.Is(err, ipc.ErrUnknownOutcome) {
					t.Errorf("the upload: %d, %v", total, err)
				}
				var last error
				for _, err := range twice.Duplex(t.Context(), cl, &noArgs{}, in) {
					last = err
				}
				if !errors.Is(last, code.Internal) {
					t.Errorf("the duplex stream ends with %v", last)
				}
				if _, err := echo.Call(t.Context(), cl, &textArgs{"alive"}); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestInterceptorsOfCallersThatDie(t *testing.T) {
	for name, die := range dying {
		t.Run(name, func(t *testing.T) {
			ic := on("die", func(context.Context, *ipc.Request, func(context.Context) error) error { die(); return nil })
			intercepted(t, []ipc.Interceptor{ic}, []ipc.Interceptor{ic}, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
				if got, err := echo.Start(t.Context(), cl, &textArgs{"die"}).Wait(t.Context()); asError(err) == nil {
					t.Errorf("the future: %q, %v", got, err)
				}
				for range 3 {
					another := ipc.NewClient(ipctest.Serve(t, srv), nil)
					serveAll(another)
					ipctest.Connect(t, another)
				}
				asked := 0
				for r := range echo.Gather(t.Context(), srv.All(nil).Parallel(1), &textArgs{"die"}) {
					if asked++; asError(r.Err) == nil || r.From.Group == "" {
						t.Errorf("%v replies %q, %v", r.From, r.Value, r.Err)
					}
				}
				if asked != 4 {
					t.Errorf("%d of four were asked", asked)
				}
			})
		})
	}
}

func asError(err error) (e *ipc.Error) {
	errors.As(err, &e)
	return e
}

func TestOnStateThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []ipc.State
		opts := &ipc.ClientOptions{OnState: func(_, to ipc.State) {
			told = append(told, to)
			panic("a bug")
		}}
		cl, link := linked(t, testServer(ipc.ServerOptions{}), opts)
		link.Cut()
		time.Sleep(time.Minute)
		if _, err := echo.Call(t.Context(), cl, &textArgs{"alive"}); err != nil {
			t.Error(err)
		}
		cl.Close()
		if len(told) < 5 || told[len(told)-1] != ipc.Closed {
			t.Errorf("it was told %v", told)
		}
	})
}

func TestTurnsThatPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, over := 0, 0
		url := ipctest.Serve(t, testServer(ipc.ServerOptions{}))
		cl := ipc.NewClient(url, &ipc.ClientOptions{Logger: quiet, Turn: func(context.Context) (func(error), error) {
			if turns++; turns == 1 {
				panic("a bug")
			}
			return func(error) { over++; panic("another") }, nil
		}})
		defer cl.Close()
		if err := cl.Connect(t.Context()); !errors.Is(err, ipc.ErrNotSent) || !strings.Contains(err.Error(), "a bug") {
			t.Errorf("the turn that panics: %v", err)
		}
		if err := cl.Connect(t.Context()); err != nil || over != 1 {
			t.Errorf("the next one: %v, %d are over", err, over)
		}
	})
}

func TestDialsThatDoNotDial(t *testing.T) {
	for says, dial := range map[string]func() (transport.Conn, error){
		"a bug":                             func() (transport.Conn, error) { panic("a bug") },
		"neither a connection nor an error": func() (transport.Conn, error) { return nil, nil },
	} {
		synctest.Test(t, func(t *testing.T) {
			dials := 0
			link := ipctest.NewLink(ipctest.Serve(t, testServer(ipc.ServerOptions{})))
			cl := ipc.NewClient("", &ipc.ClientOptions{Logger: quiet, Dial: func(ctx context.Context, o *transport.Options) (transport.Conn, error) {
				if dials++; dials%2 == 1 {
					return dial()
				}
				return link.Dial(ctx, o)
			}})
			defer cl.Close()
			if err := cl.Connect(t.Context()); !errors.Is(err, ipc.ErrNotSent) || !strings.Contains(err.Error(), says) || cl.State() != ipc.Idle {
				t.Errorf("the first dial: %v, and the client is %v", err, cl.State())
			}
			if err := cl.Connect(t.Context()); err != nil {
				t.Errorf("the second one: %v", err)
			}
			link.Cut() // the third one is the runtime's own
			time.Sleep(time.Minute)
			if cl.State() != ipc.Ready || dials != 4 {
				t.Errorf("after the fourth: %v, %d dials", cl.State(), dials)
			}
		})
	}
}

// The application is asked on goroutines of the transport's callers, too.
func TestTLSCallbacksThatPanic(t *testing.T) {
	noLeaks(t)
	srv := testServer(ipc.ServerOptions{Insecure: true, TLS: &tls.Config{
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { panic("a bug") },
	}})
	url := serveAt(t, srv, "tls://127.0.0.1:0")
	for range 2 {
		if cl, err := ipc.Dial(t.Context(), url, &ipc.ClientOptions{Logger: quiet}); err == nil {
			cl.Close()
			t.Error("the client was let in")
		}
	}
}

// What the options of a server ask and tell while it serves.
func TestServerCallbacksThatPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := map[string]int{}
		var mu sync.Mutex
		ask := func(what string) {
			mu.Lock()
			asked[what]++
			mu.Unlock()
			panic("a bug")
		}
		srv := testServer(ipc.ServerOptions{
			Relay:        func(_, _ *ipc.Peer, _ string) error { ask("Relay"); return nil },
			OnChange:     func(*ipc.Peer, query.Metadata) { ask("OnChange") },
			MayPublish:   func(*ipc.Peer, string, string) bool { ask("MayPublish"); return true },
			MaySubscribe: func(*ipc.Peer, string, string) bool { ask("MaySubscribe"); return true },
			OnPacket:     func(*ipc.Peer, *wire.Packet) { ask("OnPacket") },
			OnLeave:      func(*ipc.Peer, error) { ask("OnLeave") },
		})
		url := ipctest.Serve(t, srv)
		cl := ipc.NewClient(url, &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: "one"}, Logger: quiet})
		ipctest.Connect(t, cl)
		other := ipc.NewClient(url, &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: "two"}, Logger: quiet})
		ipctest.Connect(t, other)
		if _, err := cl.SetMetadata(t.Context(), query.Metadata{"load": 1}); err != nil {
			t.Error(err)
		}
		_, subscribed := cl.Subscribe(t.Context(), "room.go", new(ear).handlers()...)
		_, relayed := echo.Call(t.Context(), cl.Peer(other.Identity()), &textArgs{"no"})
		published := posted.Publish(t.Context(), cl, &postedArgs{"go", "no"})
		for what, err := range map[string]error{"subscribe": subscribed, "relay": relayed, "publish": published} {
			if !errors.Is(err, code.Denied) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := echo.Call(t.Context(), cl, &textArgs{"alive"}); err != nil {
			t.Error(err)
		}
		cl.Close()
		synctest.Wait()
		for _, what := range []string{"Relay", "OnChange", "MayPublish", "MaySubscribe", "OnPacket", "OnLeave"} {
			if asked[what] == 0 {
				t.Errorf("%s was not asked", what)
			}
		}
	})
}

func TestAwaitOfASequenceThatPanics(t *testing.T) {
	seq := iter.Seq2[int, error](func(func(int, error) bool) { panic("a bug") })
	if _, err := ipc.Await(t.Context(), seq, nil); err == nil || !strings.Contains(err.Error(), "a bug") {
		t.Errorf("the error: %v", err)
	}
}
