package golang

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestImports(t *testing.T) {
	im := &imports{
		names:  &names{taken: map[string]bool{"context": true, "west": true}, shadows: map[string]bool{"time": true}},
		byPath: map[string]imported{},
	}
	for _, tt := range []struct{ path, real, want string }{
		{"iter", "iter", "iter"},
		{"context", "context", "stdcontext"}, // the package declares context
		{"time", "time", "stdtime"},          // a parameter is called time
		{"example.com/east/place", "place", "place"},
		{"example.com/west/place", "place", "westplace"},
		{"example.com/west/v2/place", "place", "v2place"},
		{"example.com/west/place/v3", "place", "place2"}, // westplace is taken
		{"example.com/lib/cbor/v2", "cbor", "cbor"},
		{"gopkg.in/yaml.v3", "yaml", "yaml"},
		{"example.com/go-lake", "lake", "lake"},
		{"example.com/2fa/code", "code", "code"},
		{"example.org/2fa/code", "code", "code2"},
		{"example.com/east/place", "place", "place"},
	} {
		if got := im.name(tt.path, tt.real); got != tt.want {
			t.Errorf("%s is called %s, want %s", tt.path, got, tt.want)
		}
	}
	var got strings.Builder
	im.writeTo(&got)
	want := `import (
	stdcontext "context"
	"iter"
	stdtime "time"

	"example.com/2fa/code"
	"example.com/east/place"
	lake "example.com/go-lake"
	"example.com/lib/cbor/v2"
	westplace "example.com/west/place"
	place2 "example.com/west/place/v3"
	v2place "example.com/west/v2/place"
	code2 "example.org/2fa/code"
	"gopkg.in/yaml.v3"
)
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
