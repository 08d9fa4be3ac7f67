package annotations

import (
	"cmp"
	"fmt"
	"go/token"
	"slices"
)

// Problem is one mistake in the source, with where it stands and what to do.
type Problem struct {
	Pos     token.Position
	Code    string // short and stable, like unknown-directive
	Message string // the reason, and the way out
}

// The codes of the problems that Parse reports.
const (
	unknownDirective    = "unknown-directive"    // //ipc:nofity
	notADirective       = "not-a-directive"      // // ipc:notify
	misplacedDirective  = "misplaced-directive"  // on the wrong thing, or on nothing
	repeatedDirective   = "repeated-directive"   // twice on one thing
	contradiction       = "contradiction"        // two that cannot hold together
	unknownArgument     = "unknown-argument"     // timout=2s
	repeatedArgument    = "repeated-argument"    // public public
	malformedArgument   = "malformed-argument"   // timeout, public=yes, "open
	missingArgument     = "missing-argument"     // //ipc:limit
	malformedName       = "malformed-name"       // name=a.b
	malformedDuration   = "malformed-duration"   // timeout=2
	malformedLimit      = "malformed-limit"      // 100/s
	malformedTopic      = "malformed-topic"      // room.*
	malformedExpression = "malformed-expression" // name ! = ""
)

// Error renders the problem as file:line:col: code: message.
func (p Problem) Error() string {
	return fmt.Sprintf("%s: %s: %s", p.Pos, p.Code, p.Message)
}

// Sort orders problems by file, line, column, code and message.
func Sort(problems []Problem) {
	slices.SortFunc(problems, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Pos.Filename, b.Pos.Filename),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Message, b.Message),
		)
	})
}
