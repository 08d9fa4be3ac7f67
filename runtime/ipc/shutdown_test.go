package ipc_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Notifications that were taken in are handled before the server ends.
func TestShutdownWaitsForNotifications(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		var got []int
		srv.Register(note.HandleNotify(func(_ context.Context, a *countArgs) error {
			time.Sleep(time.Second)
			got = append(got, a.N)
			return nil
		}))
		for i := range 10 {
			note.Notify(t.Context(), cl, &countArgs{i})
		}
		time.Sleep(10 * time.Millisecond) // until they are read
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if fmt.Sprint(got) != "[0 1 2 3 4 5 6 7 8 9]" {
			t.Errorf("handled: %v", got)
		}
	})
}

// Those that wait behind one that does not end are not waited for.
func TestShutdownGivesUpNotifications(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		handled := make(chan int, 10)
		release := make(chan struct{})
		srv.Register(note.HandleNotify(func(_ context.Context, a *countArgs) error {
			handled <- a.N
			<-release
			return nil
		}))
		for i := range 10 {
			note.Notify(t.Context(), cl, &countArgs{i})
		}
		time.Sleep(10 * time.Millisecond) // until they are read
		start := time.Now()
		err := srv.Shutdown(context.Background())
		if err == nil || !strings.Contains(err.Error(), "Test.Note") {
			t.Errorf("shutdown: %v", err)
		}
		if d := time.Since(start); d > 33*time.Second {
			t.Errorf("it took %v", d)
		}
		close(release)
		synctest.Wait()
		if len(handled) != 1 {
			t.Errorf("%d were handled", len(handled))
		}
	})
}

// Replies reach a peer that is slow to read them.
func TestShutdownWaitsForWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, url := secured(t, ipc.ServerOptions{}, nil)
		slow := meetDeaf(t, url, wire.CBORv1)
		slow.talk(identified)
		large := text(strings.Repeat("x", 200<<10)) // of which not many fit in between
		for i := range 5 {
			slow.talk(say(call(uint64(2*i+1), "Test.Echo", large)))
		}
		time.Sleep(time.Millisecond)
		down := make(chan error)
		go func() { down <- srv.Shutdown(context.Background()) }()
		time.Sleep(5 * time.Second)
		for i := range 5 {
			slow.talk(hear(wire.KindReply, uint64(2*i+1), nil))
		}
		slow.talk(hear(wire.KindGoAway, 0, nil), hearEnd(3000))
		if err := <-down; err != nil {
			t.Error(err)
		}
	})
}
