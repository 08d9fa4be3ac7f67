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

	trying   sync.Mutex // who holds it tries a query on many, and takes mu for a few at a time
	underway *view      // of that query; nil if there is none
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

// stride is on how many a new query is tried before others get their turn: queries
// come from clients, too.
const stride = 128

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
	if x.underway != nil {
		x.underway.update(slot, e.hash, s)
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
	if x.underway != nil {
		x.underway.remove(slot)
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
	if ok {
		return v, x.mu.Unlock
	}
	v = newView(q)
	slots := x.candidates(q)
	if len(slots) <= stride {
		x.tryOn(v, slots)
		x.standing.put(q.text, v, maxStanding)
		return v, x.mu.Unlock
	}
	x.mu.Unlock()
	return x.tryMany(q), x.mu.Unlock
}

// tryMany tries q on all who might match, and returns with mu held. Others get
// their turn meanwhile; who changes then is tried at once, as for the queries that
// stand.
func (x *Index[T]) tryMany(q *Query) *view {
	x.trying.Lock()
	defer x.trying.Unlock()
	x.mu.Lock()
	if v, ok := x.standing.get(q.text); ok { // since somebody else asked, too
		return v
	}
	v := newView(q)
	x.underway = v
	for some := range slices.Chunk(x.candidates(q), stride) {
		x.tryOn(v, some)
		x.mu.Unlock()
		x.mu.Lock()
	}
	x.underway = nil
	x.standing.put(q.text, v, maxStanding)
	return v
}

// tryOn tries the query of v on those of slots who are there.
func (x *Index[T]) tryOn(v *view, slots []int32) {
	for _, slot := range slots {
		if e := &x.entries[slot]; e.id != "" {
			v.update(slot, e.hash, e.subject)
		}
	}
}

// candidates returns the slots of all who might match q.
func (x *Index[T]) candidates(q *Query) []int32 {
	if slots, ok := x.narrow(q); ok {
		return slices.Collect(maps.Keys(slots))
	}
	all := make([]int32, len(x.entries))
	for slot := range all {
		all[slot] = int32(slot)
	}
	return all
}

// narrow returns a set that holds everybody who matches q, the smallest that the
// lists know. It is not ok if they know none. At most one list is made for it.
func (x *Index[T]) narrow(q *Query) (smallest slotSet, ok bool) {
	tests := []*Query{q}
	if q.op == opAll {
		tests = q.operands
	}
	made := false
	for _, q := range tests {
		if q.op != opEq && q.op != opContains {
			continue
		}
		h, known := x.holders.get(q.field)
		switch {
		case known:
		case made:
			continue
		default:
			h, made = x.list(q.field), true
		}
		slots, told := h.matching(q)
		if told && (!ok || len(slots) < len(smallest)) {
			smallest, ok = slots, true
		}
	}
	return smallest, ok
}

// list makes the list of who has which value in the field.
func (x *Index[T]) list(field string) *holders {
	h := newHolders(field)
	for slot, e := range x.entries {
		if e.id != "" {
			h.add(int32(slot), e.subject)
		}
	}
	x.holders.put(field, h, maxHolders)
	return h
}
