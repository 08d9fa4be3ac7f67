package containers

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, ContainersRoutes,
		probe.Method(&containersSlices),
		probe.Method(&containersArrays),
		probe.Method(&containersMaps),
		probe.Method(&containersKeys),
		probe.Method(&containersPointers),
		probe.Method(&containersMixed),
		probe.Method(&containersBytes),
	)
}
