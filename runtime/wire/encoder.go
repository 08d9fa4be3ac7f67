package wire

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// The major types of CBOR (RFC 8949, section 3.1), in place in the first byte
// of an item. The other five bits say how the argument follows.
const (
	majorUint  = 0 << 5
	majorNint  = 1 << 5
	majorBytes = 2 << 5
	majorText  = 3 << 5
	majorArray = 4 << 5
	majorMap   = 5 << 5
	majorTag   = 6 << 5
	majorOther = 7 << 5 // floats and the values below

	majorBits = 7 << 5
	infoBits  = 31
)

const (
	itemFalse     = majorOther | 20
	itemTrue      = majorOther | 21
	itemNull      = majorOther | 22
	itemUndefined = majorOther | 23
	itemFloat16   = majorOther | 25
	itemFloat32   = majorOther | 26
	itemFloat64   = majorOther | 27
)

// Encoder writes one value in CBOR. The first error sticks: what is written
// after it is worth nothing. [Marshal] makes encoders; generated code uses them.
type Encoder struct {
	b     []byte
	depth int
	// left[i] counts the entries still to come of the map at depth i, which
	// tells when a map ends: the next key is then its parent's.
	left   [MaxDepth + 1]uint16
	err    *ValueError
	broken int // where in b the first error came
}

// Map starts a map of n entries, each to be written as a String and a value.
func (e *Encoder) Map(n int) {
	if n > MaxMap {
		e.fail(fmt.Sprintf("map of %d entries, more than %d", n, MaxMap))
		return
	}
	if !e.enter() {
		return
	}
	e.left[e.depth] = uint16(n)
	e.head(majorMap, uint64(n))
	if n == 0 {
		e.depth--
	}
}

// String writes s as the key of a map's next entry.
func (e *Encoder) String(s string) {
	for e.depth > 0 && e.left[e.depth] == 0 {
		e.depth--
	}
	e.left[e.depth]--
	e.text(s)
}

// Array starts an array of n elements. It is for n fixed by a type; slices and
// arrays are written by [EncodeSlice] and [EncodeArray].
func (e *Encoder) Array(n int) {
	if n > MaxArray {
		e.fail(fmt.Sprintf("array of %d elements, more than %d", n, MaxArray))
		return
	}
	e.head(majorArray, uint64(n))
}

// enter goes one level down, if there may be one more.
func (e *Encoder) enter() bool {
	if e.depth >= MaxDepth {
		e.fail(fmt.Sprintf("nested more than %d deep", MaxDepth))
		return false
	}
	e.depth++
	return true
}

// head writes the first bytes of an item, in the shortest form.
func (e *Encoder) head(major byte, n uint64) { e.b = appendHead(e.b, major, n) }

func (e *Encoder) null() { e.b = append(e.b, itemNull) }

func (e *Encoder) text(s string) {
	if !utf8.ValidString(s) {
		e.fail("text is not UTF-8")
		return
	}
	e.b = append(appendHead(e.b, majorText, uint64(len(s))), s...)
}

func (e *Encoder) fail(problem string) { e.failed(&ValueError{Problem: problem}) }

func (e *Encoder) failed(err *ValueError) {
	if e.err == nil {
		e.err, e.broken = err, len(e.b)
	}
}

func appendHead(b []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n < 1<<8:
		return append(b, major|24, byte(n))
	case n < 1<<16:
		return append(b, major|25, byte(n>>8), byte(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, major|27), n)
	}
}
