package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

func TestSlowHandlersDelayNobody(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		sleep := method[countArgs, string]("Test.Sleep", ipc.KindCall)
		srv.Register(sleep.Handle(func(_ context.Context, a *countArgs) (string, error) {
			time.Sleep(time.Duration(a.N) * time.Second)
			return "slept", nil
		}))
		var slow []*ipc.Future[string]
		for range 3 {
			slow = append(slow, sleep.Start(t.Context(), cl, &countArgs{20}))
		}
		start := time.Now()
		for range 100 {
			if _, err := echo.Call(t.Context(), cl, &textArgs{"quick"}); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(start); d > 50*time.Millisecond {
			t.Errorf("100 calls took %v beside slow handlers", d)
		}
		for _, f := range slow {
			if got, err := f.Wait(t.Context()); got != "slept" || err != nil {
				t.Errorf("the slow one: %q, %v", got, err)
			}
		}
	})
}

// A machine that keeps quick handlers for a moment is no reason to refuse calls;
// handlers that stay are.
func TestHiccupsRefuseNobody(t *testing.T) {
	const limit = 8
	for name, test := range map[string]struct {
		kept    time.Duration
		refused int
	}{
		"a moment": {time.Millisecond, 0},
		"a second": {time.Second, 3 * limit},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				kept := method[noArgs, string]("Test.Kept", ipc.KindCall)
				srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet, Limits: ipc.Limits{Running: limit}})
				srv.Register(kept.Handle(func(context.Context, *noArgs) (string, error) { time.Sleep(test.kept); return "", nil }))
				cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{Logger: quiet})
				ipctest.Connect(t, cl)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if _, err := kept.Call(ctx, cl, &noArgs{}); err != nil {
					t.Fatal(err)
				}
				// It is known to be slow from now on.
				var calls []*ipc.Future[string]
				for range 4 * limit {
					calls = append(calls, kept.Start(ctx, cl, &noArgs{}))
				}
				refused := 0
				for _, f := range calls {
					if _, err := f.Wait(ctx); errors.Is(err, code.Overloaded) {
						refused++
					} else if err != nil {
						t.Error(err)
					}
				}
				if refused != test.refused {
					t.Errorf("%d of %d calls were refused, want %d", refused, len(calls), test.refused)
				}
			})
		})
	}
}

func TestHandlersMayCallBackDeeply(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		deeper := method[countArgs, int]("Test.Deeper", ipc.KindCall)
		down := func(ctx context.Context, a *countArgs) (int, error) {
			if a.N == 0 {
				return 0, nil
			}
			r, _ := ipc.RequestFrom(ctx)
			n, err := deeper.Call(ctx, r.Peer, &countArgs{a.N - 1})
			if errors.Is(err, code.Overloaded) {
				return 0, ipc.Errorf(code.Overloaded, "deeper")
			}
			return n + 1, err
		}
		srv.Register(deeper.Handle(down))
		cl.Register(deeper.Handle(down))
		var wg sync.WaitGroup
		for range 10 { // 80 handlers on each side, at most
			wg.Go(func() {
				if n, err := deeper.Call(t.Context(), cl, &countArgs{16}); n != 16 || err != nil {
					t.Errorf("16 deep: %d, %v", n, err)
				}
			})
		}
		wg.Wait()
		if _, err := deeper.Call(t.Context(), cl, &countArgs{17}); !errors.Is(err, code.Overloaded) {
			t.Errorf("17 deep: %v", err)
		}
	})
}

func TestTooManyHandlersAreRefusedNotQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Limits: ipc.Limits{Running: 8}})
		serveAll(srv)
		cl := ipc.NewClient(ipctest.Serve(t, srv), nil)
		ipctest.Connect(t, cl)
		var futures []*ipc.Future[string]
		for range 20 {
			futures = append(futures, block.Start(t.Context(), cl, &noArgs{}))
		}
		synctest.Wait()
		time.Sleep(time.Second)
		refused := 0
		for _, f := range futures {
			select {
			case <-f.Done():
				if _, err := f.Wait(t.Context()); !errors.Is(err, code.Overloaded) || !errors.Is(err, ipc.ErrNotSent) {
					t.Errorf("refused with %v", err)
				}
				refused++
			default:
				f.Cancel()
			}
		}
		if refused != 12 {
			t.Errorf("%d of 20 were refused, want 12", refused)
		}
		synctest.Wait()
		if got, err := echo.Call(t.Context(), cl, &textArgs{"room again"}); err != nil {
			t.Errorf("after the cancels: %q, %v", got, err)
		}
	})
}

