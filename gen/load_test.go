package gen_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/ipcgen/ipcgen/gen"
)

// TestSituations generates where it is hard to load what to generate for. The
// last files of each module in testdata/gen/load are the outcome.
//
// Lines like key: value in front of the files say more:
//
//	patterns: ./a ./b  what matches, if not ./...
//	flags: -tags=x     of the go command
//	env: GOFLAGS=...   is added to the environment
//	go: vet            what was generated is written, and go vet run on all
//	runtime: none      there is none; else it is in the module's workspace
func TestSituations(t *testing.T) { testGoldens(t, "load", testSituation) }

// outcomes are the files of a golden that say what is expected.
var outcomes = []string{"problems", "generated", "removed", "notes"}

func testSituation(t *testing.T, golden *txtar.Archive) {
	want := new(txtar.Archive)
	for _, name := range outcomes {
		if content := take(golden, name); content != "" {
			want.Files = append(want.Files, txtar.File{Name: name, Data: []byte(content)})
		}
	}
	set := settings(golden)
	m := unpack(t, workspace(t, golden, set["runtime"] != "none"))
	result := m.generate(set.config())
	got := m.outcome(result)
	if set["go"] == "vet" {
		m.vet(result)
	}
	if *update {
		golden.Files = append(golden.Files, got.Files...)
		return
	}
	if diff := cmp.Diff(string(txtar.Format(want)), string(txtar.Format(got))); diff != "" {
		t.Errorf("another outcome (-want +got):\n%s", diff)
	}
}

// outcome writes what result says as the files of a golden.
func (m *module) outcome(result *gen.Result) *txtar.Archive {
	var generated, removed []string
	for _, f := range result.Files {
		generated = append(generated, m.inside(f.Path))
	}
	for _, path := range result.Remove {
		removed = append(removed, m.inside(path))
	}
	ar := new(txtar.Archive)
	for i, lines := range [][]string{m.problems(result), generated, removed, result.Notes} {
		if len(lines) > 0 {
			ar.Files = append(ar.Files, txtar.File{Name: outcomes[i], Data: []byte(strings.Join(lines, "\n") + "\n")})
		}
	}
	return ar
}

// scene is what is set in front of the files of a golden.
type scene map[string]string

func settings(ar *txtar.Archive) scene {
	set := make(scene)
	for line := range strings.Lines(string(ar.Comment)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && !strings.Contains(key, " ") {
			set[key] = value
		}
	}
	return set
}

func (s scene) config() gen.Config {
	cfg := gen.Config{Patterns: []string{"./..."}}
	if s["patterns"] != "" {
		cfg.Patterns = strings.Fields(s["patterns"])
	}
	if s["flags"] != "" {
		cfg.Flags = strings.Fields(s["flags"])
	}
	if s["env"] != "" {
		cfg.Env = append(os.Environ(), s["env"])
	}
	return cfg
}

// workspace returns ar with a go.work that has the runtime: that of ar, where
// it says RUNTIME, or one of our own.
func workspace(t *testing.T, ar *txtar.Archive, runtime bool) *txtar.Archive {
	t.Helper()
	out := &txtar.Archive{Files: ar.Files}
	if !runtime {
		return out
	}
	work := "go 1.26.0\n\nuse (\n\t.\n\tRUNTIME\n)\n"
	for _, f := range ar.Files {
		if f.Name == "go.work" {
			work = string(f.Data)
		}
	}
	work = strings.ReplaceAll(work, "RUNTIME", root(t))
	out.Files = append(out.Files[:len(out.Files):len(out.Files)], txtar.File{Name: "go.work", Data: []byte(work)})
	return out
}

// TestSame generates the same from the same sources.
func TestSame(t *testing.T) {
	t.Parallel()
	golden, err := txtar.ParseFile(goldenName("load", "chain"))
	if err != nil {
		t.Fatal(err)
	}
	m := unpack(t, workspace(t, golden, true))
	first := m.generate(gen.Config{Patterns: []string{"./..."}})
	for range 2 {
		if diff := cmp.Diff(first, m.generate(gen.Config{Patterns: []string{"./..."}})); diff != "" {
			t.Fatalf("another result (-first +again):\n%s", diff)
		}
	}
}

// TestFailures fails where there is nothing to report on any package.
func TestFailures(t *testing.T) {
	t.Parallel()
	m := newModule(t, "-- a.go --\npackage app\n")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := gen.Generate(canceled, gen.Config{Dir: m.dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	_, err := gen.Generate(t.Context(), gen.Config{Dir: m.dir, Patterns: []string{"a.go"}})
	wantError(t, err, "name packages, not files")
	m.write("go.mod", "nonsense")
	_, err = gen.Generate(t.Context(), gen.Config{Dir: m.dir})
	wantError(t, err, "go list: ")
	_, err = gen.Generate(t.Context(), gen.Config{Dir: m.path("nowhere")})
	wantError(t, err, "go list: ")
}

func wantError(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v, want one with %q", err, text)
	}
}

// TestDocsOfEmbedded copies the doc comments of methods from other packages of the
// module, whichever packages are asked for, and not from other modules.
func TestDocsOfEmbedded(t *testing.T) {
	t.Parallel()
	m := unpack(t, workspace(t, txtar.Parse([]byte(`
-- a/a.go --
package a

import (
	"example.com/app/b"
	"example.com/other"
)

//ipc:service
type A interface {
	b.Generic[int]
	b.Renamed
	other.Other
}
-- b/b.go --
package b

import (
	"context"

	"example.com/app/c"
)

type Generic[T any] interface {
	// First says b.
	First(ctx context.Context, v T) error
	c.Third // not this
}

type Renamed = c.Second
-- c/c.go --
package c

import "context"

type Second interface {
	// Second says c.
	Second(ctx context.Context) error
}

type Third interface {
	// Third says c.
	Third(ctx context.Context) error
}
-- other/go.mod --
module example.com/other

go 1.26.0
-- other/other.go --
package other

import "context"

type Other interface {
	// Fourth says other.
	Fourth(ctx context.Context) error
}
-- go.work --
go 1.26.0

use (
	.
	./other
	RUNTIME
)
`)), true))
	for _, pattern := range []string{"./...", "./a"} {
		result := m.generate(gen.Config{Patterns: []string{pattern}})
		if len(result.Files) != 1 || len(result.Problems) > 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(result.Files), m.problems(result))
		}
		for method, want := range map[string]string{"First": "First says b.", "Second": "Second says c.", "Third": "Third says c.", "Fourth": "Fourth calls the route A.Fourth."} {
			if !strings.Contains(string(result.Files[0].Content), "\n// "+want+"\nfunc (c *AClient) "+method+"(") {
				t.Errorf("%s: %s has another comment than %q:\n%s", pattern, method, want, result.Files[0].Content)
			}
		}
	}
}
