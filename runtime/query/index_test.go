package query

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
)

// fleet returns an index of n bots, each known by its id.
func fleet(n int) *Index[string] {
	x := &Index[string]{Pending: func(string) int { return 0 }}
	for i := range n {
		setBot(x, i, i%10)
	}
	return x
}

func setBot(x *Index[string], i, load int) {
	id := fmt.Sprintf("bots/bot-%d", i)
	x.Set(id, Subject{Group: "bots", Name: fmt.Sprintf("bot-%d", i), Metadata: Metadata{
		"load": int64(load), "region": []string{"eu", "us", "ap"}[i%3], "number": int64(i),
		"guilds": []any{int64(2 * i), int64(2*i + 1)}, "version": MustVersion("1.2.3"),
	}}, id)
}

func TestNoMatchIsNobody(t *testing.T) {
	x := fleet(3)
	for _, choice := range []Choice{{}, Random(), Sticky("k"), RoundRobin(), LeastPending(), MinBy("load")} {
		if got, ok := x.Choose(Eq("region", "moon"), choice); ok || got != "" {
			t.Errorf("%v: chose %q of none", choice, got)
		}
		if got, ok := x.Choose(Lt("load", true), choice); ok {
			t.Errorf("%v: a bad query chose %q", choice, got)
		}
		if got, ok := x.ChooseOther("bots/bot-1", Eq("number", 1), choice); ok {
			t.Errorf("%v: chose %q, which was excepted", choice, got)
		}
		if got, ok := new(Index[string]).Choose(nil, choice); ok {
			t.Errorf("%v: chose %q of an empty index", choice, got)
		}
	}
	if got, ok := x.Choose(nil, MinBy("absent")); ok {
		t.Errorf("chose %q, which has no such field", got)
	}
	if got, ok := x.Choose(nil, MinBy("region")); ok {
		t.Errorf("chose %q by a text", got)
	}
	if got := x.Find(Lt("load", true)); len(got) != 0 {
		t.Errorf("a bad query found %v", got)
	}
}

func TestFindAndGroups(t *testing.T) {
	x := fleet(9)
	x.Set("web/1", Subject{Group: "web", Name: "1"}, "web/1")
	found := x.Find(All(Eq("region", "us"), Gt("number", 1)))
	slices.Sort(found)
	if want := []string{"bots/bot-4", "bots/bot-7"}; !slices.Equal(found, want) {
		t.Errorf("found %v, want %v", found, want)
	}
	if groups := x.Groups(nil); !slices.Equal(groups, []string{"bots", "web"}) {
		t.Errorf("groups %v", groups)
	}
	if groups := x.Groups(Has("load")); !slices.Equal(groups, []string{"bots"}) {
		t.Errorf("groups with a load %v", groups)
	}
	if x.Len() != 10 {
		t.Errorf("%d are there", x.Len())
	}
}

func TestRandomAndRoundRobinAreEven(t *testing.T) {
	x := fleet(5)
	turns := map[string]int{}
	for c := RoundRobin(); len(turns) < 5 || turns["bots/bot-0"] < 10; {
		got, _ := x.Choose(nil, c)
		turns[got]++
		if turns[got] > 10 {
			t.Fatalf("round robin is uneven: %v", turns)
		}
	}
	counts := map[string]int{}
	for range 10_000 {
		got, _ := x.ChooseOther("bots/bot-3", nil)
		counts[got]++
	}
	for id, n := range counts {
		if n < 2200 || n > 2800 || id == "bots/bot-3" {
			t.Errorf("random without bot-3 is uneven: %v", counts)
		}
	}
}

