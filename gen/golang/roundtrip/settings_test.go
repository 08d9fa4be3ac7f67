package roundtrip_test

import (
	"context"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/settings"
)

// settled answers the routes it names; the others are never called.
type settled struct{ settings.Settings }

func (settled) New(_ context.Context, text string) (string, error) { return "new " + text, nil }
func (settled) Millis(context.Context) error                       { return nil }

func TestSettings(t *testing.T) {
	play(t, func(r ipc.Registrar) { settings.RegisterSettings(r, settled{}) }, func(t *testing.T, s scene) {
		c, ctx := settings.NewSettingsClient(s.cl), t.Context()

		renamed, err := c.New(ctx, "text")
		same(t, "new", err, nil)
		same(t, "new", renamed, "new text")
		same(t, "millis", c.Millis(ctx), nil)
	})
}
