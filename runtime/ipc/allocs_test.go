package ipc_test

import (
	"context"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

// What a call allocates on both sides together, what the handler allocates
// apart, is a promise.
func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	noted := *method[textArgs, struct{}]("Test.Noted", ipc.KindNotify)
	noted.Args = echoed.Args
	heard := make(chan struct{}, 1)
	_, cl := ipctest.Pair(t, func(srv *ipc.Server, _ *ipc.Client) {
		srv.Register(
			echoed.Handle(handleEcho),
			noted.HandleNotify(func(context.Context, *textArgs) error { heard <- struct{}{}; return nil }),
		)
	})
	args := &textArgs{"hello"}
	for name, test := range map[string]struct {
		most float64
		send func() error
	}{
		"call": {3, func() error {
			_, err := echoed.Call(t.Context(), cl, args)
			return err
		}},
		"notification": {3, func() error {
			defer func() { <-heard }()
			return noted.Notify(t.Context(), cl, args)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			n := testing.AllocsPerRun(2000, func() {
				if err := test.send(); err != nil {
					t.Fatal(err)
				}
			})
			if n > test.most {
				t.Errorf("%v allocations, at most %v are promised", n, test.most)
			}
		})
	}
}
