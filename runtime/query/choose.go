package query

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

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
	return x.try(exception[T]{id: id}, q, choices)
}

// exception is who is not chosen.
type exception[T any] struct {
	id   string
	keep func(T) bool // if set, who can be chosen
}

// try chooses of those that match q, and if there is none, goes through what else
// there is.
func (x *Index[T]) try(except exception[T], q *Query, choices []Choice) (value T, ok bool) {
	first, rest := plan(choices)
	if value, ok = x.one(except, q, first); ok {
		return value, true
	}
	for _, c := range rest {
		if value, ok = x.try(except, c.otherwise, c.choices); ok {
			return value, true
		}
	}
	return value, false
}

func (x *Index[T]) one(except exception[T], q *Query, c Choice) (value T, ok bool) {
	if except.keep != nil {
		return x.oneWhere(except, q, c)
	}
	return x.oneOther(except.id, q, c)
}

func (x *Index[T]) oneOther(id string, q *Query, c Choice) (value T, ok bool) {
	v, unlock := x.view(q, c.how == minBy)
	defer unlock()
	slot, except := int32(0), nobody
	if known, ok := x.slots[id]; ok {
		except = known
	}
	if c.how == minBy {
		slot, ok = x.ranking(v, c.field).choose(except)
	} else {
		slot, ok = x.pick(v, except, c)
	}
	if !ok {
		return value, false
	}
	return x.entries[slot].value, true
}

// nobody is no slot.
const nobody int32 = -1

// ranking returns the order of the members by a field. It needs the lock for writing.
func (x *Index[T]) ranking(v *view, field string) *ranking {
	if r, ok := v.lowest[field]; ok {
		return r
	}
	r := &ranking{place: map[int32]int{}}
	for _, slot := range v.members {
		r.update(slot, x.entries[slot].subject.Metadata[field])
	}
	if len(v.lowest) >= maxRankings {
		clear(v.lowest)
	}
	v.lowest[field] = r
	return r
}

// maxRankings is how many orders a view keeps.
const maxRankings = 4

// pick chooses a member of v other than except.
func (x *Index[T]) pick(v *view, except int32, c Choice) (slot int32, ok bool) {
	among := candidates{members: v.members, hashes: v.hashes, without: len(v.members)}
	if at, in := v.place[except]; in {
		among.without = at
	}
	n := among.count()
	if n == 0 {
		return 0, false
	}
	switch c.how {
	case sticky:
		return among.sticky(hash(c.key)), true
	case roundRobin:
		return among.nth(int(c.turn.Add(1) % uint64(n))), true
	case leastPending:
		return x.leastPending(among), true
	}
	return among.nth(rand.IntN(n)), true
}

// leastPending compares all, or a sample of many.
func (x *Index[T]) leastPending(among candidates) (best int32) {
	n, least := among.count(), 0
	start := rand.IntN(n)
	for i := range min(n, Sample) {
		at := (start + i) % n
		if n > Sample {
			at = rand.IntN(n)
		}
		slot := among.nth(at)
		if pending := x.pending(slot); i == 0 || pending < least {
			best, least = slot, pending
		}
	}
	return best
}

func (x *Index[T]) pending(slot int32) int {
	if x.Pending == nil {
		return 0
	}
	return x.Pending(x.entries[slot].value)
}

// candidates are the members of a view but for one.
type candidates struct {
	members []int32
	hashes  []uint64
	without int // where the one is; the number of members if nobody is left out
}

func (c candidates) count() int {
	if c.without < len(c.members) {
		return len(c.members) - 1
	}
	return len(c.members)
}

func (c candidates) nth(i int) (slot int32) {
	if i >= c.without {
		i++
	}
	return c.members[i]
}

// sticky returns the candidate whose id scores highest with the key (Thaler and
// Ravishankar, "A name-based mapping scheme for rendezvous", 1996). So whoever else
// comes or goes, a key stays, unless the newcomer scores higher.
func (c candidates) sticky(key uint64) (slot int32) {
	at, highest := winner(c.hashes[:c.without], key)
	if c.without < len(c.hashes) {
		behind := c.without + 1
		if i, score := winner(c.hashes[behind:], key); score > highest || c.without == 0 {
			at = behind + i
		}
	}
	return c.members[at]
}

// winner is the one place where all members are looked at: it should stay as tight.
func winner(ids []uint64, key uint64) (at int, highest uint64) {
	for i, id := range ids {
		if s := score(id, key); s > highest {
			at, highest = i, s
		}
	}
	return at, highest
}

// score mixes the hashes of an id and a key: both halves of a product with an odd
// constant, which is 2^64 divided by the golden ratio.
func score(id, key uint64) uint64 {
	high, low := bits.Mul64(id^key, 0x9e3779b97f4a7c15)
	return high ^ low
}

// hash is the same in every process, so that keys stay where they are over restarts.
func hash(s string) uint64 {
	sum := sha256.Sum256([]byte(s))
	return binary.LittleEndian.Uint64(sum[:])
}
