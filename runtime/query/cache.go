package query

import (
	"iter"
	"sync/atomic"
)

// cache keeps a few values by name. What was asked for since the last time
// something had to go stays (the second chance, or clock, algorithm).
type cache[V any] struct {
	slots map[string]*cached[V]
}

type cached[V any] struct {
	value V
	used  atomic.Bool // get may run beside get
}

func (c *cache[V]) get(name string) (value V, ok bool) {
	slot, ok := c.slots[name]
	if !ok {
		return value, false
	}
	if !slot.used.Load() {
		slot.used.Store(true)
	}
	return slot.value, true
}

// put keeps a value that is not there yet; it makes room first if there are limit.
func (c *cache[V]) put(name string, value V, limit int) {
	if c.slots == nil {
		c.slots = map[string]*cached[V]{}
	}
	for len(c.slots) >= limit {
		c.sweep()
	}
	c.slots[name] = &cached[V]{value: value}
}

// sweep removes one value that was not used. On its way, and that of those before
// it, the others lose their mark.
func (c *cache[V]) sweep() {
	for name, slot := range c.slots {
		if !slot.used.Swap(false) {
			delete(c.slots, name)
			return
		}
	}
}

func (c *cache[V]) all() iter.Seq[V] {
	return func(yield func(V) bool) {
		for _, slot := range c.slots {
			if !yield(slot.value) {
				return
			}
		}
	}
}
