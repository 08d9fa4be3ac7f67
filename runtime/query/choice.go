package query

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
)

// A Choice says how one is chosen of the peers that match a query. The zero
// Choice is [Random]. It is safe for concurrent use.
//
// A call takes several: how to choose, which is [Random] when nothing is said,
// and then what [Else] to try if nobody matches. Nobody is chosen beyond what was
// asked for.
type Choice struct {
	how   how
	key   string         // Sticky
	field string         // MinBy
	turn  *atomic.Uint64 // RoundRobin

	otherwise *Query // Else
	choices   []Choice
}

type how int

const (
	random how = iota
	sticky
	roundRobin
	leastPending
	minBy
	otherwise
)

// Random chooses any with the same probability.
func Random() Choice { return Choice{how: random} }

// Sticky chooses the same peer for the same key, as long as it matches, by
// rendezvous hashing of the key with the ids of the peers: when one of n peers
// leaves, only its own keys, 1/n of all, move to others, evenly.
func Sticky(key string) Choice { return Choice{how: sticky, key: key} }

// RoundRobin chooses one after the other. Each value RoundRobin returns counts for itself,
// from a random start: keep it for as long as it shall go round.
func RoundRobin() Choice {
	c := Choice{how: roundRobin, turn: new(atomic.Uint64)}
	c.turn.Store(rand.Uint64() >> 1)
	return c
}

// LeastPending chooses the peer with the fewest calls under way: of all up to
// [Sample] peers that match, of so many random ones beyond.
func LeastPending() Choice { return Choice{how: leastPending} }

// Sample is how many peers [LeastPending] compares.
const Sample = 16

// MinBy chooses the peer with the lowest number in the field; among equals, the
// one that was not chosen for the longest time. Peers without a number in the field are
// not chosen.
func MinBy(field string) Choice { return Choice{how: minBy, field: field} }

// Else is what to try if nobody was chosen so far: one that matches q, chosen as
// choices say.
func Else(q *Query, choices ...Choice) Choice {
	return Choice{how: otherwise, otherwise: q, choices: choices}
}

// Check says what is wrong with a query or the choices that go with it, or nil.
// [Index.Choose] finds nobody for what does not pass.
func Check(q *Query, choices ...Choice) error {
	return check(q, choices, 1)
}

var (
	errTwoWays = errors.New("query: two choices of one: only Else may follow the first")
	errElse    = fmt.Errorf("query: more than %d Else within one another", MaxDepth)
)

func check(q *Query, choices []Choice, depth int) error {
	if err := q.Err(); err != nil {
		return err
	}
	if depth > MaxDepth {
		return errElse
	}
	for i, c := range choices {
		if i > 0 && c.how != otherwise {
			return errTwoWays
		}
		if err := c.check(depth); err != nil {
			return err
		}
	}
	return nil
}

func (c Choice) check(depth int) error {
	switch c.how {
	case minBy:
		return checkKey(c.field)
	case otherwise:
		return check(c.otherwise, c.choices, depth+1)
	}
	return nil
}

// plan splits choices into how to choose and what else to try.
func plan(choices []Choice) (first Choice, rest []Choice) {
	if len(choices) > 0 && choices[0].how != otherwise {
		return choices[0], choices[1:]
	}
	return Random(), slices.Clip(choices)
}
