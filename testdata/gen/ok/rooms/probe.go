package rooms

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes and events.
func Probe(t *testing.T) {
	probe.All(t, RoomRoutes, probe.Method(&roomPost))
	probe.All(t, RoomEventsRoutes, probe.Event(&roomEventsPosted), probe.Event(&roomEventsRenamed), probe.Event(&roomEventsClosed))
	probe.All(t, AlarmsRoutes, probe.Event(&alarmsRaised))
	probe.All(t, ticksRoutes, probe.Event(&ticksTick2), probe.Event(&ticksTickAt2))
}
