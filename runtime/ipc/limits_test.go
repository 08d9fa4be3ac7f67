package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// What strangers and peers may take, and what becomes of those who want more.

// Who connects and says nothing keeps nobody out, and is gone after ten seconds.
func TestSilentStrangersMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, url := secured(t, ipc.ServerOptions{Limits: ipc.Limits{Unidentified: 4}}, nil)
		n := moveIn(t, url)
		defer n.moveOut()
		var silent []*stranger
		for range 20 {
			silent = append(silent, meet(t, url, wire.CBORv1))
			silent[len(silent)-1].talk(hearChallenge)
		}
		start := time.Now()
		good := meet(t, url, wire.CBORv1)
		good.talk(identified, alive(1))
		if d := time.Since(start); d > time.Second {
			t.Errorf("it took %v to get in", d)
		}
		for _, s := range silent[:17] {
			s.talk(hearEnd(3003))
		}
		for _, s := range silent[17:] {
			s.talk(hearEnd(3004))
		}
		if d := time.Since(start); d > 11*time.Second {
			t.Errorf("the last silent one stayed for %v", d)
		}
		if len(srv.Peers()) != 2 {
			t.Errorf("who is there: %v", srv.Peers())
		}
		n.undisturbed(1)
	})
}

// A full server takes the next client when one leaves.
func TestConnectionsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{Limits: ipc.Limits{Connections: 2}})
		url := ipctest.Serve(t, srv)
		one := ipc.NewClient(url, nil)
		ipctest.Connect(t, one)
		ipctest.Connect(t, ipc.NewClient(url, nil))
		if _, err := ipc.Dial(t.Context(), url, nil); !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("the third: %v", err)
		}
		one.Close()
		synctest.Wait()
		ipctest.Connect(t, ipc.NewClient(url, nil))
	})
}

// Those who come at the same moment do not get in beyond the limit.
func TestConnectionsAreLimitedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(context.Context, *ipc.Peer) error { time.Sleep(time.Second); return nil }
		srv := testServer(ipc.ServerOptions{OnJoin: slow, Limits: ipc.Limits{Connections: 3}})
		url := ipctest.Serve(t, srv)
		results := make(chan error)
		for i := range 10 {
			go func() { results <- join(t, url, fmt.Sprint("bot-", i), ipc.ClientOptions{}) }()
		}
		joined := 0
		for range 10 {
			err := <-results
			switch {
			case err == nil:
				joined++
			case !errors.Is(err, ipc.ErrNotSent):
				t.Error(err)
			}
		}
		if joined != 3 || len(srv.Peers()) != 3 {
			t.Errorf("%d joined, %d are there", joined, len(srv.Peers()))
		}
	})
}

// Calls beyond the limit are refused at once; those that run go on.
func TestCallFlood(t *testing.T) {
	const running, calls = 16, 1000
	scene(t, ipc.ServerOptions{Limits: ipc.Limits{Running: running}}, nil, identified,
		func(s *stranger) {
			var all []spoken
			for i := range calls {
				all = append(all, call(uint64(2*i+1), "Test.Block", empty))
			}
			s.talk(say(all...))
			for range calls - running {
				if p, ok := s.next(); !ok || p.Kind != wire.KindError || p.Code != string(code.Overloaded) || p.Ran {
					s.fatalf("instead of a refusal: %+v", p)
				}
			}
		}, hearNothing,
		say(call(5001, "Test.Echo", text("a"))), hearRefusal(5001, code.Overloaded),
		flood(running, func(i int) []spoken { return []spoken{about(wire.KindCancel, uint64(2*i+1))} }),
		pause(time.Millisecond), alive(6001))
}

// A process has a limit, too, of which no peer can take all.
func TestCallFloodOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, url := secured(t, ipc.ServerOptions{Limits: ipc.Limits{Running: 10, RunningTotal: 25}}, nil)
		refused := 0
		var peers []*stranger
		for i := range 4 {
			s := meet(t, url, wire.CBORv1)
			peers = append(peers, s)
			s.talk(hearChallenge, as("strangers", fmt.Sprint(i), canary, nil), hearWelcome)
			for i := range 10 {
				s.talk(say(call(uint64(2*i+1), "Test.Block", empty)), pause(time.Millisecond))
			}
			s.talk(say(about(wire.KindPing, 1)))
			for p, _ := s.next(); p.Kind != wire.KindPong; p, _ = s.next() {
				refused++
			}
		}
		if refused != 15 {
			t.Errorf("%d of 40 calls were refused, want 15", refused)
		}
		peers[0].talk(hangUp)
		synctest.Wait()
		peers[1].talk(say(call(101, "Test.Block", empty)), pause(time.Millisecond), hear(wire.KindError, 101, nil)) // its own ten
		peers[3].talk(say(call(101, "Test.Block", empty)), pause(time.Millisecond), hearNothing)
	})
}

