package names

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, NamesRoutes,
		probe.Method(&namesReceiver),
		probe.Method(&namesGroup),
		probe.Method(&namesPackages),
		probe.Method(&namesUniverse),
		probe.Method(&namesErrors),
		probe.Method(&namesResults),
		probe.Method(&namesHandler),
		probe.Input(&namesInput),
		probe.Method(&namesNoContext),
		probe.Method(&namesUnnamed),
		probe.Method(&namesHidden2),
		probe.Method(&namesCased),
		probe.Method(&namesGenerated),
		probe.Method(&namesClock),
		probe.Method(&namesType),
	)
	probe.All(t, HTTPServerRoutes,
		probe.Method(&httpServerID),
		probe.Method(&httpServerGetURL),
	)
}
