package generic

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, GenericRoutes,
		probe.Method(&genericItems),
		probe.Method(&genericPair),
		probe.Method(&genericList),
		probe.Method(&genericMaybe),
		probe.Method(&genericPages),
	)
}
