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

// limited is a route that says what it is sent.
func limited(name string, limits ...*ipc.Limit) *ipc.Method[textArgs, string] {
	m := method[textArgs, string](name, ipc.KindCall)
	m.Route.Limits = limits
	return m
}

// until calls m until it is refused, and returns how often it was not, and the
// refusal.
func until(t *testing.T, c ipc.Caller, m *ipc.Method[textArgs, string]) (times int, refused *ipc.Error) {
	t.Helper()
	for times < 1000 {
		_, err := m.Call(t.Context(), c, &textArgs{"a"})
		if err == nil {
			times++
			continue
		}
		if !errors.As(err, &refused) || refused.Code != code.RateLimited || refused.Outcome() != ipc.NotExecuted {
			t.Fatalf("refused by %v", err)
		}
		return times, refused
	}
	t.Fatal("never refused")
	return 0, nil
}

func joinAs(t *testing.T, url string, id ipc.Identity, opts ipc.ClientOptions) *ipc.Client {
	t.Helper()
	opts.Identity, opts.Logger = id, quiet
	cl := ipc.NewClient(url, &opts)
	ipctest.Connect(t, cl)
	return cl
}

// W2: a bucket holds Count tokens and fills evenly. Who finds it empty is told
// how long to wait, and that is true.
func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := limited("Test.Limited", &ipc.Limit{Count: 5, Period: 10 * time.Second})
		srv := testServer(ipc.ServerOptions{})
		srv.Register(m.Handle(handleEcho))
		url := ipctest.Serve(t, srv)
		cl := joinAs(t, url, ipc.Identity{Group: "bots", Name: "one"}, ipc.ClientOptions{})
		n, e := until(t, cl, m)
		if n != 5 || e.RetryAfter != 2*time.Second {
			t.Errorf("%d calls, then wait %v", n, e.RetryAfter)
		}
		time.Sleep(e.RetryAfter - time.Millisecond)
		if n, e := until(t, cl, m); n != 0 || e.RetryAfter != time.Millisecond {
			t.Errorf("too early: %d calls, then wait %v", n, e.RetryAfter)
		}
		time.Sleep(time.Millisecond)
		if n, _ := until(t, cl, m); n != 1 {
			t.Errorf("in time: %d calls", n)
		}
		time.Sleep(time.Hour)
		if n, _ := until(t, cl, m); n != 5 {
			t.Errorf("after an hour: %d calls", n)
		}

		other := joinAs(t, url, ipc.Identity{Group: "bots", Name: "two"}, ipc.ClientOptions{})
		if n, _ := until(t, other, m); n != 5 {
			t.Errorf("somebody else: %d calls", n)
		}
		if _, err := echo.Call(t.Context(), cl, &textArgs{"a"}); err != nil {
			t.Errorf("a route without a limit: %v", err)
		}
	})
}

// W2: who connects anew finds the bucket as it was.
func TestLimitsSurviveReconnecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := limited("Test.Limited", &ipc.Limit{Count: 3, Period: time.Hour})
		srv := testServer(ipc.ServerOptions{})
		srv.Register(m.Handle(handleEcho))
		url := ipctest.Serve(t, srv)
		total := 0
		for range 4 {
			cl := joinAs(t, url, ipc.Identity{Group: "bots", Name: "one"}, ipc.ClientOptions{})
			n, _ := until(t, cl, m)
			total += n
			cl.Close()
			synctest.Wait()
		}
		if total != 3 {
			t.Errorf("%d calls over four connections", total)
		}
	})
}

// A limit that routes have in common is one bucket; their own are beside it. A
// request that one of them refuses takes nothing from the other.
func TestLimitsOfServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := &ipc.Limit{Count: 10, Period: time.Hour}
		a := limited("Test.A", service, &ipc.Limit{Count: 2, Period: time.Hour})
		b := limited("Test.B", service)
		srv := testServer(ipc.ServerOptions{})
		srv.Register(a.Handle(handleEcho), b.Handle(handleEcho))
		cl := joinAs(t, ipctest.Serve(t, srv), ipc.Identity{}, ipc.ClientOptions{})
		if n, _ := until(t, cl, a); n != 2 {
			t.Errorf("A: %d calls", n)
		}
		until(t, cl, a) // refused by its own limit: costs the service nothing
		if n, e := until(t, cl, b); n != 8 || e.RetryAfter != 6*time.Minute {
			t.Errorf("B: %d calls, then wait %v", n, e.RetryAfter)
		}
	})
}

// Refusals come before the arguments are looked at, and notifications are
// dropped without a word.
func TestRateLimitedOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := limited("Test.Limited", &ipc.Limit{Count: 1, Period: 1500 * time.Millisecond})
		notes := method[countArgs, struct{}]("Test.Notes", ipc.KindNotify)
		notes.Route.Limits = []*ipc.Limit{{Count: 2, Period: time.Minute}}
		heard := 0
		srv := testServer(ipc.ServerOptions{})
		srv.Register(m.Handle(handleEcho), notes.HandleNotify(func(context.Context, *countArgs) error { heard++; return nil }))
		p := joinScripted(t, srv)
		p.say(`{"kind":"call","id":1,"route":"Test.Limited","body":{"Text":"a"}}`)
		p.want(`{"kind":"reply","id":1,"body":"a"}`)
		p.say(`{"kind":"call","id":3,"route":"Test.Limited","body":{"Text":7}}`)
		p.want(`{"kind":"error","id":3,"code":"rate_limited","message":"Test.Limited: the limit is 1 in 1.5s","retry_after_ms":1500}`)
		for range 5 {
			p.say(`{"kind":"notify","route":"Test.Notes","body":{"N":1}}`)
		}
		p.idle()
		if heard != 2 {
			t.Errorf("%d notifications were handled", heard)
		}
	})
}

