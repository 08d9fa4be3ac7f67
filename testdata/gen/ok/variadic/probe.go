package variadic

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, VariadicRoutes,
		probe.Method(&variadicJoin),
		probe.Method(&variadicSum),
		probe.Method(&variadicDraw),
		probe.Method(&variadicNest),
		probe.Method(&variadicNote),
		probe.Method(&variadicWatch),
	)
}
