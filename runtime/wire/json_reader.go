package wire

import (
	"encoding/binary"
	"encoding/json"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonReader reads JSON (RFC 8259) strictly, without decoding it: text is
// UTF-8, escapes stand for characters, numbers have their grammar.
type jsonReader struct{ cursor }

// peek skips white space and returns the first byte of what follows it, 0 at
// the end.
func (r *jsonReader) peek() byte {
	for r.off < len(r.data) {
		switch c := r.data[r.off]; c {
		case ' ', '\t', '\n', '\r':
			r.off++
		default:
			return c
		}
	}
	return 0
}

// expect reads one byte, with white space before it.
func (r *jsonReader) expect(c byte) {
	switch have := r.peek(); {
	case have == c && c != 0:
		r.off++
	case have == 0 && r.off >= len(r.data):
		r.fail("unexpected end")
	default:
		r.fail("want " + quote([]byte{c}) + ", have " + quote([]byte{have}))
	}
}

// literal reads a word if it is what follows.
func (r *jsonReader) literal(word string) bool {
	if r.peek() != word[0] || len(r.data)-r.off < len(word) || string(r.data[r.off:r.off+len(word)]) != word {
		return false
	}
	r.off += len(word)
	return true
}

func (r *jsonReader) null() bool { return r.literal("null") }

func (r *jsonReader) bool() bool {
	if r.literal("true") {
		return true
	}
	if !r.literal("false") {
		r.mismatch("bool")
	}
	return false
}

func (r *jsonReader) mismatch(want string) {
	if r.peek() == 0 && r.off >= len(r.data) {
		r.fail("unexpected end")
		return
	}
	r.fail("want " + want + ", have " + jsonName(r.data[r.off]))
}

func jsonName(c byte) string {
	switch {
	case c == '"':
		return "text"
	case c == '{':
		return "object"
	case c == '[':
		return "array"
	case c == 't', c == 'f':
		return "bool"
	case c == 'n':
		return "null"
	case c == '-', c >= '0' && c <= '9':
		return "number"
	case c == 'N', c == 'I': // as Python writes them
		return "NaN or Infinity, which JSON does not have"
	default:
		return quote([]byte{c})
	}
}

// text reads a string and returns it without its quotes, escapes resolved. It
// aliases the input if there are none.
func (r *jsonReader) text() []byte {
	raw, escaped := r.rawText()
	if !escaped || r.err != nil {
		return raw
	}
	var s string
	if err := json.Unmarshal(r.data[r.off-len(raw)-2:r.off], &s); err != nil {
		r.fail(err.Error())
	}
	return []byte(s)
}

// rawText reads a string and returns what is between the quotes.
func (r *jsonReader) rawText() (raw []byte, escaped bool) {
	if r.peek() != '"' {
		r.mismatch("text")
		return nil, false
	}
	r.off++
	start := r.off
	for r.err == nil {
		n := plainText(r.data[r.off:])
		if hasControl(r.data[r.off : r.off+n]) {
			r.fail("control character in text")
			break
		}
		r.off += n
		if r.byte() == '\\' {
			escaped = true
			r.escape()
			continue
		}
		if r.err != nil {
			break
		}
		raw = r.data[start : r.off-1]
		if !utf8.Valid(raw) {
			r.fail("text is not UTF-8")
		}
		return raw, escaped
	}
	return nil, false
}

// hasControl reports whether a byte of b is less than a space. It looks at
// eight at once: taking a space from a byte borrows if it is less, which shows
// in a highest bit that was not set before. A borrow may only spread to bytes
// behind one that is less.
func hasControl(b []byte) bool {
	const spaces, highest = 0x2020202020202020, 0x8080808080808080
	for ; len(b) >= 8; b = b[8:] {
		x := binary.LittleEndian.Uint64(b)
		if (x-spaces)&^x&highest != 0 {
			return true
		}
	}
	for _, c := range b {
		if c < ' ' {
			return true
		}
	}
	return false
}

// byte reads a byte of a string.
func (r *jsonReader) byte() byte {
	if r.off >= len(r.data) {
		r.fail("unexpected end")
		return 0
	}
	c := r.data[r.off]
	r.off++
	return c
}

// escape reads what follows a backslash. Half of a surrogate pair is refused:
// it is no character, and decoding would put another in its place.
func (r *jsonReader) escape() {
	switch r.byte() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
	case 'u':
		first := r.hex4()
		if !utf16.IsSurrogate(first) {
			return
		}
		if r.byte() != '\\' || r.byte() != 'u' || utf16.DecodeRune(first, r.hex4()) == utf8.RuneError {
			r.fail("half a surrogate pair in text")
		}
	default:
		r.fail("unknown escape in text")
	}
}

