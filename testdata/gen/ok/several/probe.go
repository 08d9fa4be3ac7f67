package several

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, FirstRoutes,
		probe.Method(&firstDo),
		probe.Method(&firstSecond),
	)
	probe.All(t, FirstSecondRoutes,
		probe.Method(&firstSecondDo),
	)
	probe.All(t, StreamsRoutes,
		probe.Method(&streamsItems),
		probe.Input(&streamsSecondDo),
	)
}
