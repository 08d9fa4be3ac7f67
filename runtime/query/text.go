package query

import (
	"strconv"
	"strings"
)

// String returns the query as text that [Parse] reads: one text for each
// predicate as it was built. The text of a query with an error is the error.
func (q *Query) String() string {
	if q == nil {
		return everybody.text
	}
	if q.err != nil {
		return "invalid(" + q.err.Error() + ")"
	}
	return q.text
}

// render writes the query from the texts of its operands.
func render(q *Query) string {
	switch q.op {
	case opAll:
		return renderJoined(q, " && ", wordTrue)
	case opAny:
		return renderJoined(q, " || ", wordFalse)
	case opNot:
		return "!" + within(q.operands[0], opNot)
	case opHas:
		return wordHas + "(" + fieldText(q.field) + ")"
	case opIn, opNotIn:
		return fieldText(q.field) + symbols[q.op] + listText(q.values)
	}
	return fieldText(q.field) + symbols[q.op] + valueText(q.value)
}

// symbols is how an operator stands between a field and a value.
var symbols = map[op]string{
	opEq: " == ", opNe: " != ", opLt: " < ", opLte: " <= ", opGt: " > ", opGte: " >= ",
	opIn: " in ", opNotIn: " not in ", opContains: " contains ", opNotContains: " not contains ",
}

// The words of the text form. They are fields only in quotes.
const (
	wordTrue     = "true"
	wordFalse    = "false"
	wordHas      = "has"
	wordIn       = "in"
	wordNot      = "not"
	wordContains = "contains"
)

func reservedWord(s string) bool {
	switch s {
	case wordTrue, wordFalse, wordHas, wordIn, wordNot, wordContains:
		return true
	}
	return false
}

func renderJoined(q *Query, sign, empty string) string {
	if len(q.operands) == 0 {
		return empty
	}
	texts := make([]string, len(q.operands))
	for i, operand := range q.operands {
		texts[i] = within(operand, q.op)
	}
	return strings.Join(texts, sign)
}

// within returns the text of an operand, in parentheses where it would read as
// something else without: an Any within an All, a test behind a !.
func within(q *Query, outer op) string {
	loose := q.op > opNot && outer == opNot && q.op != opHas ||
		(q.op == opAll || q.op == opAny) && len(q.operands) > 0 && (outer == opNot || q.op == opAny)
	if loose {
		return "(" + q.text + ")"
	}
	return q.text
}

// fieldText returns the name of a field, in quotes unless it reads as one word.
func fieldText(name string) string {
	if first := name[0]; isLetter(first) && !reservedWord(name) {
		return name
	}
	return strconv.Quote(name)
}

func isLetter(c byte) bool { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' }

func listText(values []any) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = valueText(value)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// valueText returns a normal scalar.
func valueText(value any) string {
	switch v := value.(type) {
	case string:
		return strconv.Quote(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return floatText(v)
	case bool:
		return strconv.FormatBool(v)
	case Version:
		return v.literal()
	case []any:
		return listText(v)
	}
	return ""
}

// floatText returns f so that it reads as a float again.
func floatText(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if strings.ContainsAny(s, ".e") {
		return s
	}
	return s + ".0"
}
