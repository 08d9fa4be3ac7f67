package unexported

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, ExportedRoutes,
		probe.Method(&exportedMove),
		probe.Method(&exportedPaths),
		probe.Method(&exportedPair),
	)
	probe.All(t, hiddenRoutes,
		probe.Method(&hiddenLook),
		probe.Method(&hiddenBoth),
	)
}
