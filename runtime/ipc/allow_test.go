package ipc_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

// named holds for requests with the text "please", and panics at "boom".
func named(r *ipc.Request) bool {
	if r.Args.(*textArgs).Text == "boom" {
		panic("canary: what the condition knows")
	}
	return r.Args.(*textArgs).Text == "please"
}

// guarded registers one route of every kind, all under the same condition, and
// counts what runs.
func guarded(srv *ipc.Server, ran *atomic.Int32, allow func(*ipc.Request) bool) {
	srv.Register(
		guardedEcho.Handle(func(_ context.Context, a *textArgs) (string, error) { ran.Add(1); return a.Text, nil }).Allow(allow),
		guardedNote.HandleNotify(func(context.Context, *textArgs) error { ran.Add(1); return nil }).Allow(allow),
		guardedStream.HandleStream(func(context.Context, *textArgs) iter.Seq2[int, error] { ran.Add(1); return upTo(2) }).Allow(allow),
		guardedSum.HandleUpload(func(ctx context.Context, _ *textArgs, in iter.Seq2[int, error]) (int, error) {
			ran.Add(1)
			return handleSum(ctx, nil, in)
		}).Allow(allow),
		guardedTwice.HandleDuplex(func(ctx context.Context, _ *textArgs, in iter.Seq2[int, error]) iter.Seq2[int, error] {
			ran.Add(1)
			return handleTwice(ctx, nil, in)
		}).Allow(allow),
	)
}

var (
	guardedEcho   = method[textArgs, string]("Guarded.Echo", ipc.KindCall)
	guardedNote   = method[textArgs, struct{}]("Guarded.Note", ipc.KindNotify)
	guardedStream = method[textArgs, int]("Guarded.Stream", ipc.KindStream)
	guardedSum    = inputMethod[textArgs, int, int]("Guarded.Sum", ipc.KindUpload)
	guardedTwice  = inputMethod[textArgs, int, int]("Guarded.Twice", ipc.KindDuplex)
)

// everyKind makes a request of every kind with that text.
func everyKind(ctx context.Context, c ipc.Caller, text string) map[string]error {
	a := &textArgs{text}
	all := func(seq iter.Seq2[int, error]) (last error) {
		for _, err := range seq {
			last = err
		}
		return last
	}
	_, called := guardedEcho.Call(ctx, c, a)
	_, summed := guardedSum.Upload(ctx, c, a, upTo(3))
	return map[string]error{
		"call":   called,
		"notify": guardedNote.Notify(ctx, c, a),
		"stream": all(guardedStream.Stream(ctx, c, a)),
		"upload": summed,
		"duplex": all(guardedTwice.Duplex(ctx, c, a, upTo(3))),
	}
}

// A request for which the condition does not hold is denied, and nothing runs,
// whatever its kind.
func TestConditionsDeny(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ran atomic.Int32
		srv := testServer(ipc.ServerOptions{})
		guarded(srv, &ran, named)
		cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{Logger: quiet})
		ipctest.Connect(t, cl)
		for _, text := range []string{"now", "boom"} {
			for kind, err := range everyKind(t.Context(), cl, text) {
				if kind == "notify" {
					if err != nil {
						t.Errorf("%s: notify: %v", text, err) // it was sent; nobody hears what became of it
					}
					continue
				}
				var e *ipc.Error
				if !errors.As(err, &e) || e.Code != code.Denied || e.Outcome() != ipc.NotExecuted || !errors.Is(err, ipc.ErrNotSent) || strings.Contains(err.Error(), "canary") {
					t.Errorf("%s: %s: %v", text, kind, err)
				}
			}
		}
		synctest.Wait()
		if ran.Load() != 0 {
			t.Errorf("%d handlers ran for requests that were denied", ran.Load())
		}
		for kind, err := range everyKind(t.Context(), cl, "please") {
			if err != nil {
				t.Errorf("asked nicely: %s: %v", kind, err)
			}
		}
		synctest.Wait()
		if ran.Load() != 5 {
			t.Errorf("%d of 5 handlers ran", ran.Load())
		}
	})
}

// All conditions hold or it does not run; the first that does not hold is the
// last that is asked.
func TestSeveralConditions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		say := func(name string, holds bool) func(*ipc.Request) bool {
			return func(*ipc.Request) bool { asked = append(asked, name); return holds }
		}
		srv := testServer(ipc.ServerOptions{})
		srv.Register(guardedEcho.Handle(handleEcho).Allow(say("one", true)).Allow(say("two", false)).Allow(say("three", true)))
		cl := ipc.NewClient(ipctest.Serve(t, srv), nil)
		ipctest.Connect(t, cl)
		if _, err := guardedEcho.Call(t.Context(), cl, &textArgs{"a"}); !errors.Is(err, code.Denied) {
			t.Errorf("one condition does not hold: %v", err)
		}
		if got := strings.Join(asked, " "); got != "one two" {
			t.Errorf("asked were %s", got)
		}
	})
}

// W1: as it crosses: without ran, and without a word about the condition.
func TestDenialOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ran atomic.Int32
		srv := testServer(ipc.ServerOptions{})
		guarded(srv, &ran, named)
		p := joinScripted(t, srv)
		p.say(`{"kind":"call","id":1,"route":"Guarded.Echo","body":{"Text":"now"}}`)
		p.want(`{"kind":"error","id":1,"code":"denied","message":"Guarded.Echo is not allowed"}`)
		p.say(`{"kind":"call","id":3,"route":"Guarded.Echo","body":{"Text":"boom"}}`)
		p.want(`{"kind":"error","id":3,"code":"denied","message":"Guarded.Echo is not allowed"}`)
		p.say(`{"kind":"notify","route":"Guarded.Note","body":{"Text":"now"}}`)
		p.say(`{"kind":"call","id":5,"route":"Guarded.Stream","body":{"Text":"now"},"credit":1000}`)
		p.want(`{"kind":"error","id":5,"code":"denied","message":"Guarded.Stream is not allowed"}`)
		p.say(`{"kind":"call","id":7,"route":"Guarded.Echo","body":{"Text":7}}`)
		if got := p.hear(); !strings.Contains(got, `"code":"bad_request"`) {
			t.Errorf("arguments that cannot be decoded: %s", got)
		}
		p.idle()
	})
}

// Interceptors see what is refused, as the error of next, and the log says why.
func TestInterceptorsSeeDenials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []error
		var log bytes.Buffer
		srv := ipc.NewServer(&ipc.ServerOptions{
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Interceptors: []ipc.Interceptor{func(ctx context.Context, r *ipc.Request, next func(context.Context) error) error {
				err := next(ctx)
				seen = append(seen, err)
				return err
			}},
		})
		var ran atomic.Int32
		guarded(srv, &ran, named)
		p := joinScripted(t, srv)
		p.say(`{"kind":"call","id":1,"route":"Guarded.Echo","body":{"Text":"boom"}}`)
		p.want(`{"kind":"error","id":1,"code":"denied","message":"Guarded.Echo is not allowed"}`)
		p.say(`{"kind":"call","id":3,"route":"Guarded.Echo","body":{"Text":"please"}}`)
		p.want(`{"kind":"reply","id":3,"body":"please"}`)
		if len(seen) != 2 || !errors.Is(seen[0], code.Denied) || seen[1] != nil {
			t.Errorf("the interceptor saw %v", seen)
		}
		if text := log.String(); !strings.Contains(text, "canary") || !strings.Contains(text, "Guarded.Echo") {
			t.Errorf("the log does not tell of the panic: %s", text)
		}
	})
}
