package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

// failing serves Test.Fail with the failure that its argument names.
func failing(ctx context.Context, a *textArgs) (string, error) {
	switch a.Text {
	case "value":
		return "", fmt.Errorf("looking: %w", errEmpty)
	case "type":
		return "", fmt.Errorf("looking: %w", &quotaError{Limit: 7})
	case "authored":
		return "", &ipc.Error{Code: "tea.pot", Message: "short and stout", RetryAfter: 1500 * time.Millisecond}
	case "pretending":
		return "", ipc.Errorf(code.NoRoute, "not really")
	case "long":
		return "", ipc.Errorf("tea.pot", "%s", strings.Repeat("é", 5000))
	case "odd code":
		return "", ipc.Errorf("not a code!", "x")
	case "foreign":
		return "", errors.New("dial 10.0.0.1: secret detail")
	case "nested":
		r, _ := ipc.RequestFrom(ctx)
		_, err := method[textArgs, string]("Test.Absent", ipc.KindCall).Call(ctx, r.Peer, a)
		return "", err
	case "panic":
		panic("secret detail")
	case "goexit":
		runtime.Goexit()
	}
	return "", nil
}

// Z2: what a handler means to tell is told, and nothing else.
func TestErrorsCrossAsTheirAuthorMeantThem(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		srv.Register(fail.Handle(failing))
		ask := func(what string) *ipc.Error {
			t.Helper()
			_, err := fail.Call(t.Context(), cl, &textArgs{what})
			var e *ipc.Error
			if !errors.As(err, &e) {
				t.Fatalf("%s: %v is no *ipc.Error", what, err)
			}
			if e.Outcome() != ipc.Executed || errors.Is(err, ipc.ErrNotSent) || errors.Is(err, ipc.ErrUnknownOutcome) {
				t.Errorf("%s: outcome %v: the handler ran", what, e.Outcome())
			}
			return e
		}

		if e := ask("value"); !errors.Is(e, errEmpty) || e.Code != "test.empty" || e.Message != "looking: empty" {
			t.Errorf("declared value: %v", e)
		}
		var quota *quotaError
		if e := ask("type"); !errors.As(e, &quota) || quota.Limit != 7 || e.Code != "test.quota" {
			t.Errorf("declared type: %v, %v", e, quota)
		}
		if e := ask("authored"); e.Code != "tea.pot" || e.Message != "short and stout" || e.RetryAfter != 1500*time.Millisecond {
			t.Errorf("authored: %#v", e)
		}
		if e := ask("pretending"); e.Code != code.NoRoute {
			t.Errorf("pretending: %v", e)
		}
		if e := ask("long"); len(e.Message) > 1024 || !strings.HasSuffix(e.Message, "é") {
			t.Errorf("long: %d bytes", len(e.Message))
		}
		for _, what := range []string{"odd code", "foreign", "nested", "panic", "goexit"} {
			if e := ask(what); e.Code != code.Internal || e.Incident == "" || strings.Contains(e.Error(), "secret") {
				t.Errorf("%s: %v", what, e)
			}
		}
		if got, err := echo.Call(t.Context(), cl, &textArgs{"alive"}); got != "alive" || err != nil {
			t.Errorf("the connection after all that: %q, %v", got, err)
		}
	})
}

func TestStreamErrorsArriveAfterTheItems(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		broken := method[countArgs, int]("Test.Broken", ipc.KindStream)
		srv.Register(broken.HandleStream(func(_ context.Context, a *countArgs) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) {
				for i := range a.N {
					if !yield(i, nil) {
						return
					}
				}
				yield(0, errEmpty)
			}
		}))
		var items int
		var last error
		for _, err := range broken.Stream(t.Context(), cl, &countArgs{5}) {
			if last = err; err == nil {
				items++
			}
		}
		if items != 5 || !errors.Is(last, errEmpty) {
			t.Errorf("%d items, then %v", items, last)
		}
	})
}

