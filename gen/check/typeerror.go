package check

import (
	"go/token"
	"strings"
)

func (c *checker) hasTypeErrors(pos, end token.Pos) bool {
	found := false
	c.typeErrors(pos, end, func(token.Pos, string) { found = true })
	return found
}

// typeErrors calls f with the mistakes between pos and end that the type
// checker found.
func (c *checker) typeErrors(pos, end token.Pos, f func(pos token.Pos, text string)) {
	for _, e := range c.Errors {
		// An error that begins with a tab continues the one before.
		if pos <= e.Pos && e.Pos < end && !strings.HasPrefix(e.Msg, "\t") {
			f(e.Pos, oneLine(e.Msg))
		}
	}
}

// reportTypeErrors says whether there are any between pos and end.
func (c *checker) reportTypeErrors(pos, end token.Pos) bool {
	found := false
	c.typeErrors(pos, end, func(pos token.Pos, text string) {
		c.report(pos, typeError, "%s", text)
		found = true
	})
	return found
}

// cause says why the type of what is declared at pos is not known.
func (c *checker) cause(pos token.Pos) string {
	at := c.Fset.Position(pos)
	missing := ""
	for _, e := range c.Errors {
		switch found := c.Fset.Position(e.Pos); {
		case found.Filename != at.Filename:
		case found.Line == at.Line:
			return oneLine(e.Msg)
		case strings.HasPrefix(e.Msg, "could not import"):
			missing = oneLine(e.Msg)
		}
	}
	if missing != "" {
		return missing
	}
	return "go vet says more"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
