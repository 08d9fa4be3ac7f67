package annotations

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the problems found into testdata")

// TestProblems reads the archives in testdata: Go files of one package, and in
// want the problems with them, each with its place in the source.
func TestProblems(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			sources := make(map[string]string)
			var files []txtar.File
			var want string
			for _, f := range archive.Files {
				if f.Name == "want" {
					want = string(f.Data)
					continue
				}
				sources[f.Name] = string(f.Data)
				files = append(files, f)
			}
			got := render(problemsOf(t, sources), sources)
			if *update {
				archive.Files = append(files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(path, txtar.Format(archive), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" && !*update {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// render lists problems, each with its line and a mark under its column.
func render(problems []Problem, sources map[string]string) string {
	var b strings.Builder
	for _, p := range problems {
		line := strings.Split(sources[p.Pos.Filename], "\n")[p.Pos.Line-1]
		text := strings.TrimLeft(line, "\t")
		indent := p.Pos.Column - 1 - (len(line) - len(text))
		fmt.Fprintf(&b, "%v\n\t%s\n\t%s^\n", p, text, strings.Repeat(" ", indent))
	}
	return b.String()
}

func problemsOf(t *testing.T, sources map[string]string) []Problem {
	t.Helper()
	_, problems := parse(t, sources)
	return problems
}

func parse(t *testing.T, sources map[string]string) (*Package, []Problem) {
	t.Helper()
	return Parse(parseFiles(t, sources))
}

func parseFiles(t *testing.T, sources map[string]string) (*token.FileSet, []*ast.File) {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for name, src := range sources {
		f, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return fset, files
}
