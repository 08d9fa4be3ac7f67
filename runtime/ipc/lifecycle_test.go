package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strings"
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

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// linked returns a client that reaches srv over a link that can fail.
func linked(t *testing.T, srv *ipc.Server, opts *ipc.ClientOptions) (*ipc.Client, *ipctest.Link) {
	t.Helper()
	link := ipctest.NewLink(ipctest.Serve(t, srv))
	opts.Dial, opts.Logger = link.Dial, quiet
	cl := ipc.NewClient("mem:link", opts)
	serveAll(cl)
	ipctest.Connect(t, cl)
	return cl, link
}

func testServer(opts ipc.ServerOptions) *ipc.Server {
	opts.Logger = quiet
	srv := ipc.NewServer(&opts)
	serveAll(srv)
	return srv
}

// Z7, W10, S10: a client that loses its connection makes another, and says so.
func TestClientComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var states []string
		joined, left := make(chan *ipc.Peer, 10), make(chan error, 10)
		srv := testServer(ipc.ServerOptions{
			OnJoin:  func(_ context.Context, p *ipc.Peer) error { joined <- p; return nil },
			OnLeave: func(p *ipc.Peer, cause error) { left <- cause },
		})
		cl, link := linked(t, srv, &ipc.ClientOptions{
			Identity: ipc.Identity{Group: "bots", Name: "one"},
			OnState: func(from, to ipc.State) {
				mu.Lock()
				defer mu.Unlock()
				states = append(states, fmt.Sprintf("%v-%v", from, to))
			},
		})
		<-joined
		f := block.Start(t.Context(), cl, &noArgs{})
		synctest.Wait()

		link.Down()
		if cause := <-left; cause == nil {
			t.Error("OnLeave was not told why")
		}
		if _, err := f.Wait(t.Context()); !errors.Is(err, ipc.ErrUnknownOutcome) || !errors.Is(err, code.Lost) {
			t.Errorf("call under way: %v", err)
		}
		if _, err := echo.Call(t.Context(), cl, &textArgs{}); !errors.Is(err, code.NotConnected) || !errors.Is(err, ipc.ErrNotSent) || !strings.Contains(err.Error(), "read") {
			t.Errorf("call while away: %v", err)
		}
		time.Sleep(5 * time.Minute)
		if cl.State() == ipc.Ready || cl.State() == ipc.Closed {
			t.Errorf("state while the link is down: %v", cl.State())
		}
		link.Up()
		p := <-joined
		synctest.Wait()
		if got, err := echo.Call(t.Context(), cl, &textArgs{"again"}); got != "again" || err != nil {
			t.Errorf("call after: %q, %v", got, err)
		}
		if got, err := echo.Call(t.Context(), p, &textArgs{"again"}); got != "again" || err != nil {
			t.Errorf("call of the server after: %q, %v", got, err)
		}
		mu.Lock()
		defer mu.Unlock()
		if states[0] != "idle-connecting" || states[1] != "connecting-ready" || states[len(states)-1] != "connecting-ready" {
			t.Errorf("states: %v", states)
		}
	})
}

func TestAGivenNameIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		cl, link := linked(t, srv, &ipc.ClientOptions{})
		before := cl.Identity()
		link.Cut()
		time.Sleep(time.Minute)
		if after := cl.Identity(); before.Name == "" || after != before || cl.State() != ipc.Ready {
			t.Errorf("%v before, %v after, %v", before, after, cl.State())
		}
	})
}

func TestIdempotentCallsSurviveALostConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int32
		again := &ipc.Method[textArgs, string]{Route: &ipc.Route{Name: "Test.Again", Idempotent: true, Timeout: time.Minute}}
		once := &ipc.Method[textArgs, string]{Route: &ipc.Route{Name: "Test.Once"}}
		slow := func(ctx context.Context, a *textArgs) (string, error) {
			runs.Add(1)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
			return "done", nil
		}
		srv := testServer(ipc.ServerOptions{})
		srv.Register(again.Handle(slow), once.Handle(slow))
		cl, link := linked(t, srv, &ipc.ClientOptions{})
		time.AfterFunc(500*time.Millisecond, link.Cut)
		if got, err := again.Call(t.Context(), cl, &textArgs{}); got != "done" || err != nil || runs.Load() != 2 {
			t.Errorf("idempotent: %q, %v after %d runs", got, err, runs.Load())
		}
		runs.Store(0)
		time.AfterFunc(500*time.Millisecond, link.Cut)
		if _, err := once.Call(t.Context(), cl, &textArgs{}); !errors.Is(err, ipc.ErrUnknownOutcome) || runs.Load() != 1 {
			t.Errorf("not idempotent: %v after %d runs", err, runs.Load())
		}
	})
}

func TestSilenceIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := make(chan error, 1)
		srv := testServer(ipc.ServerOptions{OnLeave: func(_ *ipc.Peer, cause error) { left <- cause }})
		cl, link := linked(t, srv, &ipc.ClientOptions{})
		time.Sleep(time.Hour) // idle, but alive
		if cl.State() != ipc.Ready {
			t.Fatalf("state after an idle hour: %v", cl.State())
		}
		if d, ok := cl.Server().Latency(); !ok || d < 0 {
			t.Errorf("latency: %v, %v", d, ok)
		}
		link.Freeze()
		start := time.Now()
		f := block.Start(t.Context(), cl, &noArgs{})
		time.AfterFunc(time.Minute, link.Thaw) // when both have noticed
		if cause := <-left; !errors.Is(cause, code.Silent) {
			t.Errorf("the server gave up because of %v", cause)
		}
		if d := time.Since(start); d < 20*time.Second || d > 52*time.Second {
			t.Errorf("the server noticed after %v", d)
		}
		if _, err := f.Wait(t.Context()); !errors.Is(err, ipc.ErrUnknownOutcome) {
			t.Errorf("call into the void: %v", err)
		}
		time.Sleep(time.Minute)
		if got, err := echo.Call(t.Context(), cl, &textArgs{"healed"}); got != "healed" || err != nil {
			t.Errorf("after: %q, %v", got, err)
		}
	})
}

func TestBrokenStreamsAreNotTakenForCompleteOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		cl, link := linked(t, srv, &ipc.ClientOptions{NoReconnect: true})
		var last error
		n := 0
		for _, err := range count.Stream(t.Context(), cl, &countArgs{1 << 30}) {
			if last = err; err == nil {
				n++
			}
			if n == 100 {
				link.Cut()
			}
		}
		if last == nil || n < 100 {
			t.Errorf("a cut stream ended with %v after %d items", last, n)
		}
	})
}

func TestLeavingAStreamEndsItsProducer(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		ended := make(chan error, 1)
		forever := method[noArgs, int]("Test.Forever", ipc.KindStream)
		srv.Register(forever.HandleStream(func(ctx context.Context, _ *noArgs) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) {
				i := 0
				for yield(i, nil) {
					i++
				}
				ended <- ctx.Err()
			}
		}))
		seq := forever.Stream(t.Context(), cl, &noArgs{})
		for n := range seq {
			if n == 1000 {
				break
			}
		}
		if err := <-ended; err == nil {
			t.Error("the context of the producer goes on")
		}
		for _, err := range seq {
			if err == nil {
				t.Error("a sequence was ranged twice")
			}
		}
	})
}

func TestASlowConsumerStopsItsOwnProducerOnly(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		var produced atomic.Int32
		busy := method[noArgs, []byte]("Test.Busy", ipc.KindStream)
		srv.Register(busy.HandleStream(func(ctx context.Context, _ *noArgs) iter.Seq2[[]byte, error] {
			return func(yield func([]byte, error) bool) {
				for yield(make([]byte, 1<<10), nil) {
					produced.Add(1)
				}
			}
		}))
		for _, err := range busy.Stream(t.Context(), cl, &noArgs{}) {
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute) // it never asks for the second item
			synctest.Wait()
			if n := produced.Load(); n > 400 {
				t.Errorf("%d items were produced for a consumer of one", n)
			}
			if got, err := echo.Call(t.Context(), cl, &textArgs{"beside"}); got != "beside" || err != nil {
				t.Errorf("a call beside the stream: %q, %v", got, err)
			}
			n := 0
			for range count.Stream(t.Context(), cl, &countArgs{500}) {
				n++
			}
			if n != 500 {
				t.Errorf("a stream beside the stream: %d items", n)
			}
			break
		}
	})
}

func TestInputErrorsEndBothSides(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		heard := make(chan error, 1)
		gulp := inputMethod[noArgs, int, int]("Test.Gulp", ipc.KindUpload)
		srv.Register(gulp.HandleUpload(func(_ context.Context, _ *noArgs, in iter.Seq2[int, error]) (n int, err error) {
			for _, err = range in {
				n++
			}
			heard <- err
			return n, err
		}))
		broken := func(yield func(int, error) bool) {
			_ = yield(1, nil) && yield(2, nil) && yield(0, errEmpty)
		}
		if _, err := gulp.Upload(t.Context(), cl, &noArgs{}, broken); !errors.Is(err, errEmpty) {
			t.Errorf("the uploader: %v", err)
		}
		if err := <-heard; err == nil {
			t.Error("the handler took a broken input for a complete one")
		}
		early := inputMethod[noArgs, int, string]("Test.Early", ipc.KindUpload)
		srv.Register(early.HandleUpload(func(context.Context, *noArgs, iter.Seq2[int, error]) (string, error) {
			return "enough", nil
		}))
		if got, err := early.Upload(t.Context(), cl, &noArgs{}, upTo(1<<30)); got != "enough" || err != nil {
			t.Errorf("a handler that does not read on: %q, %v", got, err)
		}
	})
}

