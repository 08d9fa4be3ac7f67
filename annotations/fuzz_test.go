package annotations

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// FuzzParse asks that nothing panics, whatever the parser makes of a file,
// and that every problem lies inside the file.
func FuzzParse(f *testing.F) {
	for _, src := range sources(f) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if strings.Contains(src, "//line") || strings.Contains(src, "/*line") {
			t.Skip("the file says itself where it is")
		}
		fset := token.NewFileSet()
		fset.AddFile("before.go", -1, 100)
		file, _ := parser.ParseFile(fset, "a.go", src, parser.ParseComments|parser.AllErrors)
		if file == nil {
			t.Skip("nothing was parsed")
		}
		_, problems := Parse(fset, []*ast.File{file})
		lines := strings.Split(src, "\n")
		for _, p := range problems {
			if p.Pos.Filename != "a.go" || p.Pos.Line < 1 || p.Pos.Line > len(lines) {
				t.Fatalf("outside the file: %v", p)
			}
			if p.Pos.Column < 1 || p.Pos.Column > len(lines[p.Pos.Line-1])+1 {
				t.Fatalf("outside the line: %v", p)
			}
			if p.Code == "" || p.Message == "" {
				t.Fatalf("says nothing: %+v", p)
			}
		}
	})
}

// sources returns the Go files in testdata, and each of their comments alone
// on a method.
func sources(f *testing.F) []string {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no archives: %v", err)
	}
	var found []string
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			found = append(found, string(file.Data))
			for line := range strings.Lines(string(file.Data)) {
				if _, comment, ok := strings.Cut(line, "//"); ok {
					found = append(found, "package a\ntype I interface {\n//"+comment+"M()\n}")
				}
			}
		}
	}
	return found
}
