package wire

import (
	"bytes"
	"reflect"
	"strconv"
)

// scan reads one value and judges whether it fits s, as [Decoder.scan] does
// for CBOR: what it lets pass, encoding/json may decode. It refuses what that
// would take in silence (duplicate keys, names of another case, null for a
// struct, arrays of another length), and charges what it will allocate.
func (r *jsonReader) scan(s *shape) {
	if s.nullable && r.null() {
		return
	}
	jsonScanners[s.form](r, s)
}

var jsonScanners [formCustom + 1]func(*jsonReader, *shape)

func init() { // scanners call scan, which reads jsonScanners
	jsonScanners = [...]func(*jsonReader, *shape){
		formNone:    (*jsonReader).scanNone,
		formBool:    func(r *jsonReader, _ *shape) { r.bool() },
		formInt:     (*jsonReader).scanInt,
		formUint:    (*jsonReader).scanUint,
		formFloat:   (*jsonReader).scanFloat,
		formString:  (*jsonReader).scanText,
		formBytes:   (*jsonReader).scanText,
		formText:    (*jsonReader).scanText,
		formArray:   (*jsonReader).scanArray,
		formSlice:   (*jsonReader).scanSlice,
		formMap:     (*jsonReader).scanMap,
		formStruct:  (*jsonReader).scanStruct,
		formPointer: (*jsonReader).scanPointer,
		formAny:     (*jsonReader).scanAny,
		formCustom:  (*jsonReader).scanAny,
	}
}

func (r *jsonReader) scanNone(s *shape) { r.fail("type " + s.typ.String() + " cannot be decoded") }

func (r *jsonReader) scanInt(s *shape) {
	if _, err := strconv.ParseInt(string(r.number()), 10, 8*int(s.size)); err != nil {
		r.fail("not an integer, or out of range")
	}
}

func (r *jsonReader) scanUint(s *shape) {
	if _, err := strconv.ParseUint(string(r.number()), 10, 8*int(s.size)); err != nil {
		r.fail("not an integer, or out of range")
	}
}

func (r *jsonReader) scanFloat(s *shape) {
	if _, err := strconv.ParseFloat(string(r.number()), 8*int(s.size)); err != nil {
		r.fail("float out of range")
	}
}

func (r *jsonReader) scanText(*shape) {
	raw, _ := r.rawText()
	r.charge(len(raw), 1)
}

func (r *jsonReader) scanArray(s *shape) {
	if n := r.scanElements(s.elem, 0); n != s.typ.Len() {
		r.fail("array of another length")
	}
}

func (r *jsonReader) scanSlice(s *shape) { r.scanElements(s.elem, s.elem.size) }

// scanElements charges each of the elements it counts.
func (r *jsonReader) scanElements(elem *shape, size uintptr) (n int) {
	r.array()
	for r.more(n, ']', MaxArray) {
		r.charge(1, size)
		if r.scan(elem); r.err != nil {
			r.err.under(indexStep(n))
			return n
		}
		n++
	}
	return n
}

func (r *jsonReader) scanMap(s *shape) {
	number := s.key.form == formInt || s.key.form == formUint
	r.entries(func(i int, key []byte) {
		if number && !canonical(key) {
			r.fail("key is not an integer in its shortest form")
		}
		r.charge(len(key), 1)
		r.chargeEntry(i, s.key.size, s.elem.size)
		r.scan(s.elem)
	})
}

// canonical reports whether no other text is read as the same integer, which
// would make a duplicate that differs.
func canonical(key []byte) bool {
	digits := bytes.TrimPrefix(key, []byte("-"))
	if len(digits) == 0 || digits[0] == '+' {
		return false
	}
	return digits[0] != '0' || len(key) == 1
}

// entries goes over an object that becomes a map, and refuses duplicate keys.
func (r *jsonReader) entries(value func(i int, key []byte)) {
	seen := newKeySet(nil)
	r.object()
	for n := 0; r.more(n, '}', MaxMap); n++ {
		key := r.key()
		if problem := seen.refuse(key); problem != "" && r.err == nil {
			r.fail(problem + " " + quote(key))
		}
		if r.err != nil {
			return
		}
		if value(n, key); r.err != nil {
			r.err.under(nameStep(key))
			return
		}
	}
}

func (r *jsonReader) scanStruct(s *shape) {
	r.charge(1, s.embedded)
	keys := newKeySet(s.names)
	r.object()
	for n := 0; r.more(n, '}', MaxMap); n++ {
		key := r.key()
		if r.err != nil {
			return
		}
		if r.scanField(s, &keys, key); r.err != nil {
			return
		}
	}
}

// scanField reads the value of a known key, or skips that of an unknown one.
func (r *jsonReader) scanField(s *shape, keys *keySet, key []byte) {
	known := keys.find(key)
	problem := ""
	if known && !keys.mark() {
		problem = "duplicate key"
	}
	if !known {
		problem = keys.refuse(key)
	}
	switch {
	case problem != "":
		r.fail(problem + " " + quote(key))
		return
	case known:
		r.scan(s.fields[keys.index])
	default:
		r.skip()
	}
	if r.err != nil {
		r.err.under(nameStep(key))
	}
}

func (r *jsonReader) scanPointer(s *shape) {
	r.charge(1, s.elem.size)
	r.scan(s.elem)
}

// scanAny reads a value that decodes to what it says itself, or is for a custom
// unmarshaler.
func (r *jsonReader) scanAny(*shape) {
	switch r.peek() {
	case '[':
		r.charge(1, sizeSlice)
		r.scanElements(anyShape, sizeAny)
	case '{':
		r.charge(1, sizeMap)
		r.entries(func(i int, key []byte) {
			r.charge(len(key), 1)
			r.chargeEntry(i, sizeString, sizeAny)
			r.scanAny(nil)
		})
	case '"':
		r.charge(1, sizeString)
		r.scanText(nil)
	default:
		r.charge(1, sizeNumber)
		r.skip()
	}
}

var anyShape = shapeOf(JSON, reflect.TypeFor[any]())

// end refuses anything but white space behind the value.
func (r *jsonReader) end() {
	if r.peek(); r.err == nil && r.off < len(r.data) {
		r.fail("trailing bytes")
	}
}
