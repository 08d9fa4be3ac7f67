package query

import "strings"

// Subject is what a query looks at: who a peer is, and what it says of itself.
type Subject struct {
	Group, Name string
	Metadata    Metadata // normal
}

// Field returns the value of a field of metadata, or of the identity.
func (s Subject) Field(name string) (value any, ok bool) {
	switch Text[string](name) {
	case GroupField:
		return s.Group, true
	case NameField:
		return s.Name, true
	}
	value, ok = s.Metadata[name]
	return value, ok
}

// Match says whether the query matches s.
func (q *Query) Match(s Subject) bool {
	if q == nil {
		return true
	}
	return q.err == nil && q.matches(s)
}

func (q *Query) matches(s Subject) bool {
	switch q.op {
	case opAll:
		for _, operand := range q.operands {
			if !operand.matches(s) {
				return false
			}
		}
		return true
	case opAny:
		for _, operand := range q.operands {
			if operand.matches(s) {
				return true
			}
		}
		return false
	case opNot:
		return !q.operands[0].matches(s)
	}
	value, ok := s.Field(q.field)
	return ok && q.test(value)
}

// test says whether a value of the field passes.
func (q *Query) test(value any) bool {
	switch q.op {
	case opHas:
		return true
	case opIn:
		found, _ := q.find(value)
		return found
	case opNotIn:
		found, comparable := q.find(value)
		return !found && comparable
	case opContains:
		within, comparable := contains(value, q.value)
		return within && comparable
	case opNotContains:
		within, comparable := contains(value, q.value)
		return !within && comparable
	}
	order, ok := compare(value, q.value)
	return ok && q.accepts(order)
}

// accepts says whether a value that stands so to the operand passes.
func (q *Query) accepts(order int) bool {
	switch q.op {
	case opEq:
		return order == 0
	case opNe:
		return order != 0
	case opLt:
		return order < 0
	case opLte:
		return order <= 0
	case opGt:
		return order > 0
	}
	return order >= 0
}

// find says whether value is one of the query's, and whether it is of their kind.
func (q *Query) find(value any) (found, comparable bool) {
	for _, v := range q.values {
		order, ok := compare(value, v)
		if !ok {
			return false, false // they are all of one kind
		}
		if order == 0 {
			return true, true
		}
	}
	return false, true
}

// contains says whether operand is within value, and whether it could be.
func contains(value, operand any) (within, comparable bool) {
	switch value := value.(type) {
	case string:
		part, ok := operand.(string)
		return ok && strings.Contains(value, part), ok
	case []any:
		for _, element := range value {
			if order, ok := compare(element, operand); ok && order == 0 {
				return true, true
			}
		}
		return false, true
	}
	return false, false
}
