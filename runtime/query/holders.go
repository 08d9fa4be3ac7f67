package query

import (
	"math"

	"golang.org/x/mod/semver"
)

// slotSet is a set of subjects, by their slots.
type slotSet map[int32]struct{}

// holders lists, for one field, who has which value in it.
type holders struct {
	field string
	of    map[held]slotSet
	texts int // how many hold a text, which may contain another
}

// held is a scalar that a field holds, or the list in it: equal for values that
// compare as equal.
type held struct {
	listed bool
	value  any
}

func newHolders(field string) *holders {
	return &holders{field: field, of: map[held]slotSet{}}
}

func (h *holders) add(slot int32, s Subject) {
	value, ok := s.Field(h.field)
	if !ok {
		return
	}
	if kindOf(value) == text {
		h.texts++
	}
	eachHeld(value, func(key held) {
		if h.of[key] == nil {
			h.of[key] = slotSet{}
		}
		h.of[key][slot] = struct{}{}
	})
}

// remove takes back what add did for the same subject.
func (h *holders) remove(slot int32, s Subject) {
	value, ok := s.Field(h.field)
	if !ok {
		return
	}
	if kindOf(value) == text {
		h.texts--
	}
	eachHeld(value, func(key held) {
		if delete(h.of[key], slot); len(h.of[key]) == 0 {
			delete(h.of, key)
		}
	})
}

// matching returns a set that holds everybody who passes a test for a value of the field.
// It is not ok if the lists do not tell.
func (h *holders) matching(q *Query) (slots slotSet, ok bool) {
	switch {
	case q.op == opEq:
		return h.of[held{false, same(q.value)}], true
	case q.op == opContains && (h.texts == 0 || kindOf(q.value) != text):
		return h.of[held{true, same(q.value)}], true
	}
	return nil, false
}

func eachHeld(value any, visit func(held)) {
	elements, isList := value.([]any)
	if !isList {
		visit(held{false, same(value)})
		return
	}
	for _, element := range elements {
		visit(held{true, same(element)})
	}
}

// same returns one value for all that compare as equal.
func same(value any) any {
	switch v := value.(type) {
	case float64:
		if v == math.Trunc(v) && compareIntFloat(math.MinInt64, v) <= 0 && compareIntFloat(math.MaxInt64, v) >= 0 {
			return int64(v)
		}
	case Version:
		return Version{text: semver.Canonical(v.literal())}
	}
	return value
}
