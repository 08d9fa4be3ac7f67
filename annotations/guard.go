package annotations

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"math"
	"strconv"
	"strings"
	"time"
)

func (r *reader) readAllow(p *place, d ast.Directive) {
	allow := r.expression(d)
	switch {
	case allow == nil:
	case p.kind == aMethod:
		m := r.methodAt(p)
		m.Allow = append(m.Allow, allow)
	default:
		i := r.interfaceAt(p)
		i.Allow = append(i.Allow, allow)
	}
}

func (r *reader) readLimit(p *place, d ast.Directive) {
	limit := r.limit(d)
	switch {
	case limit == nil:
	case p.kind == aMethod:
		r.methodAt(p).Limit = limit
	default:
		r.interfaceAt(p).Limit = limit
	}
}

// expression parses what stands behind //ipc:allow. It is not read as
// arguments, which would take its quotes away.
func (r *reader) expression(d ast.Directive) *Allow {
	if d.Args == "" {
		r.report(d.Slash, missingArgument, `//ipc:allow needs a condition: write one like //ipc:allow peer.Identity().Group == "admins"`)
		return nil
	}
	// The parser numbers positions from the base of a file set. With as many
	// bytes in front of it as in ours, the numbers are ours.
	fset := token.NewFileSet()
	fset.AddFile("", 1, int(d.ArgsPos)-2)
	expr, err := parser.ParseExprFrom(fset, "", d.Args, parser.SkipObjectResolution)
	if list, ok := err.(scanner.ErrorList); ok {
		first := list[0]
		r.report(d.ArgsPos+token.Pos(first.Pos.Offset), malformedExpression, "the condition is no Go expression: %s", first.Msg)
		return nil
	}
	source := d.Args[expr.Pos()-d.ArgsPos : expr.End()-d.ArgsPos]
	return &Allow{Pos: r.fset.Position(expr.Pos()), Source: source, Expr: expr}
}

// limit parses what stands behind //ipc:limit: N/PERIOD [disconnect].
func (r *reader) limit(d ast.Directive) *Limit {
	args := r.arguments(d)
	if d.Args == "" {
		r.report(d.Slash, missingArgument, "//ipc:limit needs a rate: write one like //ipc:limit 100/1s")
	}
	if len(args) == 0 {
		return nil
	}
	disconnect := r.settings(d, args[1:])
	count, period, err := parseRate(args[0].text)
	if err != nil {
		r.report(args[0].pos, malformedLimit, "%q is no limit: %v", args[0].text, err)
		return nil
	}
	return &Limit{Pos: r.fset.Position(args[0].pos), Count: count, Period: period, Disconnect: len(disconnect) > 0}
}

// parseRate reads N/PERIOD. A period always has its number, so that there is
// one way to write a rate: 5/1m, not 5/m.
func parseRate(s string) (int, time.Duration, error) {
	number, duration, found := strings.Cut(s, "/")
	if !found {
		return 0, 0, errors.New("write calls/period, like 100/1s")
	}
	count, err := strconv.ParseUint(number, 10, 31)
	if err != nil || count == 0 {
		return 0, 0, fmt.Errorf("the number of calls must be a whole number from 1 to %d", math.MaxInt32)
	}
	period, err := time.ParseDuration(duration)
	switch {
	case err != nil && parsesAsDuration("1"+duration):
		return 0, 0, fmt.Errorf("write %d/1%s", count, duration)
	case err != nil && parsesAsDuration(duration+"s"):
		return 0, 0, fmt.Errorf("the period has no unit: write %d/%ss", count, duration)
	case err != nil:
		return 0, 0, errors.New("the period must be a time like 1s or 1m30s, in ns, us, ms, s, m and h")
	case period <= 0:
		return 0, 0, errors.New("the period must be positive")
	}
	return int(count), period, nil
}
