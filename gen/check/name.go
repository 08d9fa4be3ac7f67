package check

import (
	"fmt"
	"go/token"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ipcgen/ipcgen/gen/model"
)

// longestName is what the wire allows, in bytes.
const longestName = 128

// routeName refuses names that cannot cross. Those in directives have been
// looked at, but Go's identifiers know more letters, and names add up.
func (c *checker) routeName(r *model.Route, m *method) {
	i := strings.IndexFunc(r.Name, func(r rune) bool {
		return r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.:/-", r)
	})
	way := "give it another by name="
	if r.Shape == model.Event {
		way = "rename it"
	}
	switch {
	case i >= 0:
		letter, _ := utf8.DecodeRuneInString(r.Name[i:])
		c.report(m.pos, malformedName, "the route %s has %q in its name, but the wire allows A-Z a-z 0-9 _ . : / -: %s", r.Name, letter, way)
	case len(r.Name) > longestName:
		c.report(m.pos, malformedName, "the name of the route %s has %d bytes, but the wire allows %d: %s", r.Name, len(r.Name), longestName,
			strings.Replace(way, "another", "a shorter one", 1))
	}
}

// startNames refuses a method that is called like the form of another that
// does not wait.
func (c *checker) startNames(s *model.Service, methods []*method) {
	calls := make(map[string]bool)
	for _, r := range s.Routes {
		calls["Start"+r.GoName] = r.Shape == model.Call
	}
	for _, m := range methods {
		if calls[m.name] {
			c.report(m.pos, nameTaken, "%s is also what is generated to start %s without waiting: rename one", m.name, strings.TrimPrefix(m.name, "Start"))
		}
	}
}

// names refuses what is annotated if names that are generated for it are taken.
func (c *checker) names() {
	taken := make(map[string]string)
	for _, s := range c.model.Services {
		c.takeNames(taken, s.Pos, s.GoName, generatedNames(s))
	}
	for _, m := range c.model.Metadata {
		c.takeNames(taken, m.Pos, m.GoName, []string{m.GoName + "Fields", m.GoName + "Metadata", m.GoName + "FromMetadata"})
	}
	c.explainGenerated(taken)
}

// takeNames takes names for what is generated for goName at pos, unless they are
// taken: by what is declared here, or by what is generated for something else.
func (c *checker) takeNames(taken map[string]string, at token.Position, goName string, names []string) {
	for _, name := range names {
		switch pos := c.declared(name); {
		case pos.IsValid():
			c.reportAt(at, nameTaken, "%s is generated for %s, but declared at %s: rename one", name, goName, near(c.Fset.Position(pos)))
		case taken[name] != "":
			c.reportAt(at, nameTaken, "%s is generated for %s, but also for %s: rename one", name, goName, taken[name])
		}
		taken[name] = goName
	}
}

// explainGenerated says more about names that are not declared because they
// are still to be generated.
func (c *checker) explainGenerated(services map[string]string) {
	for i, p := range c.problems {
		name, undefined := strings.CutPrefix(p.Message, "undefined: ")
		if service, ok := services[name]; ok && undefined && p.Code == typeError {
			c.problems[i].Message = fmt.Sprintf("%s is generated for %s, so no route can need it: declare a type of your own", name, service)
		}
	}
}

// declared returns where name is declared in the package, in a test file or in
// one that is not part of this build, or by an import.
func (c *checker) declared(name string) token.Pos {
	if obj := c.Types.Scope().Lookup(name); obj != nil {
		return obj.Pos()
	}
	for file := range c.Types.Scope().Children() {
		if obj := file.Lookup(name); obj != nil {
			return obj.Pos()
		}
	}
	return c.reserved[name]
}

// generatedNames returns the names that users of s rely on, which cannot give
// way as the others do.
func generatedNames(s *model.Service) []string {
	if s.HasEvents() {
		return generatedEventNames(s)
	}
	names := []string{
		s.GoName + "Routes",
		s.GoName + "Client",
		verb("New", s.GoName+"Client"),
		verb("Register", s.GoName),
	}
	if gathers(s) {
		names = append(names, s.GoName+"Group", verb("New", s.GoName+"Group"))
	}
	for _, r := range s.Routes {
		if len(r.Results) > 1 {
			names = append(names, s.GoName+r.GoName+"Result")
		}
	}
	return names
}

// gathers says whether s has a route that can be called on a group.
func gathers(s *model.Service) bool {
	for _, r := range s.Routes {
		if r.Shape == model.Call || r.Shape == model.Notify {
			return true
		}
	}
	return false
}

// verb puts v in front of name, exported as name is.
func verb(v, name string) string {
	if token.IsExported(name) {
		return v + name
	}
	first, size := utf8.DecodeRuneInString(name)
	return strings.ToLower(v) + string(unicode.ToUpper(first)) + name[size:]
}
