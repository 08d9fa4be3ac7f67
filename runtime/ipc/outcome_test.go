package ipc_test

import (
	"context"
	"errors"
	"iter"
	"runtime"
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

// Why a connection ended says nothing of whether the calls on it ran.
func TestALostCallIsNotTakenForOneNotSent(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		f := block.Start(t.Context(), cl, &noArgs{})
		synctest.Wait()
		srv.Peers()[0].Close("go away")
		_, err := f.Wait(t.Context())
		if !errors.Is(err, ipc.ErrUnknownOutcome) || errors.Is(err, ipc.ErrNotSent) || !errors.Is(err, code.Lost) {
			t.Errorf("under way: %v", err)
		}
		_, err = echo.Call(t.Context(), cl, &textArgs{})
		if !errors.Is(err, ipc.ErrNotSent) || errors.Is(err, ipc.ErrUnknownOutcome) || !errors.Is(err, code.Closed) {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// jam is a connection that takes nothing once it is jammed, and whose Close
// takes its time.
type jam struct {
	transport.Conn
	jammed  atomic.Bool
	closing sync.Once
	closed  chan struct{}
}

func (j *jam) Write(msg []byte) (bool, error) {
	if j.jammed.Load() {
		return false, nil
	}
	return j.Conn.Write(msg)
}

func (j *jam) Flush() error {
	if !j.jammed.Load() {
		return j.Conn.Flush()
	}
	<-j.closed
	return errors.New("closed in a jam")
}

func (j *jam) Close(status uint16, reason string) error {
	for range 100 {
		runtime.Gosched()
	}
	j.closing.Do(func() { close(j.closed) })
	return j.Conn.Close(status, reason)
}

// jammable connects a client of small messages to srv, over what can be jammed.
func jammable(t *testing.T, srv *ipc.Server) (cl *ipc.Client, last func() *jam) {
	t.Helper()
	url := ipctest.Serve(t, srv)
	var j atomic.Pointer[jam]
	cl = ipc.NewClient("mem:jam", &ipc.ClientOptions{
		Logger: quiet, Limits: ipc.Limits{Message: 4 << 10},
		Dial: func(ctx context.Context, o *transport.Options) (transport.Conn, error) {
			c, err := transport.Dial(ctx, url, o)
			j.Store(&jam{Conn: c, closed: make(chan struct{})})
			return j.Load(), err
		},
	})
	ipctest.Connect(t, cl)
	return cl, j.Load
}

// What waits behind a message that does not get through was not sent.
func TestCallsThatNeverLeftAreNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl, link := jammable(t, testServer(ipc.ServerOptions{}))
		link().jammed.Store(true)
		leaving := echo.Start(t.Context(), cl, &textArgs{})
		var queued []*ipc.Future[string]
		for range 3 {
			queued = append(queued, echo.Start(t.Context(), cl, &textArgs{}))
		}
		link().Close(0, "")
		if _, err := leaving.Wait(t.Context()); !errors.Is(err, ipc.ErrUnknownOutcome) || errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("on its way: %v", err)
		}
		for _, f := range queued {
			if _, err := f.Wait(t.Context()); !errors.Is(err, ipc.ErrNotSent) || errors.Is(err, ipc.ErrUnknownOutcome) {
				t.Errorf("queued: %v", err)
			}
		}
	})
}

// An upload whose items cannot be sent has been opened all the same.
func TestAnUploadThatWaitsForRoomIsNotUnsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl, link := jammable(t, testServer(ipc.ServerOptions{}))
		slurp := inputMethod[noArgs, []byte, int]("Test.Sum", ipc.KindUpload)
		jammed, settled := make(chan struct{}), make(chan error)
		go func() {
			_, err := slurp.Upload(t.Context(), cl, &noArgs{}, func(yield func([]byte, error) bool) {
				<-jammed
				for yield(make([]byte, 1<<10), nil) {
				}
			})
			settled <- err
		}()
		synctest.Wait() // it runs
		link().jammed.Store(true)
		close(jammed)
		synctest.Wait() // its input waits for room
		link().Close(0, "")
		if err := <-settled; !errors.Is(err, ipc.ErrUnknownOutcome) || errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("the connection ended: %v", err)
		}
	})
}

// Whatever ends an upload on this side, its error says that it may have run.
func TestUploadsThatEndHere(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		idle := inputMethod[noArgs, int, int]("Test.Idle", ipc.KindUpload)
		srv.Register(idle.HandleUpload(func(ctx context.Context, _ *noArgs, _ iter.Seq2[int, error]) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		}))
		forever := func(yield func(int, error) bool) {
			for yield(1, nil) {
			}
		}
		for range 10 { // whoever of the two that watch the context comes first
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			_, err := idle.Upload(ctx, cl, &noArgs{}, forever)
			if !errors.Is(err, context.Canceled) || !errors.Is(err, ipc.ErrUnknownOutcome) {
				t.Fatalf("its context ended: %v", err)
			}
		}
		large := inputMethod[noArgs, []byte, int]("Test.Sum", ipc.KindUpload)
		_, err := large.Upload(t.Context(), cl, &noArgs{}, one(make([]byte, 2<<20)))
		if !errors.Is(err, code.TooLarge) || !errors.Is(err, ipc.ErrUnknownOutcome) {
			t.Errorf("an item is too large: %v", err)
		}
		strange := inputMethod[noArgs, string, int]("Test.Sum", ipc.KindUpload)
		_, err = strange.Upload(t.Context(), cl, &noArgs{}, one("\xff"))
		if !errors.Is(err, code.BadRequest) || !errors.Is(err, ipc.ErrUnknownOutcome) {
			t.Errorf("an item cannot be encoded: %v", err)
		}
	})
}

// one yields v.
func one[T any](v T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) { yield(v, nil) }
}

// watched is a context that counts who waits for its end.
type watched struct {
	context.Context
	end     chan struct{}
	waiters atomic.Int32
}

func (w *watched) Done() <-chan struct{} { return w.end }

// AfterFunc is called by context.AfterFunc.
func (w *watched) AfterFunc(func()) (stop func() bool) {
	w.waiters.Add(1)
	return func() bool { w.waiters.Add(-1); return true }
}

// A future lets go of its context when it is settled, whether anybody waits
// for it or not.
func TestSettledFuturesForgetTheirContext(t *testing.T) {
	pair(t, func(t *testing.T, _ *ipc.Server, cl *ipc.Client) {
		ctx := &watched{Context: t.Context(), end: make(chan struct{})}
		var futures []*ipc.Future[string]
		for range 100 {
			futures = append(futures, echo.Start(ctx, cl, &textArgs{}))
		}
		abandoned := block.Start(ctx, cl, &noArgs{})
		for _, f := range futures {
			<-f.Done()
		}
		if n := ctx.waiters.Load(); n != 1 {
			t.Errorf("%d futures hold on to their context, want the one that is not settled", n)
		}
		abandoned.Cancel()
		if n := ctx.waiters.Load(); n != 0 {
			t.Errorf("%d futures hold on to their context", n)
		}
	})
}
