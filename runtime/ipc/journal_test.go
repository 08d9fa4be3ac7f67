package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// Both sides of a connection do everything at once to each other, for a while,
// and keep journals, which are compared in the end.

// journal is what one side has asked for, and what it has done.
type journal struct {
	name string
	mu   sync.Mutex

	outcomes map[int]error // of calls it made, by number; nil: the result was right
	runs     map[int]int   // of calls it served
	notes    []int         // it was sent, in the order in which they were handled
	noted    int           // it sent
}

func newJournal(name string) *journal {
	return &journal{name: name, outcomes: map[int]error{}, runs: map[int]int{}}
}

// job is a call of the stress: a number that tells it from all others, and what
// its handler does.
type job struct {
	Number int           // 0 for the nested ones
	Spin   time.Duration // the handler computes
	Sleep  time.Duration // the handler waits
	Nested int           // calls back, so many times within each other
	Items  int           // of a stream or upload
}

var (
	work     = method[job, int]("Stress.Work", ipc.KindCall)
	heard    = method[noArgs, int]("Stress.Heard", ipc.KindCall) // how many remarks were
	remark   = method[countArgs, struct{}]("Stress.Remark", ipc.KindNotify)
	download = method[job, int]("Stress.Download", ipc.KindStream)
	collect  = inputMethod[job, int, int]("Stress.Collect", ipc.KindUpload)
	mirror   = inputMethod[job, int, int]("Stress.Mirror", ipc.KindDuplex)
)

// ran notes that call n was served.
func (j *journal) ran(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if n > 0 {
		j.runs[n]++
	}
}

// toil is what all handlers do.
func toil(ctx context.Context, a *job) {
	for end := time.Now().Add(a.Spin); time.Now().Before(end); {
	}
	if a.Sleep > 0 {
		select {
		case <-time.After(a.Sleep):
		case <-ctx.Done():
		}
	}
}

func (j *journal) serve(r ipc.Registrar) {
	r.Register(
		work.Handle(func(ctx context.Context, a *job) (int, error) {
			j.ran(a.Number)
			toil(ctx, a)
			if a.Nested == 0 {
				return a.Number, nil
			}
			q, _ := ipc.RequestFrom(ctx)
			n, err := work.Call(ctx, q.Peer, &job{Nested: a.Nested - 1, Spin: a.Spin})
			switch {
			case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
				<-ctx.Done() // for that reason
				return 0, ctx.Err()
			case err != nil || n != 0:
				return 0, ipc.Errorf("stress.nested", "%d: %v", n, err)
			}
			return a.Number, nil
		}),
		remark.HandleNotify(func(ctx context.Context, a *countArgs) error {
			if a.N%100 == 0 {
				toil(ctx, &job{Sleep: time.Millisecond})
			}
			j.mu.Lock()
			defer j.mu.Unlock()
			j.notes = append(j.notes, a.N)
			return nil
		}),
		heard.Handle(func(context.Context, *noArgs) (int, error) {
			j.mu.Lock()
			defer j.mu.Unlock()
			return len(j.notes), nil
		}),
		download.HandleStream(func(ctx context.Context, a *job) iter.Seq2[int, error] {
			j.ran(a.Number)
			return handleCount(ctx, &countArgs{a.Items})
		}),
		collect.HandleUpload(func(ctx context.Context, a *job, in iter.Seq2[int, error]) (int, error) {
			j.ran(a.Number)
			n := 0
			for i, err := range in {
				if err != nil {
					return 0, err
				}
				if i != n {
					return 0, ipc.Errorf("stress.order", "item %d came at place %d", i, n)
				}
				n++
			}
			return n, nil
		}),
		mirror.HandleDuplex(func(ctx context.Context, a *job, in iter.Seq2[int, error]) iter.Seq2[int, error] {
			j.ran(a.Number)
			return handleTwice(ctx, nil, in)
		}),
	)
}

var errOrder = errors.New("wrong, or out of order")

// settle notes the outcome of call n.
func (j *journal) settle(n int, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, twice := j.outcomes[n]; twice {
		err = fmt.Errorf("call %d was settled twice", n)
	}
	j.outcomes[n] = err
}

// ask makes one call of a random kind.
func (j *journal) ask(ctx context.Context, c ipc.Caller, r *rand.Rand, n int) {
	a := &job{Number: n, Items: r.IntN(100)}
	switch r.IntN(4) {
	case 0:
		a.Spin = rand.N(800 * time.Microsecond)
	case 1:
		a.Sleep = rand.N(2 * time.Millisecond)
	case 2:
		a.Nested = r.IntN(6)
	}
	if r.IntN(5) == 0 { // given up, now or later
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, rand.N(2*time.Millisecond))
		defer cancel()
	}
	switch r.IntN(6) {
	case 0, 1:
		got, err := work.Call(ctx, c, a)
		j.settle(n, right(got == n, err))
	case 2:
		f := work.Start(ctx, c, a)
		if r.IntN(4) == 0 {
			f.Cancel()
		}
		got, err := f.Wait(context.Background())
		j.settle(n, right(got == n, err))
	case 3:
		j.settle(n, j.consume(download.Stream(ctx, c, a), a.Items, 1, r))
	case 4:
		got, err := collect.Upload(ctx, c, a, upTo(a.Items))
		j.settle(n, right(got == a.Items, err))
	case 5:
		j.settle(n, j.consume(mirror.Duplex(ctx, c, a, upTo(a.Items)), a.Items, 2, r))
	}
}