// Calls that are cancelled at once leave nothing behind.
func TestCallAndCancel(t *testing.T) {
	var running, most atomic.Int32
	hang := method[noArgs, string]("Test.Hang", ipc.KindCall)
	serve := func(srv *ipc.Server) {
		srv.Register(hang.Handle(func(ctx context.Context, _ *noArgs) (string, error) {
			n := running.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			defer running.Add(-1)
			<-ctx.Done()
			return "", ctx.Err()
		}))
	}
	const limit = 32
	scene(t, ipc.ServerOptions{Limits: ipc.Limits{Running: limit}}, serve, identified,
		flood(10_000, func(i int) []spoken {
			id := uint64(2*i + 1)
			return []spoken{call(id, "Test.Hang", empty), about(wire.KindCancel, id)}
		}),
		pause(time.Second),
		func(s *stranger) {
			s.talk(say(about(wire.KindPing, 1)))
			for p, _ := s.next(); p.Kind != wire.KindPong; p, _ = s.next() {
				if p.Kind != wire.KindError || p.Code != string(code.Overloaded) || p.Ran {
					s.fatalf("instead of a refusal: %+v", p)
				}
			}
			if n, m := running.Load(), most.Load(); n != 0 || m > limit+1 {
				s.fatalf("%d are running, at most %d were", n, m)
			}
		}, alive(30_001))
}

// Notifications beyond the limit are dropped; those that are not, are handled in order.
func TestNotificationFlood(t *testing.T) {
	const limit, sent, size = 50, 80, 64 << 10
	type noteArgs struct {
		N    int
		Body []byte
	}
	var release chan struct{}
	var got []int
	slow := method[noteArgs, struct{}]("Test.SlowNote", ipc.KindNotify)
	serve := func(srv *ipc.Server) {
		release, got = make(chan struct{}), nil
		srv.Register(slow.HandleNotify(func(_ context.Context, a *noteArgs) error {
			<-release
			got = append(got, a.N)
			return nil
		}))
	}
	scene(t, ipc.ServerOptions{Limits: ipc.Limits{Notifications: limit}}, serve, identified,
		say(notify("Test.SlowNote", map[string]any{"N": 0, "Body": nil})), pause(time.Millisecond),
		func(s *stranger) {
			before := heap()
			flood(sent, func(i int) []spoken {
				return []spoken{notify("Test.SlowNote", map[string]any{"N": i + 1, "Body": make([]byte, size)})}
			})(s)
			hearNothing(s)
			if grown := heap() - before; grown > 2<<20 {
				s.fatalf("%d KiB are held for a handler that does not read", grown>>10)
			}
			close(release)
			synctest.Wait()
			if len(got) < 2 || len(got) > limit+1 {
				s.fatalf("%d were handled", len(got))
			}
			for i, n := range got {
				if n != i {
					s.fatalf("%d came at place %d", n, i)
				}
			}
		}, alive(1))
}

// heap returns how much is in use.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// Streams beyond the limit are refused; an open one takes no place of a call.
func TestStreamFlood(t *testing.T) {
	const limit = 8
	scene(t, ipc.ServerOptions{Limits: ipc.Limits{Streams: limit, Running: 4}}, nil, identified,
		flood(limit, func(i int) []spoken { return []spoken{call(uint64(2*i+1), "Test.Sum", empty)} }),
		func(s *stranger) {
			for i := range limit {
				hear(wire.KindCredit, uint64(2*i+1), nil)(s)
			}
		},
		say(call(101, "Test.Sum", empty)), hearRefusal(101, code.Overloaded),
		alive(103),
		say(about(wire.KindCancel, 1)), pause(time.Millisecond),
		say(call(105, "Test.Sum", empty)), hear(wire.KindCredit, 105, nil), hearNothing)
}

// H6: a peer that does not read what it asked for is closed as slow after ten
// seconds, and what waits for it is bounded; nobody else waits for it.
func TestAPeerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := make(chan error, 1)
		_, url := secured(t, ipc.ServerOptions{OnLeave: func(p *ipc.Peer, cause error) {
			if p.Identity().Name == "deaf" {
				left <- cause
			}
		}}, nil)
		n := moveIn(t, url)
		defer n.moveOut()
		deaf := meetDeaf(t, url, wire.CBORv1)
		deaf.talk(hearChallenge, as("strangers", "deaf", canary, nil), hearWelcome)
		before, start := heap(), time.Now()
		big := encode(wire.CBORv1, text(string(make([]byte, 512<<10))))
		deaf.talk(flood(200, func(i int) []spoken { // 100 MiB of answers
			return []spoken{packet{Kind: wire.KindCall, ID: uint64(2*i + 1), Route: "Test.Echo", Body: big}.of}
		}))
		if grown := heap() - before; grown > 90<<20 {
			t.Errorf("%d MiB wait for it", grown>>20)
		}
		n.undisturbed(1)
		if cause := <-left; !errors.Is(cause, code.Slow) {
			t.Errorf("it was closed because of %v", cause)
		}
		if d := time.Since(start); d < 10*time.Second || d > 11*time.Second {
			t.Errorf("it was closed after %v", d)
		}
		n.undisturbed(2)
	})
}