func (r *jsonReader) hex4() (n rune) {
	for range 4 {
		c := r.byte()
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | rune(c|0x20-'a'+10)
		default:
			r.fail("unknown escape in text")
		}
	}
	return n
}

// number reads a number and returns it as it is written.
func (r *jsonReader) number() []byte {
	if c := r.peek(); c != '-' && (c < '0' || c > '9') {
		r.mismatch("number")
		return nil
	}
	start := r.off
	r.accept("-")
	if r.off < len(r.data) && r.data[r.off] == 'I' {
		r.mismatch("number")
		return nil
	}
	if !r.accept("0") {
		r.digits()
	}
	if r.accept(".") {
		r.digits()
	}
	if r.accept("eE") {
		r.accept("+-")
		r.digits()
	}
	if r.err != nil {
		return nil
	}
	return r.data[start:r.off]
}

// accept reads the next byte if it is one of set.
func (r *jsonReader) accept(set string) bool {
	if r.off < len(r.data) {
		for i := range len(set) {
			if r.data[r.off] == set[i] {
				r.off++
				return true
			}
		}
	}
	return false
}

func (r *jsonReader) digits() {
	start := r.off
	for r.off < len(r.data) && r.data[r.off] >= '0' && r.data[r.off] <= '9' {
		r.off++
	}
	if r.off == start {
		r.fail("malformed number")
	}
}

// array enters an array. more is then called before each element.
func (r *jsonReader) array() {
	if r.peek() != '[' {
		r.mismatch("array")
		return
	}
	r.off++
	r.descend(0, MaxArray)
}

// object enters an object. more is then called before each entry.
func (r *jsonReader) object() {
	if r.peek() != '{' {
		r.mismatch("object")
		return
	}
	r.off++
	r.descend(0, MaxMap)
}

// more reports whether there is another element after the n before, and reads
// the comma between them, or the end.
func (r *jsonReader) more(n int, end byte, limit int) bool {
	if r.err != nil {
		return false
	}
	if r.peek() == end {
		r.off++
		r.leave()
		return false
	}
	if n == limit {
		r.failf("more than %d elements", limit)
		return false
	}
	if n > 0 {
		r.expect(',')
	}
	return r.err == nil
}

// key reads the key of an entry and the colon.
func (r *jsonReader) key() []byte {
	key := r.text()
	r.expect(':')
	return key
}

// skip reads one value of any type and drops it.
func (r *jsonReader) skip() {
	switch c := r.peek(); c {
	case '"':
		r.rawText()
	case '[':
		r.skipArray()
	case '{':
		r.skipObject()
	case 't', 'f':
		r.bool()
	case 'n':
		if !r.null() {
			r.mismatch("value")
		}
	default:
		r.number()
	}
}

func (r *jsonReader) skipArray() {
	r.array()
	for n := 0; r.more(n, ']', MaxArray); n++ {
		if r.skip(); r.err != nil {
			r.err.under(indexStep(n))
			return
		}
	}
}

func (r *jsonReader) skipObject() {
	r.object()
	for n := 0; r.more(n, '}', MaxMap); n++ {
		key := r.key()
		if r.err != nil {
			return
		}
		if r.skip(); r.err != nil {
			r.err.under(nameStep(key))
			return
		}
	}
}