func right(ok bool, err error) error {
	if err == nil && !ok {
		return errOrder
	}
	return err
}

// consume ranges a sequence of the multiples of step, or leaves it half-way.
func (j *journal) consume(seq iter.Seq2[int, error], items, step int, r *rand.Rand) error {
	leave, n := -1, 0
	if r.IntN(4) == 0 {
		leave = r.IntN(100)
	}
	for i, err := range seq {
		switch {
		case err != nil:
			return err
		case i != n*step:
			return errOrder
		case n == leave:
			return nil
		}
		n++
	}
	return right(n == items, nil)
}

// press has several goroutines ask, and one remark, until ctx ends.
func (j *journal) press(until <-chan struct{}, c ipc.Caller, seed uint64) {
	var wg sync.WaitGroup
	for k := range 6 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(k)))
			for n := 1 + k; !closedBy(until); n += 6 {
				j.ask(context.Background(), c, r, n)
			}
		})
	}
	wg.Go(func() {
		for !closedBy(until) {
			if err := remark.Notify(context.Background(), c, &countArgs{j.noted}); err != nil {
				j.settle(0, err)
				return
			}
			if j.noted++; j.noted%200 == 0 {
				j.catchUp(c)
			}
		}
	})
	wg.Wait()
}

// catchUp waits until the other side has handled all but few of the remarks: it
// drops what it has no room for.
func (j *journal) catchUp(c ipc.Caller) {
	for behind := 1 << 30; behind > 5000; {
		n, err := heard.Call(context.Background(), c, &noArgs{})
		if err != nil {
			return
		}
		if behind = j.noted - n; behind > 5000 {
			<-time.After(time.Millisecond)
		}
	}
}

func closedBy(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// compare makes sure that what this side was told is what the other side did.
func (j *journal) compare(t *testing.T, other *journal) {
	t.Helper()
	right, unknown, unsent := 0, 0, 0
	for n, err := range j.outcomes {
		runs := other.runs[n]
		var e *ipc.Error
		switch {
		case err == nil:
			right++
			if runs != 1 {
				t.Errorf("%s: call %d has a result and ran %d times", j.name, n, runs)
			}
		case errors.Is(err, ipc.ErrNotSent):
			unsent++
			if runs != 0 {
				t.Errorf("%s: call %d was not sent, and ran %d times: %v", j.name, n, runs, err)
			}
		case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
			unknown++
			if !errors.As(err, &e) || runs > 1 {
				t.Errorf("%s: call %d was given up, and ran %d times: %v", j.name, n, runs, err)
			}
		default:
			t.Errorf("%s: call %d: %v", j.name, n, err)
		}
	}
	for n, runs := range other.runs {
		if runs > 1 {
			t.Errorf("%s: call %d ran %d times", j.name, n, runs)
		}
	}
	for i, n := range other.notes {
		if i != n {
			t.Errorf("%s: remark %d came at place %d", j.name, n, i)
			break
		}
	}
	if len(other.notes) != j.noted {
		t.Errorf("%s: made %d remarks, %d were heard", j.name, j.noted, len(other.notes))
	}
	t.Logf("%s: %d calls with a result, %d given up, %d not sent, %d remarks", j.name, right, unknown, unsent, j.noted)
	if right < 10 || unknown < 10 {
		t.Errorf("%s: too little has happened", j.name)
	}
}

func TestJournals(t *testing.T) {
	noLeaks(t)
	server, client := newJournal("server"), newJournal("client")
	limits := ipc.Limits{Notifications: 1 << 20}
	srv := testServer(ipc.ServerOptions{Limits: limits})
	server.serve(srv)
	cl := ipc.NewClient(serveAt(t, srv, socket(t)), &ipc.ClientOptions{Logger: quiet, Limits: limits})
	serveAll(cl)
	client.serve(cl)
	if err := cl.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	until := make(chan struct{})
	time.AfterFunc(2*time.Second, func() { close(until) })
	var wg sync.WaitGroup
	seed := rand.Uint64()
	wg.Go(func() { client.press(until, cl, seed) })
	wg.Go(func() { server.press(until, srv.Peer(cl.Identity()), seed+1) })
	pressed := make(chan struct{})
	go func() { defer close(pressed); wg.Wait() }()
	select {
	case <-pressed:
	case <-time.After(30 * time.Second):
		t.Fatalf("seed %d: they wait for each other", seed)
	}
	if err := srv.Shutdown(t.Context()); err != nil { // whatever was cancelled ends, whatever was remarked is heard
		t.Error(err)
	}
	cl.Close()
	// the client's handlers may be at it still
	settleDown(t, func() bool {
		client.mu.Lock()
		defer client.mu.Unlock()
		return len(client.notes) == server.noted
	})
	client.compare(t, server)
	server.compare(t, client)
	if t.Failed() {
		t.Logf("seed %d", seed)
	}
}

// settleDown waits for what comes in its own time.
func settleDown(t *testing.T, settled func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.After(5 * time.Second); !settled(); {
		select {
		case <-tick.C:
		case <-end:
			return
		}
	}
}
