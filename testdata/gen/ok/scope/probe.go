package scope

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, ScopeRoutes,
		probe.Method(&scopeContext),
		probe.Method(&scopeSingle2),
		probe.Input(&scopeAll),
		probe.Method(&scopePair),
	)
}
