package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// A client that may publish to one topic cannot slip something in there that
// says it is of another: a subscriber looks at the parameters.
func TestEventsBelongToTheirTopic(t *testing.T) {
	may := func(_ *ipc.Peer, _, t string) bool { return t == "room.go" }
	both(t, ipc.ServerOptions{MayPublish: may}, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		forged := *posted
		forged.Topic = func(*postedArgs) []string { return []string{"room", "go"} }
		for _, at := range []ipc.Registrar{a, b, srv} {
			var e ear
			sub := subscribe(t, at, "room.*", e.handlers()...)
			watched, stop := iter.Pull2(posted.Watch(t.Context(), at, "room.*"))
			for _, args := range []*postedArgs{{"c", "forged"}, {"", "forged"}, {"go", "fine"}} {
				if err := forged.Publish(t.Context(), a, args); err != nil {
					t.Errorf("%v: %v", args, err) // the server does not know the parameters
				}
			}
			e.want(t, "go: fine")
			for range 2 {
				if got, err, _ := watched(); !errors.Is(err, code.BadRequest) || got != (postedArgs{}) {
					t.Errorf("watched: %v, %v", got, err)
				}
			}
			if got, err, _ := watched(); got.Text != "fine" || err != nil {
				t.Errorf("watched: %v, %v", got, err)
			}
			if err := forged.Publish(t.Context(), srv, &postedArgs{"c", "the server's word"}); err != nil {
				t.Error(err)
			}
			e.want(t, "c: the server's word")
			sub.Close()
			stop()
		}
	})
}

// The interceptors of a server are around what its clients publish: they see
// what is refused, and may refuse it themselves, with a time to wait.
func TestInterceptorsSeeWhatClientsPublish(t *testing.T) {
	var seen []string
	var kept []*wire.Raw
	look := func(ctx context.Context, r *ipc.Request, next func(context.Context) error) error {
		raw, inbound := r.Args.(*wire.Raw)
		if !inbound {
			return next(ctx) // where it is published, or handled
		}
		var err error
		switch r.Topic {
		case "room.full":
			err = &ipc.Error{Code: code.RateLimited, Message: "later", RetryAfter: time.Minute}
		case "room.late":
			next(ctx)
			err = ipc.Errorf("test.late", "it was published")
		case "room.broken":
			err = errors.New("canary")
		default:
			err = next(ctx)
		}
		seen = append(seen, fmt.Sprint(r.Route.Name, " ", r.Topic, " by ", r.Peer, ", inbound ", r.Inbound, ": ", err))
		kept = append(kept, raw)
		return err
	}
	opts := ipc.ServerOptions{
		MayPublish:   func(_ *ipc.Peer, _, t string) bool { return t != "room.c" },
		Interceptors: []ipc.Interceptor{look},
	}
	both(t, opts, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		var e ear
		subscribe(t, b, "room.*", e.handlers()...)
		for _, c := range []struct {
			room string
			code code.Code
			ran  ipc.Outcome
			wait time.Duration
		}{
			{"c", code.Denied, ipc.NotExecuted, 0},
			{"full", code.RateLimited, ipc.NotExecuted, time.Minute},
			{"late", "test.late", ipc.Executed, 0},
			{"broken", code.Internal, ipc.Executed, 0},
		} {
			var failed *ipc.Error
			err := posted.Publish(t.Context(), a, &postedArgs{c.room, "hello"})
			if !errors.As(err, &failed) || failed.Code != c.code || failed.Outcome() != c.ran || failed.RetryAfter != c.wait {
				t.Errorf("%s: %v, %v, wait %v", c.room, err, failed.Outcome(), failed.RetryAfter)
			}
		}
		post(t, a, "go", "hello")
		e.want(t, "late: hello", "go: hello")
		by := "RoomEvents.Posted room.%s by test/ipc.cbor.v1, inbound true: %s"
		want := []string{
			fmt.Sprintf(by, "c", "ipc: denied: test/ipc.cbor.v1 may not publish RoomEvents.Posted to room.c"),
			fmt.Sprintf(by, "full", "ipc: rate_limited: later"),
			fmt.Sprintf(by, "late", "ipc: test.late: it was published"),
			fmt.Sprintf(by, "broken", "canary"),
			fmt.Sprintf(by, "go", "<nil>"),
		}
		if !slices.Equal(seen, want) {
			t.Errorf("seen: %q", seen)
		}
		for i, room := range []string{"c", "full", "late", "broken", "go"} { // which are theirs to keep
			var args postedArgs
			if err := kept[i].Decode(&args); err != nil || args != (postedArgs{room, "hello"}) {
				t.Errorf("%s: kept %v, %v", room, args, err)
			}
		}
	})
}

// A subscription that is over says why, to handlers too.
func TestSubscriptionsSayWhyTheyAreOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		allowed := true
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet, MaySubscribe: func(_ *ipc.Peer, _, pattern string) bool { return allowed || pattern == "room.go" }})
		link := ipctest.NewLink(ipctest.Serve(t, srv))
		cl := ipc.NewClient("", &ipc.ClientOptions{Dial: link.Dial, Logger: quiet})
		ipctest.Connect(t, cl)
		var e ear
		all, one := subscribe(t, cl, "room.*", e.handlers()...), subscribe(t, cl, "room.go", e.handlers()...)
		here, closed := subscribe(t, srv, "room.*", e.handlers()...), subscribe(t, cl, "room.go", e.handlers()...)
		closed.Close()
		check := func(what string, sub *ipc.Subscription, over bool, want error) {
			t.Helper()
			is := false
			select {
			case <-sub.Done():
				is = true
			default:
			}
			if err := sub.Err(); is != over || !errors.Is(err, want) {
				t.Errorf("%s: over %v: %v", what, is, err)
			}
		}
		check("closed", closed, true, nil)
		check("in force", all, false, nil)

		allowed = false
		link.Down()
		synctest.Wait()
		check("without a connection", all, false, nil)
		link.Up()
		<-all.Done()
		check("refused to the new connection", all, true, code.Denied)
		check("still allowed", one, false, nil)
		all.Close()
		check("closed when it was over", all, true, code.Denied)

		cl.Close()
		check("with its client", one, true, code.Closed)
		srv.Close()
		check("with its server", here, true, code.Closed)
	})
}

