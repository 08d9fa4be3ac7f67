package named

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, NamedRoutes,
		probe.Method(&namedBasic),
		probe.Method(&namedLists),
		probe.Method(&namedMaps),
		probe.Method(&namedPointers),
		probe.Method(&namedAliases),
		probe.Method(&namedRecursive),
		probe.Method(&namedIndirect),
		probe.Method(&namedColors),
		probe.Method(&namedLong),
	)
}
