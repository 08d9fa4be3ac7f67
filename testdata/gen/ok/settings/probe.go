package settings

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, SettingsRoutes,
		probe.Method(&settingsHour),
		probe.Method(&settingsSeconds),
		probe.Method(&settingsMinute),
		probe.Method(&settingsMillis),
		probe.Method(&settingsOld),
		probe.Method(&settingsOlder),
		probe.Method(&settingsNew),
		probe.Method(&settingsTurn),
		probe.Input(&settingsTurnAll),
		probe.Method(&settingsHint),
	)
}
