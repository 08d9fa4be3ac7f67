package nested

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, NestedRoutes,
		probe.Method(&nestedOrder),
		probe.Method(&nestedTree),
		probe.Method(&nestedMutual),
		probe.Method(&nestedAnonymous),
		probe.Method(&nestedEmpty),
		probe.Input(&nestedOrders),
	)
}
