package roundtrip_test

import (
	"bytes"
	"context"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/settings"
)

// settled answers the routes it names; the others are never called.
type settled struct {
	settings.Settings
	turning chan struct{} // Turn has begun
	turn    chan struct{} // and may go on
}

func (settled) New(_ context.Context, text string) (string, error) { return "new " + text, nil }

// Turn waits until it is told to go on; meanwhile the connection moves other things.
func (s settled) Turn(_ context.Context, data []byte) ([]byte, error) {
	s.turning <- struct{}{}
	<-s.turn
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
	impl := settled{turning: make(chan struct{}), turn: make(chan struct{})}
	play(t, func(r ipc.Registrar) { settings.RegisterSettings(r, impl) }, func(t *testing.T, s scene) {
		c, ctx := settings.NewSettingsClient(s.cl), t.Context()
		var all sync.WaitGroup
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
		const rounds, at = 10, 50
		for round := range rounds {
			var turns []*ipc.Future[[]byte]
			for i := range at {
				turns = append(turns, c.StartTurn(ctx, block(round*at+i)))
			}
			for range at {
				<-impl.turning // each has its bytes in hand
			}
			for range at {
				if _, err := c.New(ctx, strings.Repeat("other ", 300)); err != nil {
					t.Fatal(err)
				}
			}
			for range at {
				impl.turn <- struct{}{}
			}
			for i, f := range turns {
				got, err := f.Wait(ctx)
				if n := round*at + i; err != nil || !bytes.Equal(got, turned(block(n))) {
					t.Errorf("block %d: %d bytes that are others, %v", n, len(got), err)
				}
			}
		}
		all.Wait()
	})
}
