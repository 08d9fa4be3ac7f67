package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// What happens to packets that break the rules, and to those beside them. The
// simple cases are in PROTOCOL.md, see protocol_test.go.

func TestRefusedPacketsHarmOnlyTheirOwnCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		p := joinScripted(t, srv)
		peer := srv.Peer(ipc.Identity{Group: "bots", Name: "one"})

		p.say(`{"kind":"call","id":1,"route":"Test.Block","body":{}}`)
		p.say(`{"kind":"ping","id":1,"later":true}`) // the number of a ping is not that of a call
		p.say(`{"kind":"cancel","id":2,"later":true}`)
		p.say(`{"kind":"x-hint","id":1,"later":true}`)
		p.idle()

		reply, item := echo.Start(t.Context(), peer, &textArgs{"a"}), make(chan error, 1)
		p.want(`{"kind":"call","id":2,"route":"Test.Echo","body":{"Text":"a"},"timeout_ms":30000}`)
		p.say(`{"kind":"reply","id":2,"body":"a","later":true}`)
		if _, err := reply.Wait(t.Context()); !errors.Is(err, code.Protocol) || !errors.Is(err, ipc.ErrUnknownOutcome) {
			t.Errorf("a reply was refused: %v", err)
		}
		p.want(`{"kind":"cancel","id":2}`)

		go func() {
			var last error
			for _, err := range count.Stream(t.Context(), peer, &countArgs{9}) {
				last = err
			}
			item <- last
		}()
		p.want(`{"kind":"call","id":4,"route":"Test.Count","body":{"N":9},"credit":349525}`)
		p.say(`{"kind":"item","id":4,"body":0}`)
		p.say(`{"kind":"item","id":4,"body":1,"later":true}`)
		if err := <-item; !errors.Is(err, code.Protocol) {
			t.Errorf("an item was refused: %v", err)
		}
		p.want(`{"kind":"cancel","id":4}`)
		p.say(`{"kind":"item","id":4,"body":2}`) // on its way meanwhile
		p.idle()
	})
}

func TestItemsWithoutCreditEndTheirStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{})
		heard := make(chan error, 1)
		slow := inputMethod[noArgs, int, int]("Test.Slow", ipc.KindUpload)
		srv.Register(slow.HandleUpload(func(ctx context.Context, _ *noArgs, in iter.Seq2[int, error]) (int, error) {
			<-ctx.Done()
			heard <- context.Cause(ctx)
			return 0, nil
		}))
		p := joinScripted(t, srv)
		p.say(`{"kind":"call","id":1,"route":"Test.Slow","body":{}}`)
		p.want(`{"kind":"credit","id":1,"credit":349525}`)
		for range 349525/(64+1) + 2 { // an item costs its length and 64
			p.say(`{"kind":"item","id":1,"body":7}`)
		}
		p.want(`{"kind":"error","id":1,"code":"protocol_error","message":"an item was sent without credit","ran":true}`)
		if err := <-heard; !errors.Is(err, code.Protocol) {
			t.Errorf("the handler was stopped by %v", err)
		}
		p.idle() // it is said once, however many items come
	})
}

func TestInputThatCannotBeDecodedIsTheCallersMistake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := joinScripted(t, testServer(ipc.ServerOptions{}))
		p.say(`{"kind":"call","id":1,"route":"Test.Sum","body":{}}`)
		p.want(`{"kind":"credit","id":1,"credit":349525}`)
		p.say(`{"kind":"item","id":1,"body":"seven"}`)
		p.want(`{"kind":"error","id":1,"code":"bad_request","message":"item: want number, have text","ran":true}`)
	})
}

func TestNotificationsAreNeverAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := testServer(ipc.ServerOptions{Limits: ipc.Limits{Running: 1}})
		var got []int
		srv.Register(note.HandleNotify(func(_ context.Context, a *countArgs) error {
			got = append(got, a.N)
			return nil
		}))
		p := joinScripted(t, srv)
		p.say(`{"kind":"call","id":1,"route":"Test.Block","body":{}}`)
		p.idle()
		p.say(`{"kind":"notify","route":"Test.Note","body":{"N":1}}`) // not refused for the call that runs
		p.say(`{"kind":"notify","id":1,"route":"Test.Note","body":{"N":"two"}}`)
		p.say(`{"kind":"notify","id":1,"route":"Test.Note","body":{"N":3}}`)
		p.say(`{"kind":"notify","route":"Test.Echo","body":{"Text":""}}`)
		p.say(`{"kind":"notify","route":"Test.Nowhere","body":{}}`)
		p.say(`{"kind":"notify","route":"Test.Note","later":true}`)
		p.idle()
		synctest.Wait()
		if fmt.Sprint(got) != "[1 3]" {
			t.Errorf("handled: %v", got)
		}
	})
}

// TestEveryFailureIsAnswered: what a handler returns may be unfit to cross, but
// its caller waits.
func TestEveryFailureIsAnswered(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		failures := map[string]error{
			"no code":    &ipc.Error{Message: "what?"},
			"not a name": ipc.Errorf("tea pot", "short"),
			"long code":  ipc.Errorf(code.Code(strings.Repeat("x", wire.MaxName+1)), "long"),
			"the past":   &ipc.Error{Code: "tea.pot", RetryAfter: -time.Second},
		}
		srv.Register(fail.Handle(func(_ context.Context, a *textArgs) (string, error) { return "", failures[a.Text] }))
		for name := range failures {
			want := code.Internal
			if name == "the past" {
				want = "tea.pot"
			}
			var e *ipc.Error
			if _, err := fail.Call(t.Context(), cl, &textArgs{name}); !errors.As(err, &e) || e.Code != want || e.Outcome() != ipc.Executed || e.RetryAfter != 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestShutdownAnswersWhatItStops(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		f := block.Start(t.Context(), cl, &noArgs{})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		var e *ipc.Error
		if _, err := f.Wait(t.Context()); !errors.Is(err, context.Canceled) || !errors.As(err, &e) || e.Outcome() != ipc.Executed {
			t.Errorf("a call that was stopped: %v", err)
		}
	})
}

func TestWelcomesThatCannotBeFollowed(t *testing.T) {
	for name, body := range map[string]string{
		"no heartbeat":       `"group":"bots","name":"one","conn":"c","silence_ms":35000`,
		"negative heartbeat": `"group":"bots","name":"one","conn":"c","heartbeat_ms":-1,"silence_ms":35000`,
		"no silence":         `"group":"bots","name":"one","conn":"c","heartbeat_ms":15000,"silence_ms":15000`,
		"endless silence":    `"group":"bots","name":"one","conn":"c","heartbeat_ms":15000,"silence_ms":2147483648`,
		"no name":            `"group":"bots","name":"","conn":"c","heartbeat_ms":15000,"silence_ms":35000`,
		"a name of two":      `"group":"bots","name":"o/ne","conn":"c","heartbeat_ms":15000,"silence_ms":35000`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				connected := make(chan error, 1)
				p := acceptScripted(t, func(url string) {
					_, err := ipc.Dial(t.Context(), url, &ipc.ClientOptions{Dialect: wire.JSONv1, Logger: slog.New(slog.DiscardHandler)})
					connected <- err
				})
				p.say(`{"kind":"challenge","body":{"version":1,"nonce":"AAAA","methods":["none"]}}`)
				p.hear()
				p.say(`{"kind":"welcome","body":{` + body + `}}`)
				if err := <-connected; !errors.Is(err, code.Protocol) {
					t.Errorf("the client: %v", err)
				}
			})
		})
	}
}
