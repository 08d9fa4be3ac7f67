package annotations

import (
	"fmt"
	"go/ast"
	"go/token"
)

// Parse reads the directives of files, which belong to one package and were
// parsed into fset with [parser.ParseComments]. It reports all mistakes, sorted.
//
// A directive with a mistake is read as far as it goes, and a misspelt one as
// the one that was meant, so that one mistake does not hide or cause another.
// Hence the package is only to be relied on when there are no problems.
func Parse(fset *token.FileSet, files []*ast.File) (*Package, []Problem) {
	r := &reader{fset: fset, pkg: &Package{}}
	for _, file := range files {
		r.readFile(file)
	}
	Sort(r.problems)
	return r.pkg, r.problems
}

// A reader gathers what the files of one package say.
type reader struct {
	fset     *token.FileSet
	pkg      *Package
	problems []Problem
}

func (r *reader) readFile(file *ast.File) {
	places := placesOf(file)
	for _, group := range file.Comments {
		for _, comment := range group.List {
			for _, d := range r.recognize(comment, places[group]) {
				r.readDirective(d, places[group], file)
			}
		}
	}
	for _, p := range places {
		r.refuseContradictions(p)
	}
}

// readDirective reads d, which stands on p; p is nil if it stands on nothing.
func (r *reader) readDirective(d ast.Directive, p *place, file *ast.File) {
	w := vocabulary[d.Name]
	switch {
	case p == nil:
		r.report(d.Slash, misplacedDirective, "//ipc:%s %s", d.Name, r.stray(file, d.Slash))
	case !p.takes(d.Name):
		r.report(d.Slash, misplacedDirective, "//ipc:%s stands on %s: it belongs on %s", d.Name, p.kind, w.belongs)
	case p.given[d.Name].IsValid() && d.Name != "allow":
		first := r.fset.Position(p.given[d.Name])
		r.report(d.Slash, repeatedDirective, "//ipc:%s is given twice, first on line %d: keep one", d.Name, first.Line)
	default:
		p.give(d)
		r.readOn(p, d)
	}
}

// readOn reads d, which may stand on p.
func (r *reader) readOn(p *place, d ast.Directive) {
	switch d.Name {
	case "service":
		r.readService(p, d)
	case "events":
		r.readEvents(p, d)
	case "route":
		r.readRoute(p, d)
	case "notify":
		r.readNotify(p, d)
	case "allow":
		r.readAllow(p, d)
	case "limit":
		r.readLimit(p, d)
	case "error":
		r.readError(p, d)
	case "metadata":
		r.readMetadata(p, d)
	}
}

func (r *reader) report(pos token.Pos, code, format string, args ...any) {
	r.problems = append(r.problems, Problem{r.fset.Position(pos), code, fmt.Sprintf(format, args...)})
}