func TestDuplicateIdentities(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		opts := ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: "one"}}
		first, link := linked(t, srv, &opts)
		second := ipc.NewClient("mem:link", &opts)
		if err := second.Connect(t.Context()); !errors.Is(err, code.Duplicate) {
			t.Fatalf("while the holder is alive: %v", err)
		}
		if got, err := echo.Call(t.Context(), first, &textArgs{"mine"}); got != "mine" || err != nil {
			t.Errorf("the holder afterwards: %q, %v", got, err)
		}
		link.Freeze() // the holder is half open
		link.Thaw()
		start := time.Now()
		ipctest.Connect(t, second)
		if d := time.Since(start); d > 2500*time.Millisecond {
			t.Errorf("taking over took %v", d)
		}
		if got, err := echo.Call(t.Context(), second, &textArgs{"mine now"}); got != "mine now" || err != nil {
			t.Errorf("the newcomer: %q, %v", got, err)
		}
	})
}

// Z6: a client that is sent away knows why, and stays away.
func TestPeerCloseIsForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		cl, _ := linked(t, srv, &ipc.ClientOptions{})
		srv.Peers()[0].Close("go away")
		<-cl.Done()
		if err := cl.Err(); !errors.Is(err, code.Closed) || !strings.Contains(err.Error(), "go away") {
			t.Errorf("why: %v", err)
		}
		if _, err := echo.Call(t.Context(), cl, &textArgs{}); !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("a call afterwards: %v", err)
		}
		if len(srv.Peers()) != 0 {
			t.Error("the peer is still there")
		}
	})
}

func TestShutdownLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		slow := method[noArgs, string]("Test.Slow", ipc.KindCall)
		stuck := method[noArgs, string]("Test.Stuck", ipc.KindCall)
		srv.Register(
			slow.Handle(func(context.Context, *noArgs) (string, error) { time.Sleep(10 * time.Second); return "finished", nil }),
			stuck.Handle(func(context.Context, *noArgs) (string, error) { time.Sleep(time.Hour); return "", nil }),
		)
		cl, _ := linked(t, srv, &ipc.ClientOptions{})
		finishes, waits, ignores := slow.Start(t.Context(), cl, &noArgs{}), block.Start(t.Context(), cl, &noArgs{}), stuck.Start(t.Context(), cl, &noArgs{})
		time.Sleep(time.Second)

		down := make(chan error)
		start := time.Now()
		go func() { down <- srv.Shutdown(context.Background()) }()
		synctest.Wait()
		if _, err := echo.Call(t.Context(), cl, &textArgs{}); !errors.Is(err, code.Draining) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("a new call: %v", err)
		}
		if err := note.Notify(t.Context(), cl, &countArgs{}); !errors.Is(err, code.Draining) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("a new notification: %v", err)
		}
		if got, err := finishes.Wait(t.Context()); got != "finished" || err != nil {
			t.Errorf("a running call: %q, %v", got, err)
		}
		if _, err := waits.Wait(t.Context()); err == nil || errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("a call that waits for its context: %v", err)
		}
		err := <-down
		if err == nil || !strings.Contains(err.Error(), "Test.Stuck") || strings.Contains(err.Error(), "Test.Block") {
			t.Errorf("shutdown: %v", err)
		}
		if d := time.Since(start); d > 33*time.Second {
			t.Errorf("shutdown took %v", d)
		}
		if _, err := ignores.Wait(t.Context()); !errors.Is(err, ipc.ErrUnknownOutcome) {
			t.Errorf("the call that ignores its context: %v", err)
		}
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Errorf("shutdown again: %v", err)
		}
		if err := srv.ListenAndServe(t.Context(), "mem:again"); !errors.Is(err, code.Closed) {
			t.Errorf("serve again: %v", err)
		}
		cl.Close()
		time.Sleep(time.Hour) // the stuck handler ends
	})
}

func TestServerRestartSettlesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{Limits: ipc.Limits{Running: 2000}})
		cl, _ := linked(t, srv, &ipc.ClientOptions{NoReconnect: true})
		var futures []*ipc.Future[string]
		for range 1000 {
			futures = append(futures, block.Start(t.Context(), cl, &noArgs{}))
		}
		time.Sleep(time.Second)
		start := time.Now()
		srv.Close()
		for _, f := range futures {
			if _, err := f.Wait(t.Context()); !errors.Is(err, ipc.ErrUnknownOutcome) {
				t.Fatalf("pending call: %v", err)
			}
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("it took %v to settle them all", d)
		}
	})
}

func TestTransportsTellTheLogger(t *testing.T) {
	var told *slog.Logger
	cl := ipc.NewClient("mem:nowhere", &ipc.ClientOptions{
		Logger: quiet,
		Dial: func(_ context.Context, o *transport.Options) (transport.Conn, error) {
			told = o.Log
			return nil, errEmpty
		},
	})
	defer cl.Close()
	if err := cl.Connect(t.Context()); !errors.Is(err, errEmpty) || told != quiet {
		t.Errorf("%v, and the transport logs to %v", err, told)
	}
}
