package query

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The limits of metadata.
const (
	MaxKeys = 64      // keys of a Metadata
	MaxSize = 8 << 10 // its size in bytes, as Metadata.Size counts
	MaxName = 128     // bytes of a key
)

// The pseudo fields: the identity of a peer, which queries can ask for like any
// field, as in GroupField.Eq("bots"). No key of a [Metadata] begins with "peer.".
const (
	GroupField Text[string] = "peer.group"
	NameField  Text[string] = "peer.name"
)

const reserved = "peer."

// Metadata is what a peer says of itself: values by name. A value is
//
//	a string      valid UTF-8
//	an integer    of any Go type, within int64
//	a float       finite: NaN and the infinities are refused
//	a bool
//	a Version
//	a list        a slice or array of the above, perhaps mixed
//
// or of a type whose underlying type is one of them. [Metadata.Normalize] makes
// these one Go type a kind and checks names and limits. All else in this package
// takes normal metadata, and shares it: do not change one that you gave away.
type Metadata map[string]any

// Normalize returns a copy of m in which every value is a string, an int64, a
// float64, a bool, a [Version] or a []any of these, and which shares nothing
// with m. A key whose value is nil is left out. Its error names the key, what it
// holds, and what is allowed. What came over a wire passes through here too: see
// [Metadata.Wire].
func (m Metadata) Normalize() (Metadata, error) {
	return Metadata(nil).Merge(m)
}

// Merge returns m with the values of update in place of its own: a partial
// update. A nil value removes its key, or does nothing if there is none. m must
// be normal, update need not be, and neither changes. If the result would exceed
// a limit there is none, only the error.
func (m Metadata) Merge(update Metadata) (Metadata, error) {
	merged := make(Metadata, len(m)+len(update))
	maps.Copy(merged, m)
	for _, key := range slices.Sorted(maps.Keys(update)) {
		if err := checkKey(key); err != nil {
			return nil, err
		}
		if update[key] == nil {
			delete(merged, key)
			continue
		}
		value, err := normalize(update[key])
		if err != nil {
			return nil, fmt.Errorf("query: metadata %q holds %w", key, err)
		}
		merged[key] = value
	}
	if err := merged.checkSize(); err != nil {
		return nil, err
	}
	return merged, nil
}

func (m Metadata) checkSize() error {
	if len(m) > MaxKeys {
		return fmt.Errorf("query: metadata of %d keys, at most %d are allowed", len(m), MaxKeys)
	}
	if size := m.Size(); size > MaxSize {
		return fmt.Errorf("query: metadata of %d bytes, at most %d are allowed", size, MaxSize)
	}
	return nil
}

// Size returns the size of normal metadata in bytes: the lengths of its names,
// texts and versions, 8 for a number, 1 for a bool, and 1 more for every name,
// value, list, and element.
func (m Metadata) Size() (n int) {
	for key, value := range m {
		n += 1 + len(key) + size(value)
	}
	return n
}

func size(value any) int {
	switch v := value.(type) {
	case string:
		return 1 + len(v)
	case bool:
		return 2
	case Version:
		return 1 + len(v.String())
	case []any:
		n := 1
		for _, element := range v {
			n += size(element)
		}
		return n
	}
	return 9
}

// Clone returns a copy of m that shares nothing with it.
func (m Metadata) Clone() Metadata {
	c := maps.Clone(m)
	for key, value := range c {
		if list, ok := value.([]any); ok {
			c[key] = slices.Clone(list)
		}
	}
	return c
}

// checkKey says whether a peer may have a field of that name.
func checkKey(key string) error {
	if strings.HasPrefix(key, reserved) {
		return fmt.Errorf("query: metadata %s: names that begin with %s are the peer's identity", quoted(key), reserved)
	}
	return checkName(key)
}

// checkName says whether there can be a field of that name.
func checkName(name string) error {
	if len(name) == 0 || len(name) > MaxName {
		return fmt.Errorf("query: the name %s has %d bytes, want 1 to %d", quoted(name), len(name), MaxName)
	}
	for _, r := range name {
		if !isNameRune(r) {
			return fmt.Errorf("query: the name %s holds %q, allowed are letters, digits and _.:/- of ASCII", quoted(name), r)
		}
	}
	return nil
}

func isNameRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_.:/-", r)
}
