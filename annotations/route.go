package annotations

import (
	"go/ast"
	"go/token"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

func (r *reader) readRoute(p *place, d ast.Directive) {
	route := &Route{Pos: r.fset.Position(d.Slash), Args: make(map[string]token.Position)}
	r.methodAt(p).Route = route
	for _, a := range r.settings(d, r.arguments(d)) {
		if _, given := route.Args[a.key]; !given {
			route.Args[a.key] = r.fset.Position(a.pos)
		}
		r.set(route, a)
	}
}

func (r *reader) set(route *Route, a argument) {
	switch a.key {
	case "name":
		route.Name = r.part(a, "the name of a route")
	case "timeout":
		route.Timeout = r.duration(a)
	case "idempotent":
		route.Idempotent = true
	case "public":
		route.Public = true
	case "borrow":
		route.Borrow = true
	case "alias":
		route.Aliases = r.aliases(route.Aliases, a)
	case "deprecated":
		route.Deprecated = r.sentence(a)
	}
}

func (r *reader) readNotify(p *place, d ast.Directive) {
	r.methodAt(p).Notify = &Notify{Pos: r.fset.Position(d.Slash)}
	r.noArguments(d)
}

// methodAt returns what is known of the method p.
func (r *reader) methodAt(p *place) *Method {
	i := r.interfaceAt(p)
	m, ok := i.Methods[p.field]
	if !ok {
		m = &Method{Field: p.field}
		i.Methods[p.field] = m
	}
	return m
}

// duration returns the value of a, a positive time.
func (r *reader) duration(a argument) time.Duration {
	d, err := time.ParseDuration(a.value)
	switch {
	case err == nil && d > 0:
		return d
	case err == nil:
		r.report(a.valuePos, malformedDuration, "%s %s is not positive: leave it out for the default", a.key, a.value)
	case parsesAsDuration(a.value + "s"):
		r.report(a.valuePos, malformedDuration, "%s %s has no unit: write %ss", a.key, a.value, a.value)
	default:
		r.report(a.valuePos, malformedDuration, "%s %q is no duration: write one like 500ms or 1m30s, in ns, us, ms, s, m and h", a.key, a.value)
	}
	return 0
}

func parsesAsDuration(s string) bool {
	_, err := time.ParseDuration(s)
	return err == nil
}

// sentence returns the value of a, text for people.
func (r *reader) sentence(a argument) string {
	if utf8.ValidString(a.value) && strings.TrimSpace(a.value) != "" && !strings.ContainsFunc(a.value, unicode.IsControl) {
		return a.value
	}
	r.report(a.valuePos, malformedArgument, "%s %q is not one line of text", a.key, a.value)
	return ""
}
