// Package house holds the rules of the project's structure, as tests.
package house

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/ipcgen/ipcgen/"

// arrows says which rooms of the house a room may know.
var arrows = map[string][]string{
	"annotations":           {},
	"gen":                   {"annotations", "gen"},
	"cmd/ipcgen":            {"annotations", "gen"},
	"runtime/wire":          {},
	"runtime/code":          {},
	"runtime/query":         {},
	"runtime/transport":     {},
	"runtime/topic":         {},
	"runtime/ipc":           {"runtime/wire", "runtime/transport", "runtime/topic", "runtime/code", "runtime/query", "runtime/ipc"},
	"runtime/ipctest":       {"runtime/ipc", "runtime/transport", "runtime/code"},
	"runtime/shards":        {"runtime/ipc", "runtime/query", "runtime/code"},
	"runtime/tunnel":        {"runtime/ipc", "runtime/code"},
	"runtime/untyped":       {"runtime/ipc", "runtime/wire"},
	"runtime/wire/compress": {"runtime/wire"},
	"runtime/wire/zonis":    {"runtime/wire", "runtime/code"},
	"runtime/pull":          {"runtime/untyped", "runtime/ipc", "runtime/wire", "runtime/code"},
	"internal":              {"internal"},
	"examples":              {"annotations", "gen", "runtime", "examples"},
	"testdata":              {"runtime", "testdata"},
}

func TestArrowsPointOneWay(t *testing.T) {
	for _, p := range listPackages(t) {
		room, allowed := roomOf(p.ImportPath)
		if room == "" {
			t.Errorf("%s belongs to no room: say in arrows what it may import", p.ImportPath)
		}
		for _, imported := range p.Imports {
			if path, ours := strings.CutPrefix(imported, module); ours && !within(path, allowed) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
	}
}

// roomOf returns the longest room that path is in.
func roomOf(path string) (room string, allowed []string) {
	path = strings.TrimPrefix(path, module)
	for r, a := range arrows {
		if within(path, []string{r}) && len(r) > len(room) {
			room, allowed = r, a
		}
	}
	return room, allowed
}

func within(path string, rooms []string) bool {
	for _, room := range rooms {
		if path == room || strings.HasPrefix(path, room+"/") {
			return true
		}
	}
	return false
}

type listed struct {
	ImportPath string
	Imports    []string
}

func listPackages(t *testing.T) (packages []listed) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	return packages
}

// maxNames bounds what runtime/ipc exports: it is the one package users import,
// and they should be able to know all of it.
const maxNames = 60

func TestTheCoreStaysSmall(t *testing.T) {
	names := exported(t, "../../runtime/ipc")
	if len(names) > maxNames {
		t.Errorf("runtime/ipc exports %d names, at most %d are allowed: %v", len(names), maxNames, names)
	}
	t.Logf("runtime/ipc exports %d names", len(names))
}

// exported returns the exported names of the package's scope.
func exported(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			names = append(names, declared(decl)...)
		}
	}
	return names
}

func declared(decl ast.Decl) (names []string) {
	add := func(id *ast.Ident) {
		if id.IsExported() {
			names = append(names, id.Name)
		}
	}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			add(d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				add(s.Name)
			case *ast.ValueSpec:
				for _, id := range s.Names {
					add(id)
				}
			}
		}
	}
	return names
}

// nobody says words that name rooms without a subject.
func TestNoRoomWithoutASubject(t *testing.T) {
	vague := map[string]bool{"util": true, "utils": true, "common": true, "types": true, "helpers": true, "helper": true, "misc": true}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == ".git" || d.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if name := strings.TrimSuffix(d.Name(), ".go"); vague[name] {
			t.Errorf("%s: a name that says what is inside is wanted", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
