package ipc_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// Two sides that call each other back, deeply and as often as they may, never
// wait for each other's places: what there is no place for is refused.
func TestDeepCallsBothWays(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		const callers = 128
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
		var finished, refused atomic.Int32
		var wg sync.WaitGroup
		start := time.Now()
		for range callers {
			for _, to := range []ipc.Caller{cl, srv.Peer(cl.Identity())} {
				wg.Go(func() {
					switch n, err := deeper.Call(context.Background(), to, &countArgs{16}); {
					case err == nil && n == 16:
						finished.Add(1)
					case errors.Is(err, code.Overloaded):
						refused.Add(1)
					default:
						t.Errorf("%d, %v", n, err)
					}
				})
			}
		}
		wg.Wait()
		if d := time.Since(start); d > time.Second {
			t.Errorf("it took %v", d)
		}
		if finished.Load()+refused.Load() != 2*callers {
			t.Errorf("%d finished, %d were refused", finished.Load(), refused.Load())
		}
	})
}
