package query

import "container/heap"

// view is a query that is standing: who matches it. Its lock is that of the index.
type view struct {
	query   *Query
	members []int32       // slots, in no order
	hashes  []uint64      // of their ids, in the same order
	place   map[int32]int // slot -> where it is in members
	lowest  map[string]*ranking
}

func newView(q *Query) *view {
	return &view{query: q, place: map[int32]int{}, lowest: map[string]*ranking{}}
}

// update says that slot is from now on a subject s, whose id has the hash.
func (v *view) update(slot int32, hash uint64, s Subject) {
	if !v.query.matches(s) {
		v.remove(slot)
		return
	}
	if _, known := v.place[slot]; !known {
		v.place[slot] = len(v.members)
		v.members = append(v.members, slot)
		v.hashes = append(v.hashes, hash)
	}
	for field, r := range v.lowest {
		r.update(slot, s.Metadata[field])
	}
}

// remove takes slot out, if it is in. The last member takes its place.
func (v *view) remove(slot int32) {
	at, known := v.place[slot]
	if !known {
		return
	}
	last := len(v.members) - 1
	v.members[at], v.hashes[at] = v.members[last], v.hashes[last]
	v.place[v.members[at]] = at
	v.members, v.hashes = v.members[:last], v.hashes[:last]
	delete(v.place, slot)
	for _, r := range v.lowest {
		r.remove(slot)
	}
}

// ranking orders members by the number in one of their fields, as a heap; among
// equals the one that was chosen longest ago is first.
type ranking struct {
	ranks []rank
	place map[int32]int // slot -> where it is in ranks
	turn  uint64
}

type rank struct {
	slot   int32
	number any    // int64 or float64
	chosen uint64 // the turn in which it was chosen, 0 for never
}

// update says what slot has in the field.
func (r *ranking) update(slot int32, value any) {
	at, known := r.place[slot]
	switch {
	case kindOf(value) != number:
		r.remove(slot)
	case known:
		r.ranks[at].number = value
		heap.Fix(r, at)
	default:
		heap.Push(r, rank{slot: slot, number: value})
	}
}

func (r *ranking) remove(slot int32) {
	if at, known := r.place[slot]; known {
		heap.Remove(r, at)
	}
}

// choose returns the first but except, which becomes the last of its equals.
func (r *ranking) choose(except int32) (slot int32, ok bool) {
	at := 0
	if len(r.ranks) > 0 && r.ranks[0].slot == except {
		at = r.second()
	}
	if at >= len(r.ranks) {
		return 0, false
	}
	slot = r.ranks[at].slot
	r.turn++
	r.ranks[at].chosen = r.turn
	heap.Fix(r, at)
	return slot, true
}

// second returns where the one after the first is, perhaps beyond the end.
func (r *ranking) second() int {
	if len(r.ranks) > 2 && r.Less(2, 1) {
		return 2
	}
	return 1
}

// Len, Less, Swap, Push and Pop are heap.Interface.

func (r *ranking) Len() int { return len(r.ranks) }

func (r *ranking) Less(i, j int) bool {
	a, b := r.ranks[i], r.ranks[j]
	if order, _ := compare(a.number, b.number); order != 0 {
		return order < 0
	}
	return a.chosen < b.chosen
}

func (r *ranking) Swap(i, j int) {
	r.ranks[i], r.ranks[j] = r.ranks[j], r.ranks[i]
	r.place[r.ranks[i].slot], r.place[r.ranks[j].slot] = i, j
}

func (r *ranking) Push(x any) {
	r.place[x.(rank).slot] = len(r.ranks)
	r.ranks = append(r.ranks, x.(rank))
}

func (r *ranking) Pop() any {
	last := len(r.ranks) - 1
	popped := r.ranks[last]
	r.ranks = r.ranks[:last]
	delete(r.place, popped.slot)
	return popped
}
