package topic

import (
	"iter"
	"strings"
)

// Trie holds values by patterns. The zero value is empty. It is not safe for
// concurrent use, except that any number of goroutines may Match at once.
type Trie[V any] struct {
	root node[V]
	len  int
}

// Entry is one value in a [Trie], by which it is taken out again.
type Entry[V any] struct {
	node  *node[V] // nil: taken out
	index int
}

// node is one level of the patterns that share the levels before it.
type node[V any] struct {
	parent  *node[V]
	level   string // under which it is in parent; "*" and ">" too
	named   map[string]*node[V]
	one     *node[V]
	rest    *node[V]
	values  []V
	entries []*Entry[V] // of values, in the same order
}

// Len returns how many values there are.
func (t *Trie[V]) Len() int { return t.len }

// Add puts v in under pattern, which must be valid. A pattern may have any
// number of values.
func (t *Trie[V]) Add(pattern string, v V) *Entry[V] {
	n := &t.root
	for level := range strings.SplitSeq(pattern, ".") {
		n = n.grow(level)
	}
	e := &Entry[V]{n, len(n.values)}
	n.values, n.entries = append(n.values, v), append(n.entries, e)
	t.len++
	return e
}

// Remove takes e out. An entry that is out already is left alone.
func (t *Trie[V]) Remove(e *Entry[V]) {
	n := e.node
	if n == nil {
		return
	}
	last := len(n.values) - 1
	n.values[e.index], n.entries[e.index] = n.values[last], n.entries[last]
	n.entries[e.index].index = e.index
	var none V
	n.values[last], n.entries[last] = none, nil // nothing is kept alive
	n.values, n.entries = n.values[:last], n.entries[:last]
	e.node = nil
	t.len--
	for n.empty() && n.parent != nil {
		n.parent.cut(n)
		n = n.parent
	}
}

// Match yields the values whose patterns match topic, those of one pattern at
// once, the more specific pattern first: of two the one that names the first
// level in which they differ, and * before >. The slices are the trie's own: not to be
// kept or changed.
func (t *Trie[V]) Match(topic string) iter.Seq[[]V] {
	return func(yield func([]V) bool) { t.root.match(topic, yield) }
}

// grow returns the node below n for level, which it makes if there is none.
func (n *node[V]) grow(level string) *node[V] {
	at := &n.one
	switch level {
	case one:
	case rest:
		at = &n.rest
	default:
		if next := n.named[level]; next != nil {
			return next
		}
		if n.named == nil {
			n.named = map[string]*node[V]{}
		}
		level = strings.Clone(level) // not the whole pattern
		next := &node[V]{parent: n, level: level}
		n.named[level] = next
		return next
	}
	if *at == nil {
		*at = &node[V]{parent: n, level: level}
	}
	return *at
}

func (n *node[V]) empty() bool {
	return len(n.values) == 0 && len(n.named) == 0 && n.one == nil && n.rest == nil
}

// cut removes the node next below n.
func (n *node[V]) cut(next *node[V]) {
	switch next.level {
	case one:
		n.one = nil
	case rest:
		n.rest = nil
	default:
		delete(n.named, next.level)
	}
}

// match yields what topic leads to below n, and reports whether to go on.
func (n *node[V]) match(topic string, yield func([]V) bool) bool {
	level, below, more := strings.Cut(topic, ".")
	for _, next := range [...]*node[V]{n.named[level], n.one} {
		switch {
		case next == nil:
		case more:
			if !next.match(below, yield) {
				return false
			}
		case len(next.values) > 0:
			if !yield(next.values) {
				return false
			}
		}
	}
	return n.rest == nil || yield(n.rest.values)
}

// All yields every value, in no particular order.
func (t *Trie[V]) All() iter.Seq[V] {
	return func(yield func(V) bool) { t.root.all(yield) }
}

// all yields the values of n and below, and reports whether to go on.
func (n *node[V]) all(yield func(V) bool) bool {
	if n == nil {
		return true
	}
	for _, v := range n.values {
		if !yield(v) {
			return false
		}
	}
	for _, next := range n.named {
		if !next.all(yield) {
			return false
		}
	}
	return n.one.all(yield) && n.rest.all(yield)
}
