package pull_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/pull"
	"github.com/ipcgen/ipcgen/runtime/untyped"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// add is a call, hint a notification, that the tests pull.
var (
	add  = untyped.Route[pair, int]{Name: "Math.Add"}
	hint = untyped.Values{Name: "Math.Hint"}
)

type pair struct{ A, B int }

// pulling runs test in virtual time with a queue that serves both routes.
func pulling(t *testing.T, o *pull.Options, test func(t *testing.T, q *pull.Queue, cl *ipc.Client)) {
	synctest.Test(t, func(t *testing.T) {
		q := pull.New(o)
		_, cl := ipctest.Pair(t, func(srv *ipc.Server, _ *ipc.Client) {
			srv.Register(q.Calls(add.Name)...)
			srv.Register(q.Notifications(hint.Name)...)
		})
		test(t, q, cl)
	})
}

// W9: one puller answers in its own order; each caller gets its own answer.
func TestRequestsAreAnsweredInAnyOrder(t *testing.T) {
	pulling(t, nil, func(t *testing.T, q *pull.Queue, cl *ipc.Client) {
		var sums []*ipc.Future[int]
		for i := range 5 {
			sums = append(sums, add.Start(t.Context(), cl, pair{i, 100}))
		}
		var pulled []*pull.Request
		for r := range q.Requests(t.Context()) {
			if pulled = append(pulled, r); len(pulled) == 5 {
				break
			}
		}
		for _, r := range slices.Backward(pulled) {
			var p pair
			if err := r.Args.Decode(&p); err != nil || r.Route != add.Name || r.Peer.Identity() != cl.Identity() {
				t.Errorf("pulled %+v, %v", r, err)
			}
			if err := r.Reply(p.A + p.B); err != nil {
				t.Error(err)
			}
		}
		for i, sum := range sums {
			if got, err := sum.Wait(t.Context()); got != i+100 || err != nil {
				t.Errorf("sum %d: %v, %v", i, got, err)
			}
		}
	})
}

