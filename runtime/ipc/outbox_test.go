package ipc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// queued is an outbox of which nothing leaves, so full that only little fits.
type queued struct {
	*outbox
	far  transport.Conn
	sent map[uint64]chan error // what send returned, by the packet's id
}

func fillOutbox(t *testing.T) *queued {
	t.Helper()
	c, far := newTestConn(t, Limits{Message: 64 << 10})
	q := &queued{&c.out, far, map[uint64]chan error{}}
	q.start(t.Context(), 1, 60<<10, time.Time{})
	return q
}

// start sends a packet on a goroutine, until it waits for room or is queued.
func (q *queued) start(ctx context.Context, id uint64, size int, until time.Time) {
	result := make(chan error, 1)
	q.sent[id] = result
	p := &wire.Packet{Kind: wire.KindItem, ID: id, Body: make([]byte, size)}
	go func() { result <- q.send(ctx, p, until, atOnce, nil) }()
	synctest.Wait()
}

// arrived returns the ids of the next n packets at the far end.
func (q *queued) arrived(t *testing.T, n int) (ids []uint64) {
	t.Helper()
	for len(ids) < n {
		msg, err := q.far.Read(nil)
		if err != nil {
			t.Fatal(err)
		}
		for len(msg) > 0 {
			var p wire.Packet
			if msg, err = wire.CBORv1.Next(msg, &p); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// A packet that would fit does not pass over a larger one that waits.
func TestRoomIsGrantedInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := fillOutbox(t)
		for id, size := range []int{40 << 10, 10, 30 << 10, 10} {
			q.start(t.Context(), uint64(id+2), size, time.Time{})
		}
		if n := len(q.waiters.queue); n != 4 {
			t.Errorf("%d wait", n)
		}
		q.release()
		got := q.arrived(t, 5)
		if slices.Sort(got[1:]); !slices.Equal(got, []uint64{1, 2, 3, 4, 5}) {
			t.Errorf("%v left", got)
		}
		for id, err := range q.sent {
			if err := <-err; err != nil {
				t.Errorf("%d: %v", id, err)
			}
		}
	})
}

// Who waits no longer leaves his place to those behind him.
func TestWhoGivesUpLeavesHisPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := fillOutbox(t)
		ctx, cancel := context.WithCancel(t.Context())
		q.start(ctx, 2, 40<<10, time.Time{})
		q.start(t.Context(), 3, 40<<10, time.Now().Add(time.Second))
		q.start(t.Context(), 4, 10, time.Time{})
		cancel()
		synctest.Wait()
		time.Sleep(2 * time.Second)
		for id, cause := range map[uint64]error{2: context.Canceled, 3: context.DeadlineExceeded} {
			if err := <-q.sent[id]; !errors.Is(err, code.QueueFull) || !errors.Is(err, cause) {
				t.Errorf("%d: %v", id, err)
			}
		}
		if err := <-q.sent[4]; err != nil {
			t.Error(err)
		}
		q.release()
		if got, want := q.arrived(t, 2), []uint64{1, 4}; !slices.Equal(got, want) {
			t.Errorf("%v left", got)
		}
	})
}

// What cannot be said after all leaves its room to those behind it.
func TestWhoCannotBeSaidLeavesHisPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := fillOutbox(t)
		unsayable := make(chan error, 1)
		go func() {
			meta := map[string]string{"k": strings.Repeat("v", 64<<10)}
			unsayable <- q.send(t.Context(), &wire.Packet{Kind: wire.KindCall, ID: 2, Route: "A.B", Body: make([]byte, 40<<10), Meta: meta}, time.Time{}, atOnce, nil)
		}()
		synctest.Wait()
		q.start(t.Context(), 3, 30<<10, time.Time{})
		q.release()
		if got := q.arrived(t, 2); !slices.Equal(got, []uint64{1, 3}) {
			t.Errorf("%v arrived", got)
		}
		if err := <-unsayable; err == nil {
			t.Error("64 KiB of metadata were sent")
		}
		if err := <-q.sent[3]; err != nil {
			t.Error(err)
		}
	})
}

// The end of the connection tells everybody who waits.
func TestTheEndDismissesWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := fillOutbox(t)
		for id := range uint64(3) {
			q.start(t.Context(), id+2, 40<<10, time.Time{})
		}
		over := fmt.Errorf("over")
		if unsent := q.close(over); len(unsent) != 1 {
			t.Errorf("%d messages never left", len(unsent))
		}
		for id := range uint64(3) {
			if err := <-q.sent[id+2]; err != over {
				t.Errorf("%d: %v", id+2, err)
			}
		}
	})
}

// Storage that was returned is handed out by its size.
func TestBuffersFit(t *testing.T) {
	for _, size := range []int{0, 1, minBuffer, minBuffer + 1, 100 << 10, maxBuffer, maxBuffer + 1} {
		b := newBuffer(size)
		if cap(b.bytes) < size || len(b.bytes) != 0 {
			t.Fatalf("for %d bytes: %d of %d", size, len(b.bytes), cap(b.bytes))
		}
		b.bytes = append(b.bytes, make([]byte, size)...)
		b.reserve(size + 1)
		if cap(b.bytes) < 2*size+1 || len(b.bytes) != size {
			t.Fatalf("for %d bytes and as many: %d of %d", size, len(b.bytes), cap(b.bytes))
		}
		b.release()
	}
	odd := fresh(3*minBuffer - 1) // between two classes
	odd.release()
	for range 3 {
		if b := newBuffer(3*minBuffer - 1); cap(b.bytes) < 3*minBuffer-1 {
			t.Fatalf("%d bytes, too little", cap(b.bytes))
		}
	}
}