// What was on its way for others before one has subscribed is not for the one.
func TestSubscriptionsBeginNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet})
		gate := make(chan struct{})
		cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{Logger: quiet, OnPacket: func(_ *ipc.Peer, p *wire.Packet) {
			if p.Kind == wire.KindEvent {
				<-gate // a slow network
			}
		}})
		ipctest.Connect(t, cl)
		var first, same, other ear
		subscribe(t, cl, "room.*", first.handlers()...)
		post(t, srv, "go", "before")
		synctest.Wait()
		var watched iter.Seq2[postedArgs, error]
		var subscribing sync.WaitGroup
		subscribing.Go(func() { subscribe(t, cl, "room.*", same.handlers()...) })
		subscribing.Go(func() { subscribe(t, cl, "room.go", other.handlers()...) })
		subscribing.Go(func() { watched = posted.Watch(t.Context(), cl, "room.*") })
		synctest.Wait()
		close(gate)
		subscribing.Wait()
		post(t, srv, "go", "after")
		first.want(t, "go: before", "go: after")
		same.want(t, "go: after")
		other.want(t, "go: after")
		if e, err := ipc.Await(t.Context(), watched, nil); e.Text != "after" || err != nil {
			t.Errorf("watched: %v, %v", e, err)
		}
	})
}

// A handler of events that fails, panics or ends its goroutine has failed for
// itself: the next event comes, to others the same one, and the connection lives.
func TestHandlersOfEventsThatFail(t *testing.T) {
	both(t, ipc.ServerOptions{}, func(t *testing.T, srv *ipc.Server, a, b *ipc.Client) {
		srv.Register(echo.Handle(handleEcho))
		for _, at := range []ipc.Registrar{a, b, srv} {
			var e, other ear
			bad := subscribe(t, at, "room.*", posted.Handle(func(_ context.Context, args *postedArgs) error {
				switch args.Text {
				case "error":
					return errors.New("canary")
				case "panic":
					panic("canary")
				case "exit":
					runtime.Goexit()
				}
				e.hear("%s", args.Text)
				return nil
			}).Allow(func(r *ipc.Request) bool { return r.Args.(*postedArgs).Text != "denied" }))
			good := subscribe(t, at, "room.*", other.handlers()...)
			for _, text := range []string{"1", "error", "2", "panic", "3", "exit", "4", "denied", "5"} {
				post(t, srv, "go", text)
			}
			e.want(t, "1", "2", "3", "4", "5")
			other.want(t, "go: 1", "go: error", "go: 2", "go: panic", "go: 3", "go: exit", "go: 4", "go: denied", "go: 5")
			bad.Close()
			good.Close()
		}
		for _, cl := range []*ipc.Client{a, b} {
			if _, err := echo.Call(t.Context(), cl, &textArgs{"a"}); err != nil {
				t.Errorf("the connection: %v", err)
			}
		}
	})
}

// What a client publishes in JSON is a part of what others read: it arrives in one
// line, or not at all; and an event without parameters is none.
func TestPublishedBodiesAreReadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, _ := newHost(t, ipc.ServerOptions{})
		p := joinScripted(t, srv)
		p.say(`{"kind":"subscribe","id":1,"route":"RoomEvents","topic":"room.*"}`)
		p.want(`{"kind":"reply","id":1}`)
		event := `{"kind":"event","id":%d,"route":"RoomEvents.Posted","topic":"room.go"%s}`
		p.say(fmt.Sprintf(event, 3, ",\"body\":{\n\"room\":\"go\"}"))
		p.want(`{"kind":"event","route":"RoomEvents.Posted","body":{ "room":"go"},"topic":"room.go","origin":"bots/one"}`, `{"kind":"reply","id":3}`)
		for i, bad := range []string{``, `,"body":null`, `,"body":[]`, `,"body":{"room":tru}`} {
			p.say(fmt.Sprintf(event, 5+2*i, bad))
			if got := p.hear(); !strings.Contains(got, `"code":"bad_request"`) || strings.Contains(got, `"ran"`) {
				t.Errorf("a body of %q leads to %s", bad, got)
			}
		}
		p.idle()
	})
}

// Only servers have subscribers: a client says so to who thinks otherwise.
func TestClientsHaveNoSubscribers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := acceptClient(t)
		for _, packet := range []string{
			`{"kind":"subscribe","id":2,"route":"RoomEvents","topic":"room.*"}`,
			`{"kind":"event","id":2,"route":"RoomEvents.Posted","body":{},"topic":"room.go"}`,
		} {
			p.say(packet)
			p.want(`{"kind":"error","id":2,"code":"unsupported","message":"a client has no subscribers"}`)
		}
		p.say(`{"kind":"unsubscribe","route":"RoomEvents","topic":"room.*"}`)
		p.idle()
	})
}
