package check

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/token"
	"io"
	"path/filepath"
	"strings"

	"github.com/ipcgen/ipcgen/annotations"
	"github.com/ipcgen/ipcgen/gen/load"
)

const constrainedText = "%s stands in a file that is not part of every build (%s), but the generated one is: move it to a file without"

// Excluded refuses what is annotated in files that are not part of this build.
func Excluded(p *load.Package, fset *token.FileSet) []annotations.Problem {
	var problems []annotations.Problem
	for _, f := range p.Excluded {
		if f.Syntax == nil || !f.Mentions {
			continue
		}
		said, found := annotations.Parse(fset, []*ast.File{f.Syntax})
		problems = append(problems, found...)
		why := constrained(f.Syntax, fset)
		for pos, name := range annotated(said, fset) {
			problems = append(problems, annotations.Problem{Pos: pos, Code: buildConstrained, Message: fmt.Sprintf(constrainedText, name, why)})
		}
	}
	return problems
}

// External refuses what is annotated in test files of package name_test: the
// generated code would have to be split between two packages.
func External(p *load.Package, fset *token.FileSet) []annotations.Problem {
	var problems []annotations.Problem
	for _, f := range p.External {
		if f.Syntax == nil || !f.Mentions {
			continue
		}
		said, found := annotations.Parse(fset, []*ast.File{f.Syntax})
		problems = append(problems, found...)
		for pos, name := range annotated(said, fset) {
			problems = append(problems, annotations.Problem{Pos: pos, Code: notYet, Message: fmt.Sprintf(
				"%s stands in package %s, for which nothing can be generated yet: move it to a test file of package %s", name, f.Syntax.Name.Name, p.Name)})
		}
	}
	return problems
}

// annotated returns what carries directives, each once, by the position of its
// name.
func annotated(said *annotations.Package, fset *token.FileSet) map[token.Position]string {
	found := make(map[token.Position]string)
	for _, i := range said.Interfaces {
		found[fset.Position(i.Spec.Name.Pos())] = i.Spec.Name.Name
	}
	for _, e := range said.Errors {
		found[fset.Position(e.Name.Pos())] = e.Name.Name
	}
	for _, m := range said.Metadata {
		found[fset.Position(m.Spec.Name.Pos())] = m.Spec.Name.Name
	}
	return found
}

// constrained says what keeps file out of some builds, or nothing.
func constrained(file *ast.File, fset *token.FileSet) string {
	name := filepath.Base(fset.Position(file.Package).Filename)
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if comment.Pos() < file.Package && constraint.IsGoBuild(comment.Text) {
				return comment.Text
			}
		}
	}
	for _, spec := range file.Imports {
		if spec.Path.Value == `"C"` {
			return `import "C"`
		}
	}
	if !nowhere.matches(name) {
		return name
	}
	return ""
}

// nowhere is a platform that no file name is for.
var nowhere = platform(build.Context{
	GOOS: "nowhere", GOARCH: "nowhere", Compiler: "gc",
	OpenFile: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("package p\n")), nil },
})

type platform build.Context

// matches says whether the name of a file lets it into the build.
func (p platform) matches(name string) bool {
	ctx := build.Context(p)
	ok, err := ctx.MatchFile("", name)
	return ok && err == nil
}
