package annotations

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// A word is a directive of the language.
type word struct {
	on      []kind // where it may stand
	belongs string // the same, in a sentence
	// settings are the arguments of the form key=value, listed as key=, and
	// key. Arguments of another form (a limit, a code, an expression) are not
	// listed.
	settings []string
}

// The vocabulary is closed: another word in a comment //ipc:word is a mistake.
// A type declared by the name of another (type A B) may turn out to be an
// interface or a struct: the type checker knows.
var vocabulary = map[string]word{
	"service": {
		on:       []kind{anInterface, aRenamedType},
		belongs:  "an interface",
		settings: []string{"name=", "bare"},
	},
	"events": {
		on:       []kind{anInterface, aRenamedType},
		belongs:  "an interface",
		settings: []string{"topic="},
	},
	"route": {
		on:       []kind{aMethod},
		belongs:  "a method of an interface",
		settings: []string{"name=", "timeout=", "idempotent", "public", "borrow", "alias=", "deprecated="},
	},
	"notify": {
		on:      []kind{aMethod},
		belongs: "a method of an interface",
	},
	"allow": {
		on:      []kind{aMethod, anInterface, aRenamedType},
		belongs: "a service or one of its methods",
	},
	"limit": {
		on:       []kind{aMethod, anInterface, aRenamedType},
		belongs:  "a service or one of its methods",
		settings: []string{"disconnect"},
	},
	"error": {
		on:      []kind{aVariable, aRenamedType, aStruct, aType},
		belongs: "one error variable, or on a type that is no interface",
	},
	"metadata": {
		on:      []kind{aStruct, aRenamedType},
		belongs: "a struct type",
	},
}

var directives = slices.Sorted(maps.Keys(vocabulary))

// spell returns d by its right name. It reports a directive that does not
// exist, and returns none if no other comes close.
func (r *reader) spell(d ast.Directive) []ast.Directive {
	if _, ok := vocabulary[d.Name]; ok {
		return []ast.Directive{d}
	}
	meant, ok := Closest(d.Name, directives)
	r.report(d.Slash+token.Pos(len("//ipc:")), unknownDirective, "no directive is called %q: %s", d.Name, remedy(d.Name, meant))
	if !ok {
		return nil
	}
	d.Name = meant
	return []ast.Directive{d}
}

// remedy says what to write instead of the directive name, which does not
// exist; meant may be empty.
func remedy(name, meant string) string {
	lead, rest := splitLetters(name)
	_, known := vocabulary[lead]
	switch {
	case known && strings.Trim(rest, ".,:;") != "":
		return fmt.Sprintf("write //ipc:%s, then a space", lead)
	case meant != "":
		return fmt.Sprintf("did you mean //ipc:%s?", meant)
	}
	return "there are " + strings.Join(directives, ", ")
}

// splitLetters cuts s behind the letters at its start.
func splitLetters(s string) (letters, rest string) {
	rest = strings.TrimLeftFunc(s, func(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' })
	return s[:len(s)-len(rest)], rest
}
