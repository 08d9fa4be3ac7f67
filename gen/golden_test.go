package gen_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/ipcgen/ipcgen/gen"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing them")

func goldenName(dir, name string) string {
	return filepath.Join("..", "testdata", "gen", dir, name+".txtar")
}

// testGoldens runs test for each golden file in a directory. With -update it
// writes what test leaves in the archive.
func testGoldens(t *testing.T, dir string, test func(t *testing.T, golden *txtar.Archive)) {
	names, err := filepath.Glob(goldenName(dir, "*"))
	if err != nil || len(names) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			golden, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			test(t, golden)
			if !*update {
				return
			}
			if err := os.WriteFile(name, txtar.Format(golden), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestRefusals holds each module in testdata/gen/err against the rules. Its
// last file, problems, is what is to be reported, exactly.
func TestRefusals(t *testing.T) { testGoldens(t, "err", testRefusals) }

func testRefusals(t *testing.T, golden *txtar.Archive) {
	want := take(golden, "problems")
	m := unpack(t, golden)
	got := strings.Join(m.problems(m.generate(gen.Config{Patterns: []string{"./..."}})), "\n") + "\n"
	switch {
	case got == "\n":
		t.Error("nothing was refused")
	case *update:
		golden.Files = append(golden.Files, txtar.File{Name: "problems", Data: []byte(got)})
	default:
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("other problems (-want +got):\n%s", diff)
		}
	}
}

// take removes the file called name from ar and returns its content.
func take(ar *txtar.Archive, name string) string {
	for i, f := range ar.Files {
		if f.Name == name {
			ar.Files = append(ar.Files[:i:i], ar.Files[i+1:]...)
			return string(f.Data)
		}
	}
	return ""
}