// The first answer counts, and an answer that cannot be encoded is none.
func TestOneAnswer(t *testing.T) {
	pulling(t, nil, func(t *testing.T, q *pull.Queue, cl *ipc.Client) {
		sum := add.Start(t.Context(), cl, pair{1, 2})
		r, err := q.Receive(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Reply(func() {}); err == nil {
			t.Error("a func was encoded")
		}
		if err := r.Fail(ipc.Errorf("math.overflow", "too much")); err != nil {
			t.Error("after an answer that could not be encoded:", err)
		}
		if err := r.Reply(3); !errors.Is(err, pull.ErrSettled) {
			t.Error("a second answer:", err)
		}
		if _, err := sum.Wait(t.Context()); !errors.Is(err, code.Code("math.overflow")) {
			t.Error("the caller got", err)
		}
		synctest.Wait()
		if r.Context().Err() == nil {
			t.Error("the request's context goes on")
		}
	})
}

// What a puller returns to a caller that has not the words of an ipc.Error
// stays in the log.
func TestFailWithoutWords(t *testing.T) {
	pulling(t, nil, func(t *testing.T, q *pull.Queue, cl *ipc.Client) {
		for _, failure := range []error{errors.New("secret"), nil} {
			sum := add.Start(t.Context(), cl, pair{})
			r, _ := q.Receive(t.Context())
			r.Fail(failure)
			if _, err := sum.Wait(t.Context()); !errors.Is(err, code.Internal) {
				t.Errorf("%v became %v", failure, err)
			}
		}
	})
}

// An unanswered request settles: by the caller's deadline, by the queue's where
// the caller has time, and when the caller leaves. The puller learns of it.
func TestUnansweredSettles(t *testing.T) {
	pulling(t, &pull.Options{Timeout: 5 * time.Second}, func(t *testing.T, q *pull.Queue, cl *ipc.Client) {
		for _, test := range []struct {
			name    string
			timeout time.Duration
			cancel  bool
			after   time.Duration
			want    error
		}{
			{"the caller's deadline", time.Second, false, time.Second, context.DeadlineExceeded},
			{"the queue's deadline", time.Minute, false, 5 * time.Second, code.Deadline},
			{"the caller leaves", time.Minute, true, 0, context.Canceled},
		} {
			start := time.Now()
			call := untyped.Route[pair, int]{Name: add.Name, Timeout: test.timeout}
			sum := call.Start(t.Context(), cl, pair{})
			r, err := q.Receive(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if test.cancel {
				sum.Cancel()
			}
			if _, err := sum.Wait(t.Context()); !errors.Is(err, test.want) {
				t.Errorf("%s: the caller got %v", test.name, err)
			}
			if took := time.Since(start); took < test.after || took > test.after+time.Second {
				t.Errorf("%s: after %v", test.name, took)
			}
			<-r.Context().Done()
			synctest.Wait()
			if err := r.Reply(1); !errors.Is(err, pull.ErrSettled) {
				t.Errorf("%s: the late answer: %v", test.name, err)
			}
		}
	})
}

// A request whose caller has left before it was pulled is never seen.
func TestPulledTooLate(t *testing.T) {
	pulling(t, nil, func(t *testing.T, q *pull.Queue, cl *ipc.Client) {
		early := add.Start(t.Context(), cl, pair{1, 1})
		time.Sleep(time.Millisecond)
		early.Cancel()
		synctest.Wait()
		late := add.Start(t.Context(), cl, pair{2, 2})
		r, err := q.Receive(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var p pair
		if r.Args.Decode(&p); p.A != 2 {
			t.Errorf("pulled %v", p)
		}
		r.Reply(4)
		if got, err := late.Wait(t.Context()); got != 4 || err != nil {
			t.Errorf("%v, %v", got, err)
		}
	})
}

// Notifications are pulled in their order; nobody waits for an answer.
func TestNotifications(t *testing.T) {
	pulling(t, nil, func(t *testing.T, q *pull.Queue, cl *ipc.Client) {
		for i := range 20 {
			if err := hint.Notify(ipc.WithMeta(t.Context(), "from", "test"), cl, map[string]any{"n": i}); err != nil {
				t.Fatal(err)
			}
		}
		want := int64(0)
		for r := range q.Requests(t.Context()) {
			var args map[string]any
			if err := r.Args.Decode(&args); err != nil || args["n"] != want || !r.Notification || r.Meta["from"] != "test" {
				t.Errorf("pulled %v %+v, %v, want %d", args, r, err, want)
			}
			if err := r.Reply(nil); !errors.Is(err, pull.ErrSettled) {
				t.Error("a notification was answered:", err)
			}
			if want++; want == 20 {
				break
			}
		}
	})
}

// More than the limit of running handlers are refused, and have not run; those
// that wait are served.
func TestBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := pull.New(nil)
		srv := ipc.NewServer(&ipc.ServerOptions{Limits: ipc.Limits{Running: 4}})
		srv.Register(q.Calls(add.Name)...)
		cl := ipc.NewClient(ipctest.Serve(t, srv), nil)
		ipctest.Connect(t, cl)
		var sums []*ipc.Future[int]
		for range 10 {
			sums = append(sums, add.Start(t.Context(), cl, pair{}))
			time.Sleep(10 * time.Millisecond)
		}
		for range 4 {
			r, err := q.Receive(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			r.Reply(7)
		}
		served, refused := 0, 0
		for _, sum := range sums {
			switch got, err := sum.Wait(t.Context()); {
			case got == 7 && err == nil:
				served++
			case errors.Is(err, code.Overloaded) && errors.Is(err, ipc.ErrNotSent):
				refused++
			default:
				t.Errorf("%v, %v", got, err)
			}
		}
		if served != 4 || refused != 6 {
			t.Errorf("%d served, %d refused", served, refused)
		}
	})
}

// Pulling ends with the context, and with the queue; closing refuses who waits.
func TestTheEndOfPulling(t *testing.T) {
	pulling(t, nil, func(t *testing.T, q *pull.Queue, cl *ipc.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range q.Requests(ctx) {
			t.Error("pulled what was not sent")
		}
		if _, err := q.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error("receive:", err)
		}
		waiting := add.Start(t.Context(), cl, pair{})
		pulled := add.Start(t.Context(), cl, pair{})
		first, _ := q.Receive(t.Context())
		q.Close()
		q.Close()
		if err := first.Reply(1); err != nil {
			t.Error("the pulled one:", err)
		}
		results := []error{outcome(waiting), outcome(pulled)}
		if slices.Index(results, nil) < 0 || !slices.ContainsFunc(results, func(err error) bool { return errors.Is(err, code.Closed) }) {
			t.Errorf("one answered, one refused: %v", results)
		}
		for range q.Requests(t.Context()) {
			t.Error("pulled from a closed queue")
		}
		if _, err := add.Call(t.Context(), cl, pair{}); !errors.Is(err, code.Closed) {
			t.Error("a call to a closed queue:", err)
		}
	})
}

func outcome(f *ipc.Future[int]) error {
	_, err := f.Wait(context.Background())
	return err
}

// Several pull at once: every request is seen by one of them.
func TestManyPullers(t *testing.T) {
	pulling(t, nil, func(t *testing.T, q *pull.Queue, cl *ipc.Client) {
		var pullers sync.WaitGroup
		for range 4 {
			pullers.Go(func() {
				for r := range q.Requests(t.Context()) {
					var p pair
					r.Args.Decode(&p)
					r.Reply(p.A * p.B)
				}
			})
		}
		for i := range 100 {
			if got, err := add.Call(t.Context(), cl, pair{i, 2}); got != 2*i || err != nil {
				t.Errorf("%d: %v, %v", i, got, err)
			}
		}
		q.Close()
		pullers.Wait()
	})
}

// A loop that serves what it pulls.
func Example() {
	ctx := context.Background()
	srv := ipc.NewServer(nil)
	q := pull.New(nil)
	srv.Register(q.Calls("Greeter.Hello")...)
	l, err := srv.Listen(ctx, "mem:pull")
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, l)
	defer srv.Close()
	go func() {
		for r := range q.Requests(ctx) {
			var args struct {
				Name string `json:"name"`
			}
			if err := r.Args.Decode(&args); err != nil {
				r.Fail(ipc.Errorf(code.BadRequest, "%v", err))
				continue
			}
			r.Reply("hello, " + args.Name)
		}
	}()

	cl, err := ipc.Dial(ctx, l.URL(), nil)
	if err != nil {
		panic(err)
	}
	defer cl.Close()
	hello := untyped.Raw{Name: "Greeter.Hello"}
	got, err := hello.Call(ctx, cl, wire.Raw{Codec: wire.JSON, Bytes: []byte(`{"name": "Ada"}`)})
	got, _ = got.In(wire.JSON)
	fmt.Println(string(got.Bytes), err)
	// Output: "hello, Ada" <nil>
}
