package wire

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// Decoder reads one value in CBOR, strictly: lengths are definite, tags and
// undefined are refused, text is UTF-8, null stands only where Go has nil.
// Decoded strings are copies, and so are byte slices unless they are borrowed
// (see [Borrow]). The first error sticks, and
// whatever is read after it is zero. [Unmarshal] makes decoders; generated code
// uses them.
type Decoder struct {
	cursor
	missing uint64 // bytes cut off the input's end: see whereEnds

	borrow bool // byte slices may be parts of the input

	chunk []byte // what is left of the storage for small copies, of this and the next values
}

// head reads the first byte of an item and its argument. After an error the
// byte is noItem, which is of no type anybody wants.
func (d *Decoder) head() (item byte, arg uint64) {
	if d.off >= len(d.data) {
		d.fail("unexpected end")
		return noItem, 0
	}
	item = d.data[d.off]
	d.off++
	if info := item & infoBits; info >= 24 {
		return d.argument(item, info)
	}
	return item, uint64(item & infoBits)
}

const noItem = majorOther | 31

// argument reads the 1, 2, 4 or 8 bytes that follow the first.
func (d *Decoder) argument(item, info byte) (byte, uint64) {
	if info > 27 {
		d.fail(illFormed(item))
		return noItem, 0
	}
	size := 1 << (info - 24)
	if d.remaining() < uint64(size) {
		d.fail("unexpected end")
		return noItem, 0
	}
	b := d.data[d.off:]
	d.off += size
	switch size {
	case 1:
		return item, uint64(b[0])
	case 2:
		return item, uint64(binary.BigEndian.Uint16(b))
	case 4:
		return item, uint64(binary.BigEndian.Uint32(b))
	default:
		return item, binary.BigEndian.Uint64(b)
	}
}

func illFormed(item byte) string {
	if major := item & majorBits; item&infoBits == 31 && major >= majorBytes && major <= majorMap {
		return "indefinite length"
	}
	return "not well-formed"
}

// peek returns the first byte of the next item, noItem if there is none.
func (d *Decoder) peek() byte {
	if d.off < len(d.data) {
		return d.data[d.off]
	}
	return noItem
}

// null reads null, if that is what comes next.
func (d *Decoder) null() bool {
	if d.peek() == itemNull {
		d.off++
		return true
	}
	return false
}

func (d *Decoder) bool() bool {
	item, _ := d.head()
	if item != itemTrue && item != itemFalse {
		d.mismatch("bool", item)
	}
	return item == itemTrue
}

func (d *Decoder) int() int64 {
	item, n := d.head()
	switch major := item & majorBits; {
	case major != majorUint && major != majorNint:
		d.mismatch("integer", item)
		return 0
	case n > math.MaxInt64:
		d.fail("integer out of range")
		return 0
	case major == majorNint:
		return ^int64(n)
	default:
		return int64(n)
	}
}

func (d *Decoder) uint() uint64 {
	item, n := d.head()
	switch item & majorBits {
	case majorUint:
		return n
	case majorNint:
		d.fail("integer out of range")
	default:
		d.mismatch("integer", item)
	}
	return 0
}

// float reads a float of any width, or an integer: that is how JavaScript sends
// a float without a fraction.
func (d *Decoder) float() float64 {
	if d.peek()&majorBits == majorNint {
		return float64(d.int())
	}
	item, n := d.head()
	switch {
	case item == itemFloat64:
		return math.Float64frombits(n)
	case item == itemFloat32:
		return float64(math.Float32frombits(uint32(n)))
	case item == itemFloat16:
		return float16(uint16(n))
	case item&majorBits == majorUint:
		return float64(n)
	default:
		d.mismatch("float", item)
		return 0
	}
}

// float16 widens a half-precision float (RFC 8949, appendix D).
func float16(half uint16) float64 {
	exp, mant := int(half>>10&31), float64(half&1023)
	var f float64
	switch exp {
	case 0:
		f = math.Ldexp(mant, -24)
	case 31:
		f = math.Inf(1)
		if mant != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(mant+1024, exp-25)
	}
	if half>>15 != 0 {
		return math.Copysign(f, -1)
	}
	return f
}

// text reads text without copying it.
func (d *Decoder) text() []byte {
	item, n := d.head()
	if item&majorBits != majorText {
		d.mismatch("text", item)
		return nil
	}
	b := d.take(n)
	if !utf8.Valid(b) {
		d.fail("text is not UTF-8")
		return nil
	}
	return b
}

// bytes reads a byte string without copying it.
func (d *Decoder) bytes() []byte {
	item, n := d.head()
	if item&majorBits != majorBytes {
		d.mismatch("bytes", item)
		return nil
	}
	return d.take(n)
}

// owned returns a copy of b, or b itself if byte slices are borrowed.
func (d *Decoder) owned(b []byte) []byte {
	if d.borrow {
		return b
	}
	return d.own(b)
}

// own returns a copy of b that is its caller's. Small ones share storage, also
// those of values that are decoded one after the other, one allocation for many:
// whoever keeps one of them keeps chunkSize bytes.
func (d *Decoder) own(b []byte) []byte {
	n := len(b)
	if n == 0 || n > chunkSize/2 {
		return append([]byte{}, b...)
	}
	if n > len(d.chunk) {
		d.chunk = make([]byte, chunkSize)
	}
	own := d.chunk[:n:n]
	d.chunk = d.chunk[copy(own, b):]
	return own
}

const chunkSize = 256

func (d *Decoder) take(n uint64) []byte {
	if n > d.remaining() {
		d.fail("unexpected end")
		return nil
	}
	start := d.off
	d.off += int(n)
	return d.data[start:d.off:d.off]
}

// array enters an array and returns how many elements it has. leave leaves it.
func (d *Decoder) array() int {
	item, n := d.head()
	if item&majorBits != majorArray {
		d.mismatch("array", item)
		return 0
	}
	return d.enter(n, 1, MaxArray)
}

// entries enters a map and returns how many entries it has. leave leaves it.
func (d *Decoder) entries() int {
	item, n := d.head()
	if item&majorBits != majorMap {
		d.mismatch("map", item)
		return 0
	}
	return d.enter(n, 2, MaxMap)
}

// enter goes one level down, to n elements of at least size bytes. A count that
// the rest of the input cannot hold is refused before anything is allocated.
func (d *Decoder) enter(n, size uint64, limit int) int {
	if d.descend(n, limit); d.err != nil {
		return 0
	}
	if n*size > d.remaining()+d.missing {
		d.fail("unexpected end")
		return 0
	}
	return int(n)
}

func (d *Decoder) mismatch(want string, item byte) {
	d.fail("want " + want + ", have " + itemName(item))
}

func itemName(item byte) string {
	switch item {
	case itemFalse, itemTrue:
		return "bool"
	case itemNull:
		return "null"
	case itemUndefined:
		return "undefined"
	case itemFloat16, itemFloat32, itemFloat64:
		return "float"
	}
	return majorNames[item>>5]
}

var majorNames = [8]string{"integer", "integer", "bytes", "text", "array", "map", "tag", "unassigned value"}
