package gen

import (
	"fmt"
	"go/ast"
	"go/scanner"
	"slices"

	"github.com/ipcgen/ipcgen/annotations"
	"github.com/ipcgen/ipcgen/gen/check"
	"github.com/ipcgen/ipcgen/gen/load"
	"github.com/ipcgen/ipcgen/gen/model"
)

// The codes of the problems that are found here.
const (
	cannotLoad      = "cannot-load"      // the go command finds no files
	syntax          = "syntax"           // what does not parse
	fileTaken       = "file-taken"       // a file by hand is called as ours
	importCycle     = "import-cycle"     // the runtime is made of the package
	versionMismatch = "version-mismatch" // of the runtime and us
	ourMistake      = "our-mistake"      // the output does not compile
)

// A job is what there is to do for one matching package. One goroutine at a
// time works on it: the test files wait for the others.
type job struct {
	pkg *load.Package
	// tests is the variant of pkg with its test files, nil until those are read.
	tests *load.Package
	// said is what the directives say, by the package that holds them. The
	// packages without directives are not in it.
	said map[*load.Package]*annotations.Package

	models   []*model.Package
	files    []File
	problems []annotations.Problem
	notes    []string
}

// read parses the package, if it mentions us or was asked for by its name, and
// reads its directives.
func (j *job) read(prog *load.Program) {
	j.said = make(map[*load.Package]*annotations.Package)
	switch {
	case j.pkg.Failure != nil:
		j.refuse(cannotLoad, j.pkg.Failure)
	case j.pkg.Mentions() || j.pkg.Named:
		mistakes := j.pkg.Parse()
		j.refuse(syntax, mistakes...)
		if len(mistakes) == 0 {
			j.readDirectives(prog)
			j.noteNothing()
		}
	}
}

func (j *job) refuse(code string, mistakes ...*scanner.Error) {
	for _, m := range mistakes {
		j.problems = append(j.problems, annotations.Problem{Pos: m.Pos, Code: code, Message: m.Msg})
	}
}

func (j *job) readDirectives(prog *load.Program) {
	j.tests = j.pkg.TestVariant()
	for _, p := range []*load.Package{j.pkg, j.tests} {
		said, problems := annotations.Parse(prog.Fset, parsed(p.Files))
		j.problems = append(j.problems, problems...)
		if len(said.Interfaces)+len(said.Errors)+len(said.Metadata) > 0 {
			j.said[p] = said
		}
	}
	j.problems = append(j.problems, check.Excluded(j.pkg, prog.Fset)...)
	j.problems = append(j.problems, check.External(j.pkg, prog.Fset)...)
}

// noteNothing tells those who asked for just this package that it says nothing.
func (j *job) noteNothing() {
	if j.pkg.Named && len(j.said) == 0 && len(j.problems) == 0 {
		j.notes = append(j.notes, fmt.Sprintf("no annotated interface in %s: write //ipc:service above one", j.pkg.Path))
	}
}

func parsed(files []*load.File) []*ast.File {
	var out []*ast.File
	for _, f := range files {
		out = append(out, f.Syntax)
	}
	return out
}

// unwanted returns the files that we generated once and that nothing asks for
// any more.
func (j *job) unwanted() []string {
	return slices.DeleteFunc(slices.Clone(j.pkg.Generated), func(path string) bool {
		return slices.ContainsFunc(j.files, func(f File) bool { return f.Path == path })
	})
}
