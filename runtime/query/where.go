package query

import (
	"math/rand/v2"
	"slices"
)

// contender is somebody who matches, to be asked about without a lock.
type contender[T any] struct {
	value  T
	hash   uint64 // of the id
	number any    // in the field that counts, if one does
}

// ChooseOtherWhere is [Index.ChooseOther] among those for which keep holds. It
// may ask about everybody who matches, and does so without a lock: that takes as
// long as there are such. Of equals [MinBy] chooses any here.
func (x *Index[T]) ChooseOtherWhere(id string, keep func(T) bool, q *Query, choices ...Choice) (value T, ok bool) {
	if Check(q, choices...) != nil {
		return value, false
	}
	return x.try(exception[T]{id, keep}, q, choices)
}

func (x *Index[T]) oneWhere(except exception[T], q *Query, c Choice) (value T, ok bool) {
	all := x.contenders(except.id, q, c)
	if c.how == roundRobin {
		return nextWhere(all, except.keep, c)
	}
	all = slices.DeleteFunc(all, func(s contender[T]) bool { return !except.keep(s.value) })
	if len(all) == 0 {
		return value, false
	}
	if c.how == sticky {
		key := hash(c.key)
		return best(all, func(a, b contender[T]) bool { return score(a.hash, key) > score(b.hash, key) }), true
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	switch c.how {
	case minBy:
		return best(all, func(a, b contender[T]) bool { order, _ := compare(a.number, b.number); return order < 0 }), true
	case leastPending:
		return x.mostIdle(all[:min(len(all), Sample)]), true
	}
	return all[0].value, true
}

// nextWhere goes round all of them, as pick does, and passes over those for which
// keep does not hold.
func nextWhere[T any](all []contender[T], keep func(T) bool, c Choice) (value T, ok bool) {
	for range all {
		if next := all[c.turn.Add(1)%uint64(len(all))].value; keep(next) {
			return next, true
		}
	}
	return value, false
}

// contenders returns who but id matches q and can be chosen by c, in the order of
// the view.
func (x *Index[T]) contenders(id string, q *Query, c Choice) []contender[T] {
	v, unlock := x.view(q, false)
	defer unlock()
	all := make([]contender[T], 0, len(v.members))
	for i, slot := range v.members {
		e := &x.entries[slot]
		if e.id == id {
			continue
		}
		s := contender[T]{value: e.value, hash: v.hashes[i]}
		if c.how == minBy {
			if s.number = e.subject.Metadata[c.field]; kindOf(s.number) != number {
				continue
			}
		}
		all = append(all, s)
	}
	return all
}

// best returns the first one before which none comes.
func best[T any](all []contender[T], before func(a, b contender[T]) bool) T {
	first := all[0]
	for _, s := range all[1:] {
		if before(s, first) {
			first = s
		}
	}
	return first.value
}

// mostIdle returns the one with the fewest calls under way.
func (x *Index[T]) mostIdle(all []contender[T]) T {
	first, least := all[0].value, 0
	for i, s := range all {
		pending := 0
		if x.Pending != nil {
			pending = x.Pending(s.value)
		}
		if i == 0 || pending < least {
			first, least = s.value, pending
		}
	}
	return first
}
