package golang

import (
	"strings"

	"github.com/dave/jennifer/jen"
)

// documented is a declaration under its doc comment. Nothing stands between
// them, not even a space: gofmt would not take it for a doc comment.
func documented(text string, declaration *jen.Statement) *jen.Statement {
	return jen.Custom(jen.Options{Separator: "\n"}, jen.Comment(comment(text)), declaration)
}

// comment returns text as // lines, so that nothing in it can end the comment.
func comment(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text)) {
		b.WriteString("//")
		if line != "\n" && line[0] != '\t' {
			b.WriteByte(' ')
		}
		b.WriteString(line)
	}
	return b.String()
}

// deprecate adds to the doc comment of what calls a deprecated route the
// paragraph that tools look for, unless it has one.
func (r *route) deprecate(text string) string {
	if r.Deprecated == "" || strings.Contains("\n"+text, "\nDeprecated: ") {
		return text
	}
	return strings.TrimSpace(text) + "\n\nDeprecated: " + r.Deprecated
}