// H2: one after the other, as they were sent.
func TestNotificationsAreHandledInOrder(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		var got []int
		done := make(chan struct{})
		srv.Register(note.HandleNotify(func(_ context.Context, a *countArgs) error {
			if a.N%10 == 0 {
				time.Sleep(time.Millisecond) // now and then a slow one
			}
			got = append(got, a.N)
			if a.N == 99 {
				close(done)
			}
			return nil
		}))
		for i := range 100 {
			if err := note.Notify(t.Context(), cl, &countArgs{i}); err != nil {
				t.Fatal(err)
			}
		}
		<-done
		for i, n := range got {
			if i != n {
				t.Fatalf("notification %d came at place %d", n, i)
			}
		}
	})
}

func TestCancelReachesTheHandler(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		stopped := make(chan error, 1)
		wait := method[noArgs, string]("Test.Wait", ipc.KindCall)
		srv.Register(wait.Handle(func(ctx context.Context, _ *noArgs) (string, error) {
			<-ctx.Done()
			stopped <- ctx.Err()
			return "", ctx.Err()
		}))

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := wait.Call(ctx, cl, &noArgs{})
		if !errors.Is(err, context.Canceled) || !errors.Is(err, ipc.ErrUnknownOutcome) {
			t.Errorf("cancelled call: %v", err)
		}
		if err := <-stopped; err != context.Canceled {
			t.Errorf("handler of a cancelled call: %v", err)
		}

		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := wait.Call(ctx, cl, &noArgs{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("late call: %v", err)
		}
		if err := <-stopped; err == nil {
			t.Error("handler of a late call goes on")
		}

		wait.Start(context.Background(), cl, &noArgs{})
		synctest.Wait()
		cl.Close()
		if err := <-stopped; err != context.Canceled {
			t.Errorf("handler of a lost connection: %v", err)
		}
	})
}

func TestInterceptorsSeeEverythingOnBothSides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log sync.Map
		record := func(side string) ipc.Interceptor {
			return func(ctx context.Context, r *ipc.Request, next func(context.Context) error) error {
				err := next(ctx)
				result := ""
				if s, ok := r.Result.(*string); ok {
					result = *s
				}
				log.Store(fmt.Sprintf("%s %v %s inbound=%v meta=%s result=%s", side, r.Route.Kind, r.Route.Name, r.Inbound, r.Meta["k"], result), true)
				return err
			}
		}
		refuse := func(ctx context.Context, r *ipc.Request, next func(context.Context) error) error {
			if a, ok := r.Args.(*textArgs); ok && a.Text == "forbidden" {
				return ipc.Errorf("test.forbidden", "no")
			}
			return next(ctx)
		}
		srv := ipc.NewServer(&ipc.ServerOptions{Interceptors: []ipc.Interceptor{record("server"), refuse}})
		serveAll(srv)
		noted := make(chan struct{})
		srv.Register(note.HandleNotify(func(context.Context, *countArgs) error { close(noted); return nil }))
		cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{Interceptors: []ipc.Interceptor{record("client")}})
		ipctest.Connect(t, cl)

		ctx := ipc.WithMeta(t.Context(), "k", "v")
		echo.Call(ctx, cl, &textArgs{"hi"})
		echo.Start(ctx, cl, &textArgs{"hi"}).Wait(ctx)
		note.Notify(ctx, cl, &countArgs{})
		<-noted
		for range count.Stream(ctx, cl, &countArgs{3}) {
		}
		sum.Upload(ctx, cl, &noArgs{}, upTo(3))
		for range twice.Duplex(ctx, cl, &noArgs{}, upTo(3)) {
		}
		synctest.Wait()
		for _, side := range []string{"server", "client"} {
			for _, what := range []string{"call Test.Echo", "notify Test.Note", "stream Test.Count", "upload Test.Sum", "duplex Test.Twice"} {
				result := ""
				if what == "call Test.Echo" {
					result = "hi"
				}
				want := fmt.Sprintf("%s %s inbound=%v meta=v result=%s", side, what, side == "server", result)
				if _, ok := log.Load(want); !ok {
					t.Errorf("not seen: %s", want)
				}
			}
		}
		if _, err := echo.Call(ctx, cl, &textArgs{"forbidden"}); !errors.Is(err, code.Code("test.forbidden")) {
			t.Errorf("refused by an interceptor: %v", err)
		}
	})
}

func TestGroupGathersOneReplyAMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(nil)
		url := ipctest.Serve(t, srv)
		for i := range 10 {
			cl := ipc.NewClient(url, &ipc.ClientOptions{Identity: ipc.Identity{Group: "bots", Name: fmt.Sprint("bot-", i)}})
			if i == 3 { // never answers
				cl.Register(echo.Handle(func(ctx context.Context, _ *textArgs) (string, error) { <-ctx.Done(); return "", ctx.Err() }))
			} else if i != 4 { // 4 does not serve it
				cl.Register(echo.Handle(func(_ context.Context, a *textArgs) (string, error) { return fmt.Sprint(a.Text, i), nil }))
			}
			ipctest.Connect(t, cl)
		}
		other := ipc.NewClient(url, nil)
		serveAll(other)
		ipctest.Connect(t, other)

		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		seen := map[ipc.Identity]int{}
		for r := range echo.Gather(ctx, srv.Group("bots"), &textArgs{"hi "}) {
			seen[r.From]++
			switch r.From.Name {
			case "bot-3":
				if !errors.Is(r.Err, context.DeadlineExceeded) {
					t.Errorf("the silent one: %v", r.Err)
				}
			case "bot-4":
				if !errors.Is(r.Err, code.NoRoute) {
					t.Errorf("the one without the route: %v", r.Err)
				}
			default:
				if want := "hi " + r.From.Name[len("bot-"):]; r.Value != want || r.Err != nil {
					t.Errorf("%v: %q, %v", r.From, r.Value, r.Err)
				}
			}
		}
		if len(seen) != 10 {
			t.Errorf("%d members answered, want 10: %v", len(seen), seen)
		}
		if n := len(srv.All(nil).Peers()); n != 11 {
			t.Errorf("%d peers in all, want 11", n)
		}
		for range echo.Gather(t.Context(), srv.Group("bots"), &textArgs{"first wins"}) {
			break
		}

		ended, cancel := context.WithCancel(t.Context())
		if err := note.NotifyAll(ended, srv.Group("bots"), &countArgs{1}); err != nil {
			t.Errorf("notify all: %v", err)
		}
		cancel()
		if err := note.NotifyAll(ended, srv.Group("bots"), &countArgs{1}); !errors.Is(err, ipc.ErrNotSent) || strings.Count(err.Error(), "bots/bot-") != 10 {
			t.Errorf("notify all with an ended context: %v", err)
		}
	})
}

func TestRegisterIsAllOrNothing(t *testing.T) {
	srv := ipc.NewServer(nil)
	srv.Register(echo.Handle(handleEcho))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a duplicate route did not panic")
			}
		}()
		srv.Register(block.Handle(handleBlock), echo.Handle(handleEcho))
	}()
	srv.Register(block.Handle(handleBlock)) // was not registered by the call that failed
	srv.Unregister(echo.Route)
	srv.Register(echo.Handle(handleEcho))
}

func TestAliasesServeTheSameRoute(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		renamed := &ipc.Method[textArgs, string]{Route: &ipc.Route{Name: "Test.New", Aliases: []string{"Test.Old"}}}
		var calls atomic.Int32
		srv.Register(renamed.Handle(func(context.Context, *textArgs) (string, error) {
			return fmt.Sprint(calls.Add(1)), nil
		}))
		old := method[textArgs, string]("Test.Old", ipc.KindCall)
		renamed.Call(t.Context(), cl, &textArgs{})
		if got, err := old.Call(t.Context(), cl, &textArgs{}); got != "2" || err != nil {
			t.Errorf("by the old name: %q, %v", got, err)
		}
	})
}