func TestNotSentSaysWhy(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		absent := method[textArgs, string]("Test.Absent", ipc.KindCall)
		idle := ipc.NewClient("mem:nobody", &ipc.ClientOptions{Logger: slog.New(slog.DiscardHandler)})
		for name, tc := range map[string]struct {
			call func() (string, error)
			want code.Code
		}{
			"unknown route": {func() (string, error) { return absent.Call(t.Context(), cl, &textArgs{}) }, code.NoRoute},
			"absent peer": {func() (string, error) {
				return echo.Call(t.Context(), srv.Peer(ipc.Identity{Group: "g", Name: "n"}), &textArgs{})
			}, code.NotConnected},
			"idle client":   {func() (string, error) { return echo.Call(t.Context(), idle, &textArgs{}) }, code.NotConnected},
			"ended context": {func() (string, error) { return echo.Call(ended, cl, &textArgs{}) }, code.Expired},
			"too large":     {func() (string, error) { return echo.Call(t.Context(), cl, &textArgs{strings.Repeat("x", 1<<20+1)}) }, code.TooLarge},
			"not encodable": {func() (string, error) { return echo.Call(t.Context(), cl, &textArgs{"\xff"}) }, code.BadRequest},
			"wrong kind": {func() (string, error) {
				return method[countArgs, string]("Test.Note", ipc.KindCall).Call(t.Context(), cl, &countArgs{})
			}, code.BadRequest},
			"wrong argument": {func() (string, error) {
				return method[struct{ Text int }, string]("Test.Echo", ipc.KindCall).Call(t.Context(), cl, &struct{ Text int }{1})
			}, code.BadRequest},
		} {
			srv.Unregister(note.Route)
			srv.Register(note.HandleNotify(func(context.Context, *countArgs) error { return nil }))
			_, err := tc.call()
			var e *ipc.Error
			if !errors.Is(err, ipc.ErrNotSent) || !errors.As(err, &e) || e.Code != tc.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got, err := echo.Call(t.Context(), cl, &textArgs{strings.Repeat("x", 1<<20-1024)}); len(got) != 1<<20-1024 || err != nil {
			t.Errorf("as large as may be: %d, %v", len(got), err)
		}
	})
}

// Z8: what Zonis has exceptions for are codes here, found with errors.Is, and
// each says whether anything ran.
func TestEveryMishapHasACode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		srv.Register(fail.Handle(failing))
		url := ipctest.Serve(t, srv)
		id := ipc.Identity{Group: "bots", Name: "one"}
		cl := joinAs(t, url, id, ipc.ClientOptions{NoReconnect: true})
		absent := method[noArgs, string]("Test.Absent", ipc.KindCall)
		ask := func(m *ipc.Method[noArgs, string], c ipc.Caller) error {
			_, err := m.Call(t.Context(), c, &noArgs{})
			return err
		}
		failed := func(how string) error {
			_, err := fail.Call(t.Context(), cl, &textArgs{how})
			return err
		}
		for name, test := range map[string]struct {
			err     error
			want    code.Code
			outcome ipc.Outcome
		}{
			"DuplicateConnection":            {join(t, url, "one", ipc.ClientOptions{}), code.Duplicate, ipc.NotExecuted},
			"UnknownRoute":                   {ask(absent, cl), code.NoRoute, ipc.NotExecuted},
			"MissingReceiveHandler":          {ask(block, srv.Peer(id)), code.NoRoute, ipc.NotExecuted}, // the client serves nothing
			"UnknownClient":                  {ask(block, srv.Peer(ipc.Identity{Group: "bots", Name: "two"})), code.NotConnected, ipc.NotExecuted},
			"RequestFailed":                  {failed("authored"), "tea.pot", ipc.Executed},
			"RequestFailed, with a mistake":  {failed("foreign"), code.Internal, ipc.Executed},
			"RequestFailed, with a sentinel": {failed("value"), "test.empty", ipc.Executed},
		} {
			var e *ipc.Error
			if !errors.Is(test.err, test.want) || !errors.As(test.err, &e) || e.Outcome() != test.outcome {
				t.Errorf("%s: %v", name, test.err)
			}
		}
		func() {
			defer func() {
				if problem := fmt.Sprint(recover()); !strings.Contains(problem, `"Test.Fail" is registered twice`) {
					t.Errorf("DuplicateRoute: %s", problem)
				}
			}()
			srv.Register(fail.Handle(failing))
		}()

		p := dialScripted(t, ipctest.Serve(t, srv))
		p.hear()
		p.say(`{"kind":"identify","body":{"version":1,"group":"bots","name":"two","method":"none"}}`)
		p.hear()
		p.say(`{"kind":"shrug","id":1}`) // UnknownPacket
		if got := p.hear(); !strings.HasPrefix(got, `{"kind":"error","id":1,"code":"unsupported"`) {
			t.Errorf("UnknownPacket: %s", got)
		}
		p.idle()
		p.say(`<html>`) // UnhandledWebsocketType
		if got := p.hear(); !strings.Contains(got, `"kind":"close"`) || !strings.Contains(got, "3502") {
			t.Errorf("UnhandledWebsocketType: %s", got)
		}
		if err := ask(absent, cl); !errors.Is(err, code.NoRoute) {
			t.Errorf("the connection beside it: %v", err)
		}
	})
}