// Whom nobody may choose is passed over in the round: the others are chosen
// equally often, whether the caller tries without asking first or not.
func TestRoundRobinPassesOver(t *testing.T) {
	for _, allowed := range []string{"02", "13", "24", "0134", "3"} {
		x := fleet(6)
		keep := func(id string) bool { return strings.Contains(allowed, id[len(id)-1:]) }
		turns := map[string]int{}
		c := RoundRobin()
		for i := range 120 {
			got, ok := "", false
			if i%3 > 0 {
				got, ok = x.ChooseOther("bots/bot-5", nil, c)
			}
			if !ok || !keep(got) {
				got, ok = x.ChooseOtherWhere("bots/bot-5", keep, nil, c)
			}
			if !ok {
				t.Fatalf("%s: nobody was chosen", allowed)
			}
			turns[got]++
		}
		for _, n := range turns {
			if len(turns) != len(allowed) || n < 120/len(allowed)*7/10 {
				t.Errorf("%s: %v", allowed, turns)
			}
		}
	}
}

// One for whom keep does not hold is never chosen, and a key that is sticky stays
// with the same one of the others.
func TestOnlyThoseWhoAreKeptAreChosen(t *testing.T) {
	x := fleet(50)
	odd := func(id string) bool { return (id[len(id)-1]-'0')%2 == 1 }
	x.Pending = func(id string) int { return int(id[len(id)-1] - '0') }
	for i := range 1000 {
		key := fmt.Sprintf("user-%d", i)
		home, ok := x.ChooseOtherWhere("", odd, nil, Sticky(key))
		if favourite, _ := x.Choose(nil, Sticky(key)); !ok || !odd(home) || odd(favourite) && home != favourite {
			t.Fatalf("%s is with %s, of all it would be %s", key, home, favourite)
		}
		if again, _ := x.ChooseOtherWhere("", odd, nil, Sticky(key)); again != home {
			t.Fatalf("%s is with %s after %s", key, again, home)
		}
	}
	idle := map[string]int{}
	for range 200 {
		got, _ := x.ChooseOtherWhere("bots/bot-1", odd, nil, LeastPending())
		idle[got]++
	}
	if idle["bots/bot-1"] > 0 || idle["bots/bot-11"]+idle["bots/bot-21"]+idle["bots/bot-31"]+idle["bots/bot-41"] < 180 {
		t.Errorf("the most idle are chosen: %v", idle)
	}
	if got, ok := x.ChooseOtherWhere("", func(string) bool { return false }, nil, Else(nil)); ok {
		t.Errorf("chosen: %s", got)
	}
	if got, ok := x.ChooseOtherWhere("", odd, Eq("number", 2), Else(Eq("number", 3))); got != "bots/bot-3" || !ok {
		t.Errorf("else: %s", got)
	}
	if got, ok := x.ChooseOtherWhere("", odd, Lt("load", true)); ok {
		t.Errorf("a query that makes no sense: %s", got)
	}
}

// Each RoundRobin counts for itself: what one chooses does not move another.
func TestRoundRobinsAreIndependent(t *testing.T) {
	x := fleet(2)
	a, b := RoundRobin(), RoundRobin()
	first, _ := x.Choose(nil, a)
	x.Choose(nil, b)
	if second, _ := x.Choose(nil, a); second == first {
		t.Errorf("%s twice: another one's turn was counted", first)
	}
}

func TestLeastPending(t *testing.T) {
	for _, n := range []int{1, 5, Sample} {
		x := fleet(n)
		pending := map[string]int{}
		x.Pending = func(id string) int { return pending[id] }
		for range 10 * n {
			got, _ := x.Choose(nil, LeastPending())
			pending[got]++
		}
		for id, calls := range pending {
			if calls != 10 {
				t.Errorf("%d peers: %s has %d calls, want 10", n, id, calls)
			}
		}
	}
	// Of many, a sample is compared: that all of it is of the busy half is one chance in 2^16.
	x, busy := fleet(1000), 0
	x.Pending = func(id string) int { return int(id[len(id)-1]) % 2 }
	for range 1000 {
		got, _ := x.Choose(nil, LeastPending())
		busy += x.Pending(got)
	}
	if busy > 3 {
		t.Errorf("chose a busy one %d times of 1000", busy)
	}
}

