package query

import (
	"errors"
	"fmt"
	"strings"
)

// The limits of a query. They hold for a query that is built as for one that is
// parsed, so that each has a text that can be sent to somebody else.
const (
	MaxTerms = 256     // operators and values in it
	MaxDepth = 16      // operators within operators
	MaxText  = 8 << 10 // bytes of its text
)

// Query is a predicate over peers: over what they say of themselves and who they
// are. It is immutable, and safe for concurrent use. The nil *Query matches
// every peer.
//
// A test (Eq, Lt, Contains ...) of a field matches only if the peer has the field
// and the value in it is of the kind that is asked for. So a missing field
// matches neither Eq nor Ne, neither In nor NotIn: whoever asks for a region other
// than "eu" wants peers with a region. Integers and floats are one kind and
// compare exactly. [None] turns an answer round, whatever it was for: None(Eq("region",
// "eu")) does match a peer without a region.
//
// Constructors do not fail. What is wrong with their arguments (a channel as a
// value, Lt of a bool, too large a query) is kept in the query and told by
// [Query.Err]; such a query matches no peer, wherever it stands in a larger one.
type Query struct {
	op       op
	field    string
	value    any   // of a test with one value
	values   []any // of In and NotIn, of one kind
	operands []*Query
	err      error

	text         string // canonical; Parse gives this query back
	terms, depth int
}

type op int

const (
	opAll op = iota // all operands; the zero Query matches every peer
	opAny
	opNot
	opHas
	opEq
	opNe
	opLt
	opLte
	opGt
	opGte
	opIn
	opNotIn
	opContains
	opNotContains
)

// Eq matches peers whose field equals value, a string, a number, a bool or a
// [Version]. For lists see [Contains].
func Eq(field string, value any) *Query { return test(opEq, field, value) }

// Ne matches peers that have the field, of the kind of value, with another value.
func Ne(field string, value any) *Query { return test(opNe, field, value) }

// Lt matches peers whose field is below value: a number, a [Version], or a
// string, which are ordered by their bytes.
func Lt(field string, value any) *Query { return test(opLt, field, value) }

// Lte is Lt or Eq.
func Lte(field string, value any) *Query { return test(opLte, field, value) }

// Gt matches peers whose field is above value; see [Lt].
func Gt(field string, value any) *Query { return test(opGt, field, value) }

// Gte is Gt or Eq.
func Gte(field string, value any) *Query { return test(opGte, field, value) }

// In matches peers whose field equals one of values, which are all of one kind.
// Of no values it matches nobody.
func In[T any](field string, values ...T) *Query { return oneOf(opIn, field, values) }

// NotIn matches peers that have the field, of the kind of values, and equal to
// none of them. Of no values it is [Has].
func NotIn[T any](field string, values ...T) *Query { return oneOf(opNotIn, field, values) }

// Contains matches peers whose field is a list that has value as an element, or,
// if value is a string, a string that has it within.
func Contains(field string, value any) *Query { return test(opContains, field, value) }

// NotContains matches peers whose field is a list without that element, or, if value is
// a string, a string without it within.
func NotContains(field string, value any) *Query { return test(opNotContains, field, value) }

// Has matches peers that have the field, whatever it holds.
func Has(field string) *Query {
	q := &Query{op: opHas, field: field, err: checkField(field)}
	return q.finish()
}

// All matches peers that match all queries: every peer, if there are none.
func All(queries ...*Query) *Query { return join(opAll, queries) }

// Any matches peers that match at least one of queries: nobody, if there are none.
func Any(queries ...*Query) *Query { return join(opAny, queries) }

// None matches peers that match no one of queries: every peer, if there are none.
func None(queries ...*Query) *Query {
	return (&Query{op: opNot, operands: []*Query{Any(queries...)}}).finish()
}

// Err says what is wrong with the query, or nil.
func (q *Query) Err() error {
	if q == nil {
		return nil
	}
	return q.err
}

// Terms returns how many operators and values are in the query: what it costs to
// look at one peer. It is never above [MaxTerms] when Err is nil.
func (q *Query) Terms() int {
	if q == nil {
		return 0
	}
	return q.terms
}

// test is a test of field against one value.
func test(op op, field string, value any) *Query {
	q := &Query{op: op, field: field, err: checkField(field)}
	if q.err == nil {
		q.value, q.err = operand(op, field, value)
	}
	return q.finish()
}

func checkField(field string) error {
	if f := Text[string](field); f == GroupField || f == NameField {
		return nil
	}
	if strings.HasPrefix(field, reserved) {
		return fmt.Errorf("query: no field %s: of the identity there are %s and %s", quoted(field), GroupField, NameField)
	}
	return checkName(field)
}

var errList = errors.New("a list: use Contains, or In for one of several values")

// operand returns value as a normal scalar that op can compare with.
func operand(op op, field string, value any) (any, error) {
	value, err := normalize(value)
	if err == nil && kindOf(value) == list {
		err = errList
	}
	if err == nil && ordering(op) && kindOf(value) == boolean {
		err = errors.New("a bool, which has no order")
	}
	if err != nil {
		return nil, fmt.Errorf("query: %q is compared with %w", field, err)
	}
	return value, nil
}

func ordering(op op) bool { return op >= opLt && op <= opGte }

// oneOf is a test of field against several values.
func oneOf[T any](op op, field string, values []T) *Query {
	q := &Query{op: op, field: field, err: checkField(field)}
	if len(values) > MaxTerms {
		q.err = tooMany(len(values))
	}
	for i := 0; i < len(values) && q.err == nil; i++ {
		var value any
		value, q.err = operand(op, field, values[i])
		q.values = append(q.values, value)
		if first := kindOf(q.values[0]); q.err == nil && kindOf(value) != first {
			q.err = fmt.Errorf("query: %q is compared with %v and %v: want values of one kind", field, first, kindOf(value))
		}
	}
	return q.finish()
}

// join is All or Any. One query is itself, and an All within an All part of it, so
// that one predicate has one text.
func join(op op, queries []*Query) *Query {
	joined := &Query{op: op}
	for _, q := range queries {
		if q == nil {
			q = everybody
		}
		if q.op == op && q.err == nil {
			joined.operands = append(joined.operands, q.operands...)
			continue
		}
		joined.operands = append(joined.operands, q)
	}
	if len(joined.operands) == 1 {
		return joined.operands[0]
	}
	return joined.finish()
}

var everybody = (&Query{op: opAll}).finish()

// finish measures the query, once it has all its parts, and writes its text.
func (q *Query) finish() *Query {
	q.terms, q.depth = 1+len(q.values), 1
	for _, operand := range q.operands {
		q.terms += operand.terms
		q.depth = max(q.depth, 1+operand.depth)
		if q.err == nil {
			q.err = operand.err
		}
	}
	if q.value != nil {
		q.terms++
	}
	if q.err == nil && q.terms > MaxTerms {
		q.err = tooMany(q.terms)
	}
	if q.err == nil && q.depth > MaxDepth {
		q.err = fmt.Errorf("query: operators are %d deep, at most %d are allowed", q.depth, MaxDepth)
	}
	if q.err == nil {
		q.text = render(q)
	}
	if q.err == nil && len(q.text) > MaxText {
		q.err = fmt.Errorf("query: the text has %d bytes, at most %d are allowed", len(q.text), MaxText)
	}
	return q
}

func tooMany(terms int) error {
	return fmt.Errorf("query: %d operators and values, at most %d are allowed", terms, MaxTerms)
}
