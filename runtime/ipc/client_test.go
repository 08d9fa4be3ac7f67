package ipc_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/transport"
)

func TestOnStateMayCloseTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cl *ipc.Client
		link := ipctest.NewLink(ipctest.Serve(t, testServer(ipc.ServerOptions{})))
		cl = ipc.NewClient("mem:link", &ipc.ClientOptions{Dial: link.Dial, Logger: quiet, OnState: func(_, to ipc.State) {
			if to == ipc.Waiting {
				cl.Close()
			}
		}})
		ipctest.Connect(t, cl)
		link.Cut()
		<-cl.Done()
		if cl.State() != ipc.Closed || cl.Err() != nil {
			t.Errorf("state %v, %v", cl.State(), cl.Err())
		}
	})
}

func TestConnectTwiceAtOnceConnectsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		url := ipctest.Serve(t, testServer(ipc.ServerOptions{}))
		var dials atomic.Int32
		cl := ipc.NewClient("mem:link", &ipc.ClientOptions{Logger: quiet, Dial: func(ctx context.Context, o *transport.Options) (transport.Conn, error) {
			dials.Add(1)
			return transport.Dial(ctx, url, o)
		}})
		defer cl.Close()
		results := make(chan error)
		for range 10 {
			go func() { results <- cl.Connect(t.Context()) }()
		}
		connected := 0
		for range 10 {
			if <-results == nil {
				connected++
			}
		}
		if connected != 1 || dials.Load() != 1 {
			t.Errorf("%d of ten Connects succeeded, with %d dials", connected, dials.Load())
		}
	})
}

// What the server calls right after the welcome may call back.
func TestHandlersMayCallBackBeforeTheClientIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replies := make(chan error, 100)
		srv := testServer(ipc.ServerOptions{OnJoin: func(_ context.Context, p *ipc.Peer) error {
			go func() {
				got, err := relay.Call(context.Background(), p, &textArgs{"hello"})
				if err == nil && got != "hello" {
					err = errors.New("relayed " + got)
				}
				replies <- err
			}()
			return nil
		}})
		_, link := linked(t, srv, &ipc.ClientOptions{})
		for i := range 20 {
			if err := <-replies; err != nil {
				t.Fatalf("connection %d: %v", i, err)
			}
			link.Cut()
		}
		<-replies
	})
}

// K1: a client is ready when Dial returns, and its end is told to everybody who
// waits for it, once and for good, whoever made it.
func TestTheEndOfAClient(t *testing.T) {
	for name, test := range map[string]struct {
		end func(srv *ipc.Server, cl *ipc.Client)
		why error
	}{
		"closed":    {func(_ *ipc.Server, cl *ipc.Client) { cl.Close() }, nil},
		"sent away": {func(srv *ipc.Server, cl *ipc.Client) { srv.Peer(cl.Identity()).Close("enough") }, code.Closed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := testServer(ipc.ServerOptions{})
				cl, err := ipc.Dial(t.Context(), ipctest.Serve(t, srv), &ipc.ClientOptions{Logger: quiet})
				if err != nil || cl.State() != ipc.Ready || !srv.Peer(cl.Identity()).Connected() {
					t.Fatalf("%v, %v", cl, err)
				}
				select {
				case <-cl.Done():
					t.Error("it is done")
				default:
				}
				pending := block.Start(t.Context(), cl, &noArgs{})
				synctest.Wait()
				test.end(srv, cl)
				<-cl.Done()
				if _, err := pending.Wait(t.Context()); !errors.Is(err, ipc.ErrUnknownOutcome) {
					t.Errorf("a call under way: %v", err)
				}
				time.Sleep(time.Hour)
				if err := cl.Err(); cl.State() != ipc.Closed || !errors.Is(err, test.why) {
					t.Errorf("%v, because of %v", cl.State(), err)
				}
				for range 2 {
					if err := cl.Close(); err != nil {
						t.Errorf("closed again: %v", err)
					}
				}
				if err := cl.Connect(t.Context()); !errors.Is(err, code.Closed) {
					t.Errorf("connected again: %v", err)
				}
				if len(srv.Peers()) != 0 {
					t.Errorf("there are still %v", srv.Peers())
				}
			})
		})
	}
}

// K2: how far the peer is is not known before it has answered a ping, nor
// without a connection.
func TestLatencyIsUnknownAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		cl, link := linked(t, srv, &ipc.ClientOptions{})
		ends := map[string]*ipc.Peer{"client": cl.Server(), "server": srv.Peer(cl.Identity())}
		check := func(when string, want bool) {
			t.Helper()
			for side, p := range ends {
				if d, ok := p.Latency(); ok != want || !ok && d != 0 {
					t.Errorf("%s, at the %s: %v, %v", when, side, d, ok)
				}
			}
		}
		check("at first", false)
		time.Sleep(17 * time.Second)
		check("after a ping", true)
		link.Down()
		synctest.Wait()
		check("without a connection", false)
	})
}

// ledger is when something happened.
type ledger struct {
	mu sync.Mutex
	at []time.Time
}

func (l *ledger) note() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = append(l.at, time.Now())
}

// pauses returns what lies between, since start, and forgets it.
func (l *ledger) pauses(start time.Time) (pauses []time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, at := range l.at {
		pauses = append(pauses, at.Sub(start))
		start = at
	}
	l.at = nil
	return pauses
}

// K9: a client that cannot connect waits longer and longer, up to half a minute,
// each for a time of its own, and never gives up; after a while with a
// connection it begins anew with short waits.
func TestPausesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		one, two := new(ledger), new(ledger)
		client := func(l *ledger) (*ipc.Client, *ipctest.Link) {
			link := ipctest.NewLink(ipctest.Serve(t, srv))
			cl := ipc.NewClient("mem:link", &ipc.ClientOptions{Logger: quiet, Dial: func(ctx context.Context, o *transport.Options) (transport.Conn, error) {
				l.note()
				return link.Dial(ctx, o)
			}})
			ipctest.Connect(t, cl)
			return cl, link
		}
		first, nearby := client(one)
		second, distant := client(two)
		for day := range 2 { // the second begins as the first
			time.Sleep(time.Minute)
			one.pauses(time.Now())
			two.pauses(time.Now())
			start := time.Now()
			nearby.Down()
			distant.Down()
			time.Sleep(24 * time.Hour)
			pauses, others := one.pauses(start), two.pauses(start)
			for i, pause := range pauses {
				if most := min(200*time.Millisecond<<min(i, 10), 30*time.Second); pause > most {
					t.Errorf("day %d: pause %d is %v, at most %v are allowed", day, i, pause, most)
				}
			}
			if n, longest := len(pauses), slices.Max(pauses); n < 24*120 || n > 24*500 || longest < 20*time.Second {
				t.Errorf("day %d: %d attempts, %v the longest pause", day, n, longest)
			}
			if slices.Equal(pauses[:8], others[:8]) {
				t.Errorf("day %d: two clients come back together: %v", day, pauses[:8])
			}
			nearby.Up()
			distant.Up()
			time.Sleep(time.Minute)
			if first.State() != ipc.Ready || second.State() != ipc.Ready {
				t.Errorf("after day %d: %v, %v", day, first, second)
			}
		}
	})
}
