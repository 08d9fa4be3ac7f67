package roundtrip_test

import (
	"bytes"
	"context"
	"iter"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/settings"
)

// settled answers the routes it names; the others are never called.
type settled struct{ settings.Settings }

func (settled) New(_ context.Context, text string) (string, error) { return "new " + text, nil }

// Turn takes its time, in which the connection moves other things.
func (settled) Turn(_ context.Context, data []byte) ([]byte, error) {
	time.Sleep(time.Millisecond)
	return turned(data), nil
}

func (settled) TurnAll(_ context.Context, chunks iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for c, err := range chunks {
			runtime.Gosched()
			if !yield(turned(c), err) {
				return
			}
		}
	}
}

func turned(data []byte) []byte {
	data = slices.Clone(data)
	slices.Reverse(data)
	return data
}

func (settled) Millis(context.Context) error { return nil }

func TestSettings(t *testing.T) {
	play(t, func(r ipc.Registrar) { settings.RegisterSettings(r, settled{}) }, func(t *testing.T, s scene) {
		c, ctx := settings.NewSettingsClient(s.cl), t.Context()

		renamed, err := c.New(ctx, "text")
		same(t, "new", err, nil)
		same(t, "new", renamed, "new text")
		same(t, "millis", c.Millis(ctx), nil)
	})
}

// block is some data that no other number has.
func block(i int) []byte { return bytes.Repeat([]byte{byte(i), byte(i >> 8), 1}, 100+i%500) }

// What is borrowed stays what it is until it is given back, whatever else the
// connection moves meanwhile.
func TestBorrowed(t *testing.T) {
	play(t, func(r ipc.Registrar) { settings.RegisterSettings(r, settled{}) }, func(t *testing.T, s scene) {
		c, ctx := settings.NewSettingsClient(s.cl), t.Context()
		var all sync.WaitGroup
		for worker := range 50 {
			all.Go(func() {
				for i := worker; i < 500; i += 50 {
					got, err := c.Turn(ctx, block(i))
					if err != nil || !bytes.Equal(got, turned(block(i))) {
						t.Errorf("block %d: %d bytes that are others, %v", i, len(got), err)
					}
				}
			})
		}
		all.Go(func() {
			blocks := func(yield func([]byte, error) bool) {
				for i := 0; i < 2000 && yield(block(i), nil); i++ {
				}
			}
			n := 0
			for got, err := range c.TurnAll(ctx, blocks) {
				runtime.Gosched()
				if err != nil || !bytes.Equal(got, turned(block(n))) {
					t.Errorf("item %d: %d bytes that are others, %v", n, len(got), err)
				}
				n++
			}
			if n != 2000 {
				t.Errorf("%d items", n)
			}
		})
		all.Wait()
	})
}