func TestMinBy(t *testing.T) {
	x := fleet(20) // loads 0 to 9, each twice
	for range 4 {
		first, _ := x.Choose(nil, MinBy("load"))
		second, _ := x.Choose(nil, MinBy("load"))
		if got := []string{first, second}; !slices.Contains(got, "bots/bot-0") || !slices.Contains(got, "bots/bot-10") {
			t.Fatalf("chose %v, want the two of load 0 in turn", got)
		}
	}
	if got, _ := x.ChooseOther("bots/bot-0", nil, MinBy("load")); got != "bots/bot-10" {
		t.Errorf("without bot-0, chose %s", got)
	}
	if got, _ := x.ChooseOther("bots/bot-1", Eq("region", "us"), MinBy("number")); got != "bots/bot-4" {
		t.Errorf("without bot-1, chose %s", got)
	}
	setBot(x, 7, -1)
	if got, _ := x.Choose(nil, MinBy("load")); got != "bots/bot-7" {
		t.Errorf("chose %s, want the one whose load became the lowest", got)
	}
	x.Delete("bots/bot-7")
	if got, _ := x.Choose(nil, MinBy("load")); got == "bots/bot-7" {
		t.Error("chose one that left")
	}
}

// S6: where nobody matches nobody is chosen, unless the query says who else.
func TestElseIsOnlyWhenAsked(t *testing.T) {
	x := fleet(10)
	moon := Eq("region", "moon")
	if got, ok := x.Choose(moon, Sticky("k")); ok {
		t.Errorf("chose %s", got)
	}
	if got, ok := x.Choose(moon, Sticky("k"), Else(Eq("number", 100)), Else(Gte("number", 8), MinBy("number"))); got != "bots/bot-8" || !ok {
		t.Errorf("chose %q, want bot-8", got)
	}
	if got, ok := x.Choose(moon, Else(moon, Else(Eq("number", 3)))); got != "bots/bot-3" || !ok {
		t.Errorf("chose %q, want bot-3", got)
	}
	if got, ok := x.Choose(Eq("number", 5), Else(Eq("number", 3))); got != "bots/bot-5" || !ok {
		t.Errorf("chose %q, want bot-5: it matches", got)
	}
	if _, ok := x.Choose(nil, Random(), Sticky("k")); ok {
		t.Error("two ways to choose one")
	}
	if err := Check(nil, Random(), Else(Lt("ready", true))); err == nil {
		t.Error("a bad query behind Else passes")
	}
}

// TestStickyMovesOneNth removes one of n peers: the keys of the others stay where
// they were, and its own go to all of them.
func TestStickyMovesOneNth(t *testing.T) {
	const keys, peers = 10_000, 50
	x := fleet(peers)
	before := owners(x, keys)
	gone := "bots/bot-17"
	x.Delete(gone)
	after := owners(x, keys)

	moved, heirs := 0, map[string]int{}
	for key, owner := range before {
		switch {
		case owner == gone:
			moved++
			heirs[after[key]]++
		case after[key] != owner:
			t.Fatalf("%s moved from %s, which is there, to %s", key, owner, after[key])
		}
	}
	if moved < keys/peers*7/10 || moved > keys/peers*13/10 {
		t.Errorf("%d of %d keys moved, want about 1 in %d", moved, keys, peers)
	}
	for heir, n := range heirs {
		if n > 20 {
			t.Errorf("%s inherits %d of %d keys: that is not even", heir, n, moved)
		}
	}
	setBot(x, 17, 0)
	for key, owner := range owners(x, keys) {
		if owner != before[key] {
			t.Fatalf("%s is with %s after bot-17 came back, was with %s", key, owner, before[key])
		}
	}
}

func owners(x *Index[string], keys int) map[string]string {
	owners := map[string]string{}
	for i := range keys {
		key := fmt.Sprintf("user-%d", i)
		owners[key], _ = x.Choose(nil, Sticky(key))
	}
	return owners
}

