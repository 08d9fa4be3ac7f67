package roundtrip_test

import (
	"context"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/results"
)

// resulting answers the routes it names; the others are never called.
type resulting struct{ results.Results }

func (resulting) Named(context.Context) (int, float64, error)  { return 3, 1.5, nil }
func (resulting) Unnamed(context.Context) (int, string, error) { return 7, "seven", nil }

func TestResults(t *testing.T) {
	play(t, func(r ipc.Registrar) { results.RegisterResults(r, resulting{}) }, func(t *testing.T, s scene) {
		c, ctx := results.NewResultsClient(s.cl), t.Context()

		count, mean, err := c.Named(ctx)
		same(t, "named", err, nil)
		same(t, "named", []float64{float64(count), mean}, []float64{3, 1.5})
		n, text, err := c.Unnamed(ctx)
		same(t, "unnamed", err, nil)
		same(t, "unnamed", n, 7)
		same(t, "unnamed", text, "seven")
	})
}
