package results

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, ResultsRoutes,
		probe.Method(&resultsNamed),
		probe.Method(&resultsUnnamed),
		probe.Method(&resultsBlank),
		probe.Method(&resultsOne),
		probe.Method(&resultsOtherError),
		probe.Method(&resultsThree),
		probe.Input(&resultsUploaded),
	)
}
