package topic

// Bare reports whether not even a node is left: for tests.
func (t *Trie[V]) Bare() bool { return t.root.empty() }
