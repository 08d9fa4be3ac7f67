package check

import (
	"fmt"
	"go/token"

	"github.com/ipcgen/ipcgen/annotations"
	"github.com/ipcgen/ipcgen/gen/model"
)

// Routes refuses routes of one name in packages that can be linked into one
// program: a router knows only names. Packages come in the order in which they
// have claims. The mistakes are returned by the package that is to give way.
func Routes(packages []*model.Package) map[*model.Package][]annotations.Problem {
	problems := make(map[*model.Package][]annotations.Problem)
	claims := make(map[string][]claim)
	for _, p := range packages {
		for _, s := range p.Services {
			for _, r := range s.Routes {
				for _, name := range append([]string{r.Name}, r.Aliases...) {
					mine := claim{p, r.Pos, s.GoName + "." + r.GoName, s.HasEvents()}
					if other, taken := mine.rival(claims[name]); taken {
						problems[p] = append(problems[p], mine.problem(name, other))
					}
					claims[name] = append(claims[name], mine)
				}
			}
		}
	}
	return problems
}

// A claim is a route's on a name.
type claim struct {
	pkg    *model.Package
	pos    token.Position
	goName string
	event  bool
}

// rival returns the first of others that can meet c in one program.
func (c claim) rival(others []claim) (claim, bool) {
	for _, other := range others {
		if c.meets(other) {
			return other, true
		}
	}
	return claim{}, false
}

// meets says whether the routes can be registered in one program. Tests and
// programs are not imported: they meet themselves and, a program, libraries.
func (c claim) meets(other claim) bool {
	apart := func(p *model.Package) bool { return p.Test || p.Name == "main" }
	if c.pkg.Path == other.pkg.Path {
		return true
	}
	return !c.pkg.Test && !other.pkg.Test && !(apart(c.pkg) && apart(other.pkg))
}

func (c claim) problem(name string, other claim) annotations.Problem {
	if c.event {
		return annotations.Problem{Pos: c.pos, Code: routeTaken, Message: fmt.Sprintf(
			"the event %s is known under the same name as %s at %s: rename the interface", c.goName, other.goName, other.pos)}
	}
	return annotations.Problem{Pos: c.pos, Code: routeTaken, Message: fmt.Sprintf(
		"the route %s of %s is that of %s at %s: give one of the two another by name=", name, c.goName, other.goName, other.pos)}
}
