package annotations

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
	"unicode"
)

// recognize returns the directives that c, which stands on p, holds or was
// meant to hold, by their right names. It reports those that Go would take for
// mere comments. Without a place p is nil.
func (r *reader) recognize(c *ast.Comment, p *place) []ast.Directive {
	if d, ok := ast.ParseDirective(c.Slash, c.Text); ok && d.Tool == "ipc" {
		return r.spell(d)
	}
	var found []ast.Directive
	for _, l := range r.linesOf(c) {
		if d, quote, ok := l.intended(p); ok {
			r.report(d.Slash, notADirective, "%s is a mere comment: write //ipc:%s", quote, d.Name)
			found = append(found, d)
		}
	}
	if found == nil && claimed(c.Text) {
		name, _, _ := strings.Cut(c.Text[len("//ipc:"):], " ")
		return r.spell(ast.Directive{Name: name, Slash: c.Slash, ArgsPos: c.End()})
	}
	return found
}

// claimed says whether a comment that is no directive to Go begins so much
// like ours that it can be nothing else, as //ipc:Foo and //ipc:(x) do.
func claimed(text string) bool {
	rest, ok := strings.CutPrefix(text, "//ipc:")
	return ok && !strings.HasPrefix(rest, " ") && !strings.HasPrefix(rest, "\t")
}

// A line is one line of a comment.
type line struct {
	opener string // // or /*, or nothing on the later lines of a block
	text   string // what follows it
	pos    token.Pos
}

func (r *reader) linesOf(c *ast.Comment) []line {
	opener, text := c.Text[:2], c.Text[2:]
	if opener == "//" {
		return []line{{opener, text, c.Slash + 2}}
	}
	var lines []line
	file := r.fset.File(c.Slash)
	number := file.PositionFor(c.Slash, false).Line
	for i, text := range strings.Split(strings.TrimSuffix(text, "*/"), "\n") {
		if i == 0 {
			lines = append(lines, line{opener, text, c.Slash + 2})
			continue
		}
		if number+i > file.LineCount() {
			break // a comment that nobody closed, up to the newline that ends the file
		}
		trimmed := strings.TrimLeft(text, " \t*")
		start := file.LineStart(number+i) + token.Pos(len(text)-len(trimmed))
		lines = append(lines, line{"", trimmed, start})
	}
	return lines
}

// attempt is how a line begins whose author may have meant a directive: the
// tool, misspelt or not, and a word. A tab in front means that the line is
// preformatted: an example.
var attempt = regexp.MustCompile(`^/? *(@?)(?i:ipc|ipcgen|icp)( *: *|[ ./_-])([A-Za-z]+)(\s.*)?$`)

// intended returns the directive that l, which stands on p, was meant to be,
// and l up to its name. The price of a sentence taken for a directive is a new
// wording, that of a directive taken for a sentence an open door. So all is
// claimed that begins right and does not go on as prose.
func (l line) intended(p *place) (d ast.Directive, quote string, ok bool) {
	m := attempt.FindStringSubmatch(l.text)
	if m == nil {
		return d, "", false
	}
	marked := m[1] != "" || strings.Contains(m[2], ":")
	name, rest := m[3], m[4]
	meant, ok := Closest(name, directives)
	if !ok || prose(rest, vocabulary[meant].settings) || !marked && !(l.tight() && p.takes(meant)) {
		return d, "", false
	}
	head := strings.TrimSuffix(l.text, rest)
	args := strings.TrimLeftFunc(rest, unicode.IsSpace)
	d = ast.Directive{
		Tool:    "ipc",
		Name:    meant,
		Args:    strings.TrimSpace(args),
		Slash:   l.pos - token.Pos(len(l.opener)),
		ArgsPos: l.pos + token.Pos(len(l.text)-len(args)),
	}
	return d, l.opener + head, true
}

// tight says whether l follows // or /* at once, as directives do and sentences
// do not. So //ipc notify is claimed where a directive may stand, though it has
// neither a colon nor an @, and // IPC events is not.
func (l line) tight() bool {
	return l.opener != "" && !strings.HasPrefix(strings.TrimPrefix(l.text, "/"), " ")
}

// prose says whether two plain words follow each other in text that are
// neither of the settings nor like one. No arguments of ours have that.
func prose(text string, settings []string) bool {
	plain := false
	for w := range strings.FieldsSeq(text) {
		_, known := Closest(w, settings)
		before := plain
		plain = !known && isWord(w)
		if before && plain {
			return true
		}
	}
	return false
}

// isWord says whether s is a word of a sentence: letters, then punctuation.
func isWord(s string) bool {
	letters, rest := splitLetters(s)
	return letters != "" && strings.Trim(rest, ".,:;'") == ""
}
