package query

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
)

// Index holds subjects by id, and finds those that match a query, or chooses one
// of them. T is what the caller knows a subject by. The zero Index is empty and
// ready. It is safe for concurrent use.
type Index[T any] struct {
	// Pending returns how many calls to a peer are under way, for LeastPending.
	// It is called under a lock of the index: it must not use the index, and be
	// quick. Set it before the first use.
	Pending func(T) int

	mu      sync.RWMutex
	entries map[string]*entry[T]
}

type entry[T any] struct {
	id      string
	subject Subject
	value   T
}

// Set says what is true of id from now on. The metadata of s must be normal, and
// must not change any more. Sticky goes by ids: one that shall keep its keys over a
// reconnect comes back with its id.
func (x *Index[T]) Set(id string, s Subject, value T) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.entries == nil {
		x.entries = map[string]*entry[T]{}
	}
	x.entries[id] = &entry[T]{id, s, value}
}

// Delete forgets id, if it is there.
func (x *Index[T]) Delete(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.entries, id)
}

// Len returns how many subjects there are.
func (x *Index[T]) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.entries)
}

// Find returns all that match q, in no order.
func (x *Index[T]) Find(q *Query) (found []T) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, e := range x.entries {
		if q.Match(e.subject) {
			found = append(found, e.value)
		}
	}
	return found
}

// Groups returns the groups of those that match q, sorted.
func (x *Index[T]) Groups(q *Query) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	groups := map[string]bool{}
	for _, e := range x.entries {
		if q.Match(e.subject) {
			groups[e.subject.Group] = true
		}
	}
	return slices.Sorted(maps.Keys(groups))
}

// Choose returns one that matches q. It is not ok if there is none, or if [Check]
// has something to say of the query and the choices.
func (x *Index[T]) Choose(q *Query, choices ...Choice) (value T, ok bool) {
	return x.ChooseOther("", q, choices...)
}

// ChooseOther is Choose among all but id: for one who wants somebody else than
// itself.
func (x *Index[T]) ChooseOther(id string, q *Query, choices ...Choice) (value T, ok bool) {
	if Check(q, choices...) != nil {
		return value, false
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	var found []T
	for _, e := range x.entries {
		if q.Match(e.subject) && (id == "" || e.id != id) {
			found = append(found, e.value)
		}
	}
	if len(found) == 0 {
		return value, false
	}
	return found[rand.IntN(len(found))], true
}
