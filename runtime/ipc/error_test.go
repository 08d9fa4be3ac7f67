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
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
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
