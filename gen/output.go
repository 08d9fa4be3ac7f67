package gen

import (
	"bytes"
	"fmt"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ipcgen/ipcgen/annotations"
	"github.com/ipcgen/ipcgen/gen/check"
	"github.com/ipcgen/ipcgen/gen/golang"
	"github.com/ipcgen/ipcgen/gen/load"
	"github.com/ipcgen/ipcgen/gen/model"
)

const (
	ipcPath   = "github.com/ipcgen/ipcgen/runtime/ipc"
	wirePath  = "github.com/ipcgen/ipcgen/runtime/wire"
	queryPath = "github.com/ipcgen/ipcgen/runtime/query"
)

// generate holds p, which is type-checked, against the rules and adds the file
// that is generated for it. What p's importers see of it includes that file.
func (j *job) generate(prog *load.Program, p *load.Package) {
	m, problems := check.Package(check.Source{Package: p, Fset: prog.Fset, Said: j.said[p], Base: j.said[j.pkg]})
	j.problems = append(j.problems, problems...)
	j.models = append(j.models, m)
	j.refuseTaken(p)
	if prog.DependsOn(ipcPath, p.Path) {
		j.problemAt(m, importCycle, "the runtime imports this package, which would import the runtime: move the annotations to another package")
	}
	if len(j.problems) > 0 || len(m.Services)+len(m.Errors)+len(m.Metadata) == 0 {
		return
	}
	content, err := golang.Emit(m)
	if err != nil {
		j.blame(m, []error{err})
		return
	}
	j.files = append(j.files, File{Path: output(p), Package: p.Path, Content: content})
	j.verify(p, m, content)
}

// output returns where the file that is generated for p goes.
func output(p *load.Package) string {
	if p.Test {
		return filepath.Join(p.Dir, "ipc_gen_test.go")
	}
	return filepath.Join(p.Dir, "ipc_gen.go")
}

// refuseTaken refuses to overwrite what somebody wrote by hand.
func (j *job) refuseTaken(p *load.Package) {
	if path := output(p); j.pkg.Has(path) {
		j.problems = append(j.problems, annotations.Problem{
			Pos:     token.Position{Filename: path},
			Code:    fileTaken,
			Message: "this file is not generated, but what is generated has its name: rename it",
		})
	}
}

// verify type-checks content as a file of p, against the runtime. Where there
// is no runtime yet that is left to the compiler: one may want to generate
// before go mod tidy or go mod vendor can know of it. What is on disk already
// was type-checked before it was written, which is half of the work saved.
func (j *job) verify(p *load.Package, m *model.Package, content []byte) {
	there, _ := os.ReadFile(output(p)) // nil if there is none
	if !p.Imported() && bytes.Equal(there, content) {
		return
	}
	err := p.Importable(ipcPath)
	if err != nil {
		why := strings.Join(strings.Fields(err.Error()), " ")
		j.notes = append(j.notes, fmt.Sprintf("what was generated is not type-checked without %s: %s", ipcPath, why))
	}
	mistakes := p.Add(output(p), content, there)
	if err == nil && len(mistakes) > 0 {
		j.blame(m, mistakes)
	}
}

// blame reports that the output of m is wrong: by our mistake, or because the
// runtime is not the one that we generate for.
func (j *job) blame(m *model.Package, mistakes []error) {
	if slices.ContainsFunc(mistakes, isOfVersion) {
		j.problemAt(m, versionMismatch, "ipcgen and the runtime in go.mod are of different versions: upgrade both to the same")
		return
	}
	j.problemAt(m, ourMistake, "ipcgen wrote what does not compile, which is its mistake and not yours: please report it with this line: %v", mistakes[0])
}

// isOfVersion says whether the runtime lacks the constant by which it and the
// output agree on a version.
func isOfVersion(mistake error) bool {
	return strings.Contains(mistake.Error(), "undefined: ") && strings.Contains(mistake.Error(), ".RunGoGenerateWithIpcgen")
}

// problemAt reports a problem with all of m, where its first annotation is.
func (j *job) problemAt(m *model.Package, code, format string, args ...any) {
	pos := token.Position{Filename: m.Dir}
	switch {
	case len(m.Services) > 0:
		pos = m.Services[0].Pos
	case len(m.Errors) > 0:
		pos = m.Errors[0].Pos
	case len(m.Metadata) > 0:
		pos = m.Metadata[0].Pos
	}
	j.problems = append(j.problems, annotations.Problem{Pos: pos, Code: code, Message: fmt.Sprintf(format, args...)})
}
