package shapes

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, ShapesRoutes,
		probe.Method(&shapesPing),
		probe.Method(&shapesSet),
		probe.Method(&shapesGet),
		probe.Method(&shapesAdd),
		probe.Method(&shapesDivide),
		probe.Method(&shapesWake),
		probe.Method(&shapesLog),
		probe.Method(&shapesTicks),
		probe.Method(&shapesRange),
		probe.Input(&shapesDrain),
		probe.Input(&shapesCount),
		probe.Input(&shapesScale),
		probe.Input(&shapesBounds),
		probe.Input(&shapesRelay),
		probe.Input(&shapesLengths),
	)
}
