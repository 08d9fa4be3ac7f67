package fallback

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, FallbackRoutes,
		probe.Method(&fallbackAny),
		probe.Method(&fallbackElsewhere),
		probe.Method(&fallbackStandard),
		probe.Method(&fallbackRaw),
		probe.Method(&fallbackMarshalers),
		probe.Method(&fallbackEmbedded),
		probe.Method(&fallbackWithin),
	)
}