// The shares of peers are as even as chance makes them, among few and among many.
func TestStickyIsEven(t *testing.T) {
	for _, peers := range []int{2, 3, 10, 100} {
		const keys = 20_000
		counts := map[string]int{}
		for _, owner := range owners(fleet(peers), keys) {
			counts[owner]++
		}
		chi, expected := 0.0, float64(keys)/float64(peers)
		for _, n := range counts {
			chi += (float64(n) - expected) * (float64(n) - expected) / expected
		}
		// Chance gives a mean of peers-1 with a deviation of sqrt(2*(peers-1)); the hash is fixed, so this never flickers.
		limit := float64(peers-1) + 3*math.Sqrt(2*float64(peers-1))
		if len(counts) != peers || chi > limit {
			t.Errorf("%d peers: chi squared is %.1f, above %.1f: %v", peers, chi, limit, counts)
		}
	}
}

// Who asks for one thing under many names, and for many things, makes the index
// forget, never err.
func TestMoreQueriesThanStand(t *testing.T) {
	x := fleet(200)
	for round := range 3 {
		for i := range 200 {
			for _, q := range []*Query{Eq("number", i), Contains("guilds", 2*i+1), All(Gte("number", i), Lte("number", i)), NameField.Eq(fmt.Sprintf("bot-%d", i))} {
				want := fmt.Sprintf("bots/bot-%d", i)
				if got, ok := x.Choose(q, Sticky("k")); got != want || !ok {
					t.Fatalf("round %d: %v chose %q, want %q", round, q, got, want)
				}
			}
		}
		for i := range 2 * maxHolders {
			x.Choose(Eq(fmt.Sprintf("field-%d", i), 1))
		}
	}
	if n := len(x.standing.slots); n > maxStanding {
		t.Errorf("%d queries stand", n)
	}
	if n := len(x.holders.slots); n > maxHolders {
		t.Errorf("the values of %d fields are listed", n)
	}
}

// While a query is tried on many, others use the index, and who changes is tried
// again.
func TestNewQueriesLetOthersIn(t *testing.T) {
	const bots = 3000
	x := fleet(bots)
	for round, changed := 0, 0; changed < 20; round++ {
		if round == 1000 {
			t.Fatal("nobody else got a turn")
		}
		slow := make([]*Query, 100) // for each of the bots
		for i := range slow {
			slow[i] = Gt("number", bots+round+i)
		}
		q := All(Gte("load", 0), Lte("load", 10), None(slow...))
		found := make(chan int)
		go func() { found <- len(x.Find(q)) }()
		changes := map[int]bool{}
		for wait := true; wait; {
			i := len(changes) % bots // who was tried already
			x.mu.RLock()
			underway := x.underway != nil
			x.mu.RUnlock()
			switch {
			case underway && i%2 == 0:
				setBot(x, i, 100)
				changes[i] = true
			case underway:
				x.Delete(fmt.Sprintf("bots/bot-%d", i))
				changes[i] = true
			}
			select {
			case <-found:
				wait = false
			default:
			}
		}
		changed += len(changes)
		if got := len(x.Find(q)); got != bots-len(changes) {
			t.Fatalf("round %d: %d bots match when %d have changed, of %d", round, got, len(changes), bots)
		}
		for i := range changes {
			setBot(x, i, 1)
		}
	}
}

func TestIndexIsSafeForConcurrentUse(t *testing.T) {
	x := fleet(50)
	turn := RoundRobin()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 300 {
				setBot(x, (i*7+g)%50, i%10)
				x.Choose(Lt("load", i%12), turn, Else(nil, MinBy("load")))
				x.Choose(Has("load"), LeastPending())
				x.ChooseOther("bots/bot-1", Eq("number", i%50), Sticky("k"))
				x.Find(Contains("guilds", i))
				if i%10 == g {
					x.Delete(fmt.Sprintf("bots/bot-%d", i%50))
				}
			}
		})
	}
	wg.Wait()
}
