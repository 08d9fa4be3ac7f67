package wire

import "fmt"

// cursor is a place in an input, with what holds for the rest of it: how deep
// we are, and how much may still be allocated. The first error sticks and moves
// the cursor to the end, so that whoever does not look reads nothing more.
type cursor struct {
	data   []byte
	off    int
	depth  int
	budget int // bytes
	err    *ValueError
}

func (c *cursor) fail(problem string) { c.failed(&ValueError{Problem: problem}) }

func (c *cursor) failed(err *ValueError) {
	if c.err == nil {
		c.err = err
	}
	c.off = len(c.data)
}

func (c *cursor) failf(format string, args ...any) { c.fail(fmt.Sprintf(format, args...)) }

func (c *cursor) remaining() uint64 { return uint64(len(c.data) - c.off) }

// charge takes n elements of size bytes from the budget. It comes before every
// allocation whose size the input decides.
func (c *cursor) charge(n int, size uintptr) {
	if need := uint64(n) * uint64(size); need <= uint64(c.budget) {
		c.budget -= int(need)
		return
	}
	c.budget = 0
	c.fail("needs more memory than its length allows")
}

// chargeMap takes a map of n entries from the budget.
func (c *cursor) chargeMap(n int, key, val uintptr) {
	c.charge(slots(n), 1+inSlot(key)+inSlot(val))
	c.charge(n, outOfSlot(key)+outOfSlot(val))
}

// chargeEntry takes the entry behind the first i of a map, if their number is
// not known before.
func (c *cursor) chargeEntry(i int, key, val uintptr) {
	c.charge(slots(i+1)-slots(i), 1+inSlot(key)+inSlot(val))
	c.charge(1, outOfSlot(key)+outOfSlot(val))
}

// slots is how many slots Go makes for n entries: eight at once, then twice as
// many as are taken, at worst.
func slots(n int) int {
	if n == 0 {
		return 0
	}
	return 8 + 2*max(0, n-8)
}

// inSlot is what a key or value of size bytes takes in its slot: large ones are
// put elsewhere.
func inSlot(size uintptr) uintptr {
	if size > maxInSlot {
		return 8
	}
	return size
}

func outOfSlot(size uintptr) uintptr {
	if size > maxInSlot {
		return size
	}
	return 0
}

const maxInSlot = 128

// descend goes one level down, into something of n elements.
func (c *cursor) descend(n uint64, limit int) {
	switch {
	case n > uint64(limit):
		c.failf("%d elements, more than %d", n, limit)
	case c.depth >= MaxDepth:
		c.failf("nested more than %d deep", MaxDepth)
	default:
		c.depth++
	}
}

func (c *cursor) leave() { c.depth-- }

// budget is how much memory decoding n bytes may allocate. A few bytes of input
// may stand for large Go values (an empty map for a struct of a kilobyte), so
// that a limit on messages alone would bound nothing.
func budget(n int) int { return max(1<<20, 16*n) }
