package annotations

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// An argument is one word behind the name of a directive: key, key=value or
// something else. Quotes around it are gone.
type argument struct {
	text       string
	key, value string
	pos        token.Pos
	valuePos   token.Pos
}

// arguments splits those of d at the spaces. It reports quotes that do not
// go around a whole argument and ends there.
func (r *reader) arguments(d ast.Directive) []argument {
	words, err := d.ParseArgs()
	if err != nil {
		d.Args = d.Args[:brokenQuote(d)]
		r.report(d.ArgsPos+token.Pos(len(d.Args)), malformedArgument, `quotes do not match: they go around a whole argument, as in "deprecated=use B instead"`)
		words, _ = d.ParseArgs()
	}
	var args []argument
	for _, w := range words {
		a := newArgument(d, w)
		if q := quotedValue(d, a); q != "" {
			r.report(a.valuePos, malformedArgument, "quotes go around the whole argument: write %s", q)
			break
		}
		args = append(args, a)
	}
	return args
}

func newArgument(d ast.Directive, w ast.DirectiveArg) argument {
	a := argument{text: w.Arg, pos: w.Pos, valuePos: w.Pos}
	a.key, a.value, _ = strings.Cut(w.Arg, "=")
	if isQuote(d.Args[w.Pos-d.ArgsPos]) {
		a.valuePos++
	}
	if a.key != a.text {
		a.valuePos += token.Pos(len(a.key) + len("="))
	}
	return a
}

// brokenQuote returns where the first argument begins that ParseArgs cannot
// read: it can read what stands before.
func brokenQuote(d ast.Directive) int {
	at := 0
	for i := range len(d.Args) {
		begins := i == 0 || unicode.IsSpace(rune(d.Args[i-1]))
		if !begins || !isQuote(d.Args[i]) {
			continue
		}
		before := ast.Directive{Args: d.Args[:i]}
		if _, err := before.ParseArgs(); err == nil {
			at = i
		}
	}
	return at
}

// quotedValue returns how to write a if it is of the form key="some value",
// which would end at the first space.
func quotedValue(d ast.Directive, a argument) string {
	rest := d.Args[a.valuePos-d.ArgsPos:]
	if isQuote(d.Args[a.pos-d.ArgsPos]) || a.key == a.text || rest == "" || !isQuote(rest[0]) {
		return ""
	}
	value := strings.Trim(rest, "\"`")
	if quoted, err := strconv.QuotedPrefix(rest); err == nil {
		value, _ = strconv.Unquote(quoted)
	}
	return strconv.Quote(a.key + "=" + value)
}

func isQuote(c byte) bool { return c == '"' || c == '`' }

// settings returns the arguments of d that are right, of the form key=value
// and key. Each may be given once, alias any number of times.
func (r *reader) settings(d ast.Directive, args []argument) []argument {
	var right []argument
	for _, a := range args {
		same := func(b argument) bool { return b.key == a.key }
		switch {
		case !r.known(d, a):
		case a.key != "alias" && slices.ContainsFunc(right, same):
			r.report(a.pos, repeatedArgument, "%s is given twice: keep one", a.key)
		default:
			right = append(right, a)
		}
	}
	return right
}

// known says whether a is one of d's settings, and has a value if and only if
// that takes one.
func (r *reader) known(d ast.Directive, a argument) bool {
	settings := vocabulary[d.Name].settings
	valued, plain := slices.Contains(settings, a.key+"="), slices.Contains(settings, a.key)
	hasValue := a.text != a.key
	switch {
	case valued && a.value == "":
		r.report(a.pos, malformedArgument, "%s needs a value: write %s=...", a.key, a.key)
	case plain && hasValue:
		r.report(a.pos, malformedArgument, "%s takes no value: write %s", a.key, a.key)
	case !valued && !plain:
		r.report(a.pos, unknownArgument, "//ipc:%s has no argument %s: %s", d.Name, a.key, alternative(a.key, settings))
	default:
		return true
	}
	return false
}

// alternative says what to write in place of the unknown key.
func alternative(key string, settings []string) string {
	if meant, ok := Closest(key+"=", settings); ok {
		return "did you mean " + meant + "?"
	}
	return "it takes " + strings.Join(settings, ", ")
}

// noArguments reports those of d, which takes none.
func (r *reader) noArguments(d ast.Directive) {
	if d.Args != "" {
		r.report(d.ArgsPos, unknownArgument, "//ipc:%s takes no arguments: remove them", d.Name)
	}
}
