package annotations

import (
	"go/token"
	"slices"
	"strings"
)

const longestName = 128 // bytes

// part returns the value of a, one of the parts that a dot joins to a name.
func (r *reader) part(a argument, what string) string {
	if !r.isPart(a.value, a.valuePos, what) {
		return ""
	}
	return a.value
}

// isPart reports name, which stands at pos, if it is no part of a name. Parts
// hold no dot, so that a.b.c cannot be both c of a.b and b.c of a.
func (r *reader) isPart(name string, pos token.Pos, what string) bool {
	if !strings.Contains(name, ".") {
		return r.isName(name, pos, what)
	}
	r.report(pos, malformedName, "%s holds no dot, but %q does", what, name)
	return false
}

// isName reports name, which stands at pos, if it may not cross the wire.
func (r *reader) isName(name string, pos token.Pos, what string) bool {
	switch {
	case name == "":
		r.report(pos, malformedName, "%s is empty", what)
	case len(name) > longestName:
		r.report(pos, malformedName, "%s has %d bytes: no more than %d are allowed", what, len(name), longestName)
	case strings.ContainsFunc(name, notInNames):
		at := strings.IndexFunc(name, notInNames)
		bad := []rune(name[at:])[0]
		r.report(pos, malformedName, "%s may not hold %q: it consists of A-Z a-z 0-9 _ . : / -", what, bad)
	default:
		return true
	}
	return false
}

func notInNames(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune("_.:/-", r)
}

// aliases returns known and those that a adds, joined by commas.
func (r *reader) aliases(known []string, a argument) []string {
	pos := a.valuePos
	for name := range strings.SplitSeq(a.value, ",") {
		switch {
		case !r.isName(name, pos, "an alias"):
		case slices.Contains(known, name):
			r.report(pos, repeatedArgument, "alias %s is given twice: keep one", name)
		default:
			known = append(known, name)
		}
		pos += token.Pos(len(name) + len(","))
	}
	return known
}
