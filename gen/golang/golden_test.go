package golang_test

import (
	"bytes"
	"flag"
	"go/format"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipcgen/ipcgen/gen"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing them")

// TestGolden generates for each package below testdata/gen/ok what stands
// there. That it compiles is a condition of [gen.Generate]; what it does is
// tested in the directory roundtrip.
func TestGolden(t *testing.T) {
	for _, file := range generate(t, filepath.Join("..", "..", "testdata", "gen", "ok")) {
		if *update {
			write(t, file)
			continue
		}
		want, err := os.ReadFile(file.Path)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(string(want), string(file.Content)); diff != "" {
			t.Errorf("%s has changed: look at it and run the test with -update\n%s", file.Path, diff)
		}
		if again, err := format.Source(file.Content); err != nil || !bytes.Equal(again, file.Content) {
			t.Errorf("gofmt would change %s, error %v", file.Path, err)
		}
	}
}

// generate runs the generator over all packages below dir, which are without a
// mistake.
func generate(t *testing.T, dir string) []gen.File {
	t.Helper()
	result, err := gen.Generate(t.Context(), gen.Config{Dir: dir, Patterns: []string{"./..."}})
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range result.Problems {
		t.Error(problem)
	}
	for _, path := range result.Remove {
		t.Errorf("%s is generated from nothing", path)
	}
	if len(result.Files) == 0 {
		t.Fatal("nothing was generated")
	}
	return result.Files
}

func write(t *testing.T, file gen.File) {
	t.Helper()
	if err := os.WriteFile(file.Path, file.Content, 0o644); err != nil {
		t.Error(err)
	}
}
