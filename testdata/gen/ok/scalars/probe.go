package scalars

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, ScalarsRoutes,
		probe.Method(&scalarsInts),
		probe.Method(&scalarsUints),
		probe.Method(&scalarsFloats),
		probe.Method(&scalarsTexts),
		probe.Method(&scalarsTimes),
		probe.Method(&scalarsAll),
	)
}
