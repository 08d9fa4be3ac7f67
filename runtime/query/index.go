package query

import (
	"maps"
	"slices"
	"sync"
)

// Index holds subjects by id, and finds those that match a query, or chooses one
// of them. T is what the caller knows a subject by. The zero Index is empty and
// ready. It is safe for concurrent use.
//
// It keeps a few queries standing: who matches them is kept up as subjects come,
// change and go, so that asking again looks at nobody. A query that is new is
// tried on every subject, unless it asks for a field that equals or contains a
// value: for these there are lists of who has the value.
type Index[T any] struct {
	// Pending returns how many calls to a peer are under way, for LeastPending.
	// It is called under a lock of the index: it must not use the index, and be
	// quick. Set it before the first use; without it, everybody has none.
	Pending func(T) int

	mu       sync.RWMutex
	slots    map[string]int32 // by id
	entries  []entry[T]       // by slot
	free     []int32          // slots of nobody
	standing cache[*view]     // by the text of the query
	holders  cache[*holders]  // by field
}

// entry is a subject. Other parts of the index know it by its slot, a small number
// that it keeps until it is deleted.
type entry[T any] struct {
	id      string
	hash    uint64 // of id, for Sticky
	subject Subject
	value   T
}

// The index keeps so many queries standing, and lists of the values of so many fields.
const (
	maxStanding = 64
	maxHolders  = 16
)

// Set says what is true of id from now on. The metadata of s must be normal, and
// must not change any more. Sticky goes by ids: one that shall keep its keys over
// a reconnect comes back with its id. An id is not empty.
func (x *Index[T]) Set(id string, s Subject, value T) {
	x.mu.Lock()
	defer x.mu.Unlock()
	slot, known := x.slots[id]
	if known {
		x.forgetHolder(slot)
	} else {
		slot = x.newSlot(id)
	}
	e := &x.entries[slot]
	*e = entry[T]{id: id, hash: hash(id), subject: s, value: value}
	for h := range x.holders.all() {
		h.add(slot, s)
	}
	for v := range x.standing.all() {
		v.update(slot, e.hash, s)
	}
}

func (x *Index[T]) forgetHolder(slot int32) {
	for h := range x.holders.all() {
		h.remove(slot, x.entries[slot].subject)
	}
}

func (x *Index[T]) newSlot(id string) (slot int32) {
	if x.slots == nil {
		x.slots = map[string]int32{}
	}
	if n := len(x.free); n > 0 {
		slot, x.free = x.free[n-1], x.free[:n-1]
	} else {
		slot = int32(len(x.entries))
		x.entries = append(x.entries, entry[T]{})
	}
	x.slots[id] = slot
	return slot
}

// Delete forgets id, if it is there.
func (x *Index[T]) Delete(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	slot, known := x.slots[id]
	if !known {
		return
	}
	x.forgetHolder(slot)
	for v := range x.standing.all() {
		v.remove(slot)
	}
	x.entries[slot] = entry[T]{}
	x.free = append(x.free, slot)
	delete(x.slots, id)
}

// Len returns how many subjects there are.
func (x *Index[T]) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.slots)
}

// Find returns all that match q, in no order.
func (x *Index[T]) Find(q *Query) (found []T) {
	if q.Err() != nil {
		return nil
	}
	v, unlock := x.view(q, false)
	defer unlock()
	for _, slot := range v.members {
		found = append(found, x.entries[slot].value)
	}
	return found
}

// Groups returns the groups of those that match q, sorted.
func (x *Index[T]) Groups(q *Query) []string {
	if q.Err() != nil {
		return nil
	}
	v, unlock := x.view(q, false)
	defer unlock()
	groups := map[string]bool{}
	for _, slot := range v.members {
		groups[x.entries[slot].subject.Group] = true
	}
	return slices.Sorted(maps.Keys(groups))
}

// view returns who matches q, under a lock. It may be the lock for reading unless
// writing is wanted.
func (x *Index[T]) view(q *Query, writing bool) (v *view, unlock func()) {
	if q == nil {
		q = everybody
	}
	if !writing {
		x.mu.RLock()
		if v, ok := x.standing.get(q.text); ok {
			return v, x.mu.RUnlock
		}
		x.mu.RUnlock()
	}
	x.mu.Lock()
	v, ok := x.standing.get(q.text)
	if !ok {
		v = x.newView(q)
		x.standing.put(q.text, v, maxStanding)
	}
	return v, x.mu.Unlock
}

// newView tries q on everybody who might match.
func (x *Index[T]) newView(q *Query) *view {
	v := newView(q)
	if slots, ok := x.narrow(q); ok {
		for slot := range slots {
			v.update(slot, x.entries[slot].hash, x.entries[slot].subject)
		}
		return v
	}
	for slot, e := range x.entries {
		if e.id != "" {
			v.update(int32(slot), e.hash, e.subject)
		}
	}
	return v
}

// narrow returns a set that holds everybody who matches q, the smallest that the
// lists know. It is not ok if they know none.
func (x *Index[T]) narrow(q *Query) (smallest slotSet, ok bool) {
	tests := []*Query{q}
	if q.op == opAll {
		tests = q.operands
	}
	for _, q := range tests {
		if q.op != opEq && q.op != opContains {
			continue
		}
		slots, told := x.holdersOf(q.field).matching(q)
		if told && (!ok || len(slots) < len(smallest)) {
			smallest, ok = slots, true
		}
	}
	return smallest, ok
}

func (x *Index[T]) holdersOf(field string) *holders {
	if h, ok := x.holders.get(field); ok {
		return h
	}
	h := newHolders(field)
	for slot, e := range x.entries {
		if e.id != "" {
			h.add(int32(slot), e.subject)
		}
	}
	x.holders.put(field, h, maxHolders)
	return h
}
