package tags

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/internal/probe"
)

// Probe checks the codings of all routes.
func Probe(t *testing.T) {
	probe.All(t, TagsRoutes,
		probe.Method(&tagsPlain),
		probe.Method(&tagsBoth),
		probe.Method(&tagsOptions),
		probe.Method(&tagsClash),
	)
}