// W2: with disconnect the error leaves before the connection ends, what follows
// in the same message is not looked at, and the client may come back.
func TestLimitsThatDisconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := limited("Test.Limited", &ipc.Limit{Count: 1, Period: time.Hour, Disconnect: true})
		calls := 0
		counted := method[noArgs, int]("Test.Counted", ipc.KindCall)
		srv := testServer(ipc.ServerOptions{})
		srv.Register(m.Handle(handleEcho), counted.Handle(func(context.Context, *noArgs) (int, error) { calls++; return calls, nil }))
		p := joinScripted(t, srv)
		p.say(`{"kind":"call","id":1,"route":"Test.Limited","body":{"Text":"a"}}`)
		p.want(`{"kind":"reply","id":1,"body":"a"}`)
		p.say(`{"kind":"call","id":3,"route":"Test.Limited","body":{"Text":"a"}}` + "\n" + `{"kind":"call","id":5,"route":"Test.Counted","body":{}}`)
		p.want(
			`{"kind":"error","id":3,"code":"rate_limited","message":"Test.Limited: the limit is 1 in 1h0m0s","retry_after_ms":3600000}`,
			`{"kind":"close","message":"Test.Limited: the limit is 1 in 1h0m0s","status":3006}`,
			`closed 3006 Test.Limited: the limit is 1 in 1h0m0s`,
		)
		if calls != 0 {
			t.Error("what followed was served")
		}

		cl := joinAs(t, ipctest.Serve(t, srv), ipc.Identity{Group: "bots", Name: "two"}, ipc.ClientOptions{})
		until(t, cl, m)
		time.Sleep(time.Minute)
		if cl.State() != ipc.Ready {
			t.Errorf("the client is %v", cl.State())
		}
		if n, _ := until(t, cl, m); n != 0 {
			t.Errorf("it has gained %d calls", n)
		}
	})
}

// Peers without a name of their own are nobody twice, but not each other where
// they can be told apart.
func TestLimitsOfTheNameless(t *testing.T) {
	m := limited("Test.Limited", &ipc.Limit{Count: 2, Period: time.Hour})
	srv := testServer(ipc.ServerOptions{Secret: []byte("correct horse"), Insecure: true})
	srv.Register(m.Handle(handleEcho))
	l, err := srv.Listen(t.Context(), "tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(t.Context(), l)
	defer srv.Close()
	total := 0
	for range 3 {
		cl := joinAs(t, l.URL(), ipc.Identity{}, ipc.ClientOptions{Secret: []byte("correct horse")})
		n, _ := until(t, cl, m)
		total += n
		cl.Close()
	}
	if total != 2 {
		t.Errorf("%d calls by those without a name at one address", total)
	}
	cl := joinAs(t, l.URL(), ipc.Identity{Group: "bots", Name: "one"}, ipc.ClientOptions{Secret: []byte("correct horse")})
	if n, _ := until(t, cl, m); n != 2 {
		t.Errorf("%d calls by one with a name", n)
	}
}

// The limits are on the route, where interceptors see them.
func TestInterceptorsSeeLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var saw []string
		srv := testServer(ipc.ServerOptions{Interceptors: []ipc.Interceptor{
			func(ctx context.Context, r *ipc.Request, next func(context.Context) error) error {
				saw = append(saw, fmt.Sprint(r.Route.Limits))
				return next(ctx)
			}}})
		m := limited("Test.Limited", &ipc.Limit{Count: 2, Period: time.Hour})
		srv.Register(m.Handle(handleEcho))
		cl := joinAs(t, ipctest.Serve(t, srv), ipc.Identity{}, ipc.ClientOptions{})
		if _, err := m.Call(t.Context(), cl, &textArgs{"a"}); err != nil {
			t.Error(err)
		}
		if len(saw) != 1 || saw[0] != "[2 in 1h0m0s]" {
			t.Errorf("it saw %v", saw)
		}
	})
}

func TestLimitsThatCannotBeObeyed(t *testing.T) {
	for _, l := range []*ipc.Limit{nil, {}, {Count: 1}, {Period: time.Second}, {Count: -1, Period: time.Second}} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "Test.Limited") {
					t.Errorf("%v: %v", l, r)
				}
			}()
			ipc.NewServer(nil).Register(limited("Test.Limited", l).Handle(handleEcho))
		}()
	}
}

// Who is refused before the limits of a route are asked takes nothing of them: as
// many run as may, or the route is notified.
func TestRefusedRequestsTakeNothingOfALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{Limits: ipc.Limits{Running: 1}})
		m := limited("Test.Limited", &ipc.Limit{Count: 1, Period: time.Hour})
		srv.Register(m.Handle(handleEcho))
		cl := ipc.NewClient(ipctest.Serve(t, srv), nil)
		ipctest.Connect(t, cl)
		ctx, leave := context.WithCancel(t.Context())
		block.Start(ctx, cl, &noArgs{})
		synctest.Wait()
		if _, err := m.Call(t.Context(), cl, &textArgs{"a"}); !errors.Is(err, code.Overloaded) {
			t.Errorf("while another one runs: %v", err)
		}
		if err := method[textArgs, struct{}](m.Route.Name, ipc.KindNotify).Notify(t.Context(), cl, &textArgs{"a"}); err != nil {
			t.Error(err)
		}
		leave()
		synctest.Wait()
		if times, _ := until(t, cl, m); times != 1 {
			t.Errorf("it may be called %d times", times)
		}
	})
}
