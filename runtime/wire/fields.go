package wire

import (
	"bytes"
	"strconv"
	"strings"
)

// Fields goes over the entries of a map that stands for a struct:
//
//	for f := d.Fields(names); f.Next(); {
//		switch f.Index() {
//		case 0:
//			wire.DecodeString(d, &v.Name)
//		...
//
// After each true Next the value of that field must be read. What is not a
// field is skipped, so that the far side may know more fields than we do.
type Fields struct {
	d    *Decoder
	left int // entries not yet begun
	keys keySet
}

// Fields enters a map whose keys are names. Anything but a map is an error,
// null too.
func (d *Decoder) Fields(names []string) Fields {
	return Fields{d: d, left: d.entries(), keys: newKeySet(names)}
}

// Index is the place in names of the field to be read.
func (f *Fields) Index() int { return f.keys.index }

// Next goes to the next field that is one of names. Another field is skipped,
// unless it differs from a known one only by case; a duplicate of any is an
// error, as it hides a value from those who read only the first, or the last.
func (f *Fields) Next() bool {
	d := f.d
	if d.err != nil {
		f.locate()
		return false
	}
	for f.left > 0 {
		f.left--
		if f.expected() {
			return f.once()
		}
		key := d.key(f.keys.numbered)
		if d.err != nil {
			d.err.under("[key]")
			return false
		}
		if f.keys.find(key) {
			return f.once()
		}
		if f.skip(key); d.err != nil {
			return false
		}
	}
	d.leave()
	return false
}

// expected reads the key of the field after the last one, if that is what comes:
// as it does where both sides agree on the order.
func (f *Fields) expected() bool {
	k, d := &f.keys, f.d
	i := k.index + 1
	if i >= len(k.names) {
		return false
	}
	name := k.names[i]
	end := d.off + 1 + len(name)
	if len(name) >= 24 || strings.HasPrefix(name, numberMark) || end > len(d.data) {
		return false
	}
	if d.data[d.off] != majorText|byte(len(name)) || string(d.data[d.off+1:end]) != name {
		return false
	}
	d.off, k.index = end, i
	return true
}

// locate adds the field that could not be read to the error's path.
func (f *Fields) locate() {
	if f.keys.index >= 0 {
		f.d.err.under(strings.TrimPrefix(f.keys.names[f.keys.index], numberMark))
	}
}

func (f *Fields) once() bool {
	if f.keys.mark() {
		return true
	}
	f.d.fail("duplicate key")
	f.locate()
	return false
}

// skip drops the value of an unknown key.
func (f *Fields) skip(key []byte) {
	if problem := f.keys.refuse(key); problem != "" {
		f.d.fail(problem + " " + quote(bytes.TrimPrefix(key, []byte(numberMark))))
		return
	}
	if f.d.skip(); f.d.err != nil {
		f.d.err.under(nameStep(key))
	}
}

// key reads the key of an entry. Numbers are keys only of structs that number
// their fields.
func (d *Decoder) key(numbered bool) []byte {
	if numbered && d.peek()&majorBits <= majorNint {
		return numberedKey(d.int())
	}
	return d.text()
}

// numberedKey is how a number used as a key appears among names. It is not
// UTF-8, so that no text is equal to it.
func numberedKey(n int64) []byte { return strconv.AppendInt([]byte(numberMark), n, 10) }

const numberMark = "\xff"

// keySet matches the keys of a map against the names of a struct's fields, and
// remembers which were there.
type keySet struct {
	names    []string
	numbered bool // names may be numbers: see numberedKey
	index    int  // of the key found last; -1 before the first
	seen     uint64
	more     []uint64 // seen, from the 64th name on
	unknown  map[string]struct{}
}

func newKeySet(names []string) keySet {
	k := keySet{names: names, index: -1}
	if len(names) > 64 {
		k.more = make([]uint64, (len(names)-1)/64)
	}
	return k
}

// find looks for key, first where it is if both sides agree on the order.
func (k *keySet) find(key []byte) bool {
	if next := k.index + 1; next < len(k.names) && k.names[next] == string(key) {
		k.index = next
		return true
	}
	for i, name := range k.names {
		if name == string(key) {
			k.index = i
			return true
		}
	}
	return false
}

// mark notes that the key found was there, and reports whether for the first
// time.
func (k *keySet) mark() bool {
	word, bit := &k.seen, uint64(1)<<(k.index%64)
	if k.index >= 64 {
		word = &k.more[k.index/64-1]
	}
	first := *word&bit == 0
	*word |= bit
	return first
}

// refuse says what is wrong with a key that was not found, and remembers it:
// for the time of one map, of which there are few at once.
func (k *keySet) refuse(key []byte) string {
	for _, name := range k.names {
		if strings.EqualFold(name, string(key)) {
			return "other case in key"
		}
	}
	if _, ok := k.unknown[string(key)]; ok {
		return "duplicate key"
	}
	if k.unknown == nil {
		k.unknown = make(map[string]struct{})
	}
	k.unknown[string(key)] = struct{}{}
	return ""
}
