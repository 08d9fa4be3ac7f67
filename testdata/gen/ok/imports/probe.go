package imports

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, ImportsRoutes,
		probe.Method(&importsTravel),
		probe.Method(&importsClimb),
		probe.Method(&importsMap),
		probe.Method(&importsWait),
		probe.Input(&importsWalk),
		probe.Method(&importsFetch),
		probe.Method(&importsTell),
	)
}
