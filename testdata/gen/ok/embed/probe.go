package embed

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, MachineRoutes,
		probe.Method(&machineStatus),
		probe.Method(&machineReset),
		probe.Method(&machineStart),
		probe.Method(&machineStop),
	)
}
