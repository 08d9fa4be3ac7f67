package golang

import (
	"go/token"
	"go/types"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/ipcgen/ipcgen/gen/model"
)

// names hands out the identifiers of a generated file. No two of them are the
// same, and none is one that the package or the universe declares.
type names struct {
	taken map[string]bool
	// shadows holds the parameters and results of all routes. In the body of a
	// stub they hide what has their name, so nothing that is used there may.
	shadows map[string]bool
	// undeclarable holds what may be imported here, but not declared: what other
	// files of the package import, and what stubs like to call their variables.
	undeclarable map[string]bool
	// locals are the parameters and variables of the functions whose
	// signatures are ours alone, by the name one would like for them.
	locals map[string]string
}

func newNames(p *model.Package) *names {
	n := &names{
		taken: map[string]bool{}, shadows: map[string]bool{},
		undeclarable: map[string]bool{}, locals: map[string]string{},
	}
	reserve(n.taken, types.Universe.Names())
	reserve(n.taken, p.Types.Scope().Names())
	reserve(n.taken, p.Reserved)
	for file := range p.Types.Scope().Children() {
		reserve(n.undeclarable, file.Names())
	}
	reserve(n.undeclarable, stubLocals)
	for _, s := range p.Services {
		for _, r := range s.Routes {
			reserve(n.taken, declaredInConditions(r))
		}
	}
	for _, local := range []string{"ctx", "impl", "fn", "pattern", "in", "err", "a", "d", "e", "f", "m", "peer", "r", "v"} {
		n.locals[local] = n.visible(local)
	}
	for _, s := range p.Services {
		for _, r := range s.Routes {
			reserve(n.shadows, variables(r))
		}
	}
	return n
}

func reserve(set map[string]bool, names []string) {
	for _, name := range names {
		set[name] = true
	}
}

// declaredInConditions returns the names that the conditions of r declare inside
// of themselves, where they would hide ours.
func declaredInConditions(r *model.Route) (names []string) {
	for _, g := range r.Guards {
		for _, c := range g.Conditions {
			names = append(names, c.Declared...)
		}
	}
	return names
}

// variables returns the names of a route's parameters and results.
func variables(r *model.Route) []string {
	names := []string{r.ContextName}
	for _, p := range r.Params {
		names = append(names, p.Name)
	}
	if r.Input != nil {
		names = append(names, r.Input.Name)
	}
	for _, p := range r.Results {
		names = append(names, p.Name)
	}
	return names
}

// hidden takes a name for a declaration that only the generated file uses: the
// one asked for or, if that is taken, one like it.
func (n *names) hidden(name string) string {
	name = pick(n.declarable, name)
	n.taken[name] = true
	return name
}

// codec takes the end of the names of a pair of functions and of their table:
// Message in encodeMessage, decodeMessage and messageFields.
func (n *names) codec(name string) string {
	name = pick(n.codable, name)
	reserve(n.taken, codecNames(name))
	return name
}

func (n *names) codable(name string) bool {
	for _, declared := range codecNames(name) {
		if !n.declarable(declared) {
			return false
		}
	}
	return true
}

func codecNames(name string) []string {
	return []string{"encode" + name, "decode" + name, fieldsName(name)}
}

func fieldsName(name string) string { return unexported(name) + "Fields" }

// visible takes a name for an import or a variable: the first of the candidates
// that is free.
func (n *names) visible(candidates ...string) string {
	name := pick(n.free, candidates...)
	n.taken[name] = true
	return name
}

func (n *names) free(name string) bool { return !n.taken[name] && !n.shadows[name] }

func (n *names) declarable(name string) bool { return n.free(name) && !n.undeclarable[name] }

// pick returns the first of the candidates that is free, or else the first of
// all with a number.
func pick(free func(string) bool, candidates ...string) string {
	for _, name := range candidates {
		if free(name) && token.IsIdentifier(name) {
			return name
		}
	}
	for i := 2; ; i++ {
		if name := candidates[0] + strconv.Itoa(i); free(name) {
			return name
		}
	}
}

// exported returns the exported form of a name: Name for name. A name without
// a letter to raise gets one in front.
func exported(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	if upper := unicode.ToUpper(first); unicode.IsUpper(upper) {
		return string(upper) + name[size:]
	}
	return "X" + name
}

// unexported returns the unexported form of a name as Go writes it: greeter
// for Greeter, httpServer for HTTPServer, id for ID.
func unexported(name string) string {
	runes := []rune(name)
	for i, r := range runes {
		last := i+1 == len(runes)
		if !unicode.IsUpper(r) || i > 0 && !last && unicode.IsLower(runes[i+1]) {
			break
		}
		runes[i] = unicode.ToLower(r)
	}
	return string(runes)
}
