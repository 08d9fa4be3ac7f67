package hello

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, GreeterRoutes,
		probe.Method(&greeterHello),
		probe.Method(&greeterCountdown),
		probe.Method(&greeterForget),
		probe.Method(&greeterStat),
		probe.Input(&greeterSum),
		probe.Input(&greeterEcho),
	)
}
