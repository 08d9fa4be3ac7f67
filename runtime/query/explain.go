package query

import (
	"fmt"
	"strings"
)

// Explain says why the query matches s or does not: a line for every operator,
// indented as they stand in one another, with the answer and, for a test, what
// the field holds:
//
//	no   all of
//	yes    load < 5: it is 3
//	no     region == "eu": there is no such field
func (q *Query) Explain(s Subject) string {
	if q == nil {
		q = everybody
	}
	if q.err != nil {
		return "no   " + q.String() + "\n"
	}
	var b strings.Builder
	q.explain(&b, s, "")
	return b.String()
}

func (q *Query) explain(b *strings.Builder, s Subject, indent string) {
	answer := "no "
	if q.matches(s) {
		answer = "yes"
	}
	fmt.Fprintf(b, "%s  %s%s\n", answer, indent, q.reason(s))
	for _, operand := range q.operands {
		operand.explain(b, s, indent+"  ")
	}
}

// reason is what there is to say of an operator, beside its answer.
func (q *Query) reason(s Subject) string {
	switch q.op {
	case opAll, opAny:
		return q.explainJoined()
	case opNot:
		return "not"
	}
	value, ok := s.Field(q.field)
	if !ok {
		return q.text + ": there is no such field"
	}
	if q.op != opHas && !q.fits(value) {
		return fmt.Sprintf("%s: it is %v, %s", q.text, kindOf(value), brief(value))
	}
	return q.text + ": it is " + brief(value)
}

func (q *Query) explainJoined() string {
	switch {
	case len(q.operands) == 0 && q.op == opAll:
		return "true: everybody matches"
	case len(q.operands) == 0:
		return "false: nobody matches"
	case q.op == opAll:
		return "all of"
	}
	return "any of"
}

// fits says whether the test can be made of such a value: whether the kinds go together.
func (q *Query) fits(value any) bool {
	switch q.op {
	case opIn, opNotIn:
		_, ok := q.find(value)
		return ok
	case opContains, opNotContains:
		_, ok := contains(value, q.value)
		return ok
	}
	_, ok := compare(value, q.value)
	return ok
}

// brief is a value, cut where it becomes long.
func brief(value any) string {
	const enough = 80
	s := valueText(value)
	if len(s) <= enough {
		return s
	}
	return strings.ToValidUTF8(s[:enough], "") + "..."
}
