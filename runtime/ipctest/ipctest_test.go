package ipctest_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/examples/hello/greet"
	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

// greeter is what the tests serve.
type greeter struct{}

func (greeter) Hello(_ context.Context, name string) (string, error) { return "hello, " + name, nil }
func (greeter) Countdown(context.Context, int) iter.Seq2[int, error] { return nil }
func (greeter) Forget(context.Context, string) error                 { return nil }

// What most tests need: a server and a client, and something to call.
func TestPair(t *testing.T) {
	_, cl := ipctest.Pair(t, func(srv *ipc.Server, _ *ipc.Client) {
		greet.RegisterGreeter(srv, greeter{})
	})
	got, err := greet.NewGreeterClient(cl).Hello(t.Context(), "Ada")
	if got != "hello, Ada" || err != nil {
		t.Errorf("hello: %q, %v", got, err)
	}
}

// A link that fails, in virtual time: the test takes minutes and no time.
func TestLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(nil)
		greet.RegisterGreeter(srv, greeter{})
		link := ipctest.NewLink(ipctest.Serve(t, srv))
		cl := ipc.NewClient("", &ipc.ClientOptions{Dial: link.Dial})
		ipctest.Connect(t, cl)
		hello := func() error {
			_, err := greet.NewGreeterClient(cl).Hello(t.Context(), "Ada")
			return err
		}

		link.Cut()
		synctest.Wait()
		if cl.State() == ipc.Ready {
			t.Error("a cut went unnoticed")
		}
		time.Sleep(time.Minute)
		if err := hello(); err != nil {
			t.Errorf("after a cut: %v", err)
		}

		link.Down()
		time.Sleep(time.Minute)
		if err := hello(); !errors.Is(err, code.NotConnected) {
			t.Errorf("while the link is down: %v", err)
		}
		link.Up()
		time.Sleep(time.Minute)
		if err := hello(); err != nil {
			t.Errorf("after it came up: %v", err)
		}

		link.Freeze()
		if err := hello(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("while packets are lost: %v", err)
		}
		time.Sleep(time.Minute)
		if cl.State() == ipc.Ready {
			t.Error("silence went unnoticed")
		}
		link.Thaw()
		time.Sleep(time.Minute)
		if err := hello(); err != nil {
			t.Errorf("after the thaw: %v", err)
		}
	})
}
