package guards

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, VaultRoutes,
		probe.Method(&vaultLook),
		probe.Method(&vaultPut),
		probe.Method(&vaultList),
		probe.Input(&vaultFill),
		probe.Method(&vaultForget),
	)
	probe.All(t, LobbyRoutes,
		probe.Method(&lobbyLook),
		probe.Method(&lobbyPut),
		probe.Method(&lobbyList),
		probe.Input(&lobbyFill),
		probe.Method(&lobbyForget),
		probe.Method(&lobbyKnock),
		probe.Method(&lobbyEnter),
		probe.Method(&lobbyPass),
	)
	probe.All(t, DotsRoutes,
		probe.Method(&dotsNear),
	)
}
