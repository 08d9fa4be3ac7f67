package wire

import (
	"math"
	"reflect"
	"time"
)

// scan reads one item and judges whether it fits s, by the rules of the
// decoding functions: what it lets pass, reflection may decode. It charges what
// that will allocate. The functions mirror those in decode.go.
func (d *Decoder) scan(s *shape) {
	if s.nullable && d.null() {
		return
	}
	scanners[s.form](d, s)
}

var scanners [formCustom + 1]func(*Decoder, *shape)

func init() { // scanners call scan, which reads scanners
	scanners = [...]func(*Decoder, *shape){
		formNone:    (*Decoder).scanNone,
		formBool:    func(d *Decoder, _ *shape) { d.bool() },
		formInt:     (*Decoder).scanInt,
		formUint:    (*Decoder).scanUint,
		formFloat:   (*Decoder).scanFloat,
		formString:  func(d *Decoder, _ *shape) { d.charge(len(d.text()), 1) },
		formBytes:   (*Decoder).scanBytes,
		formArray:   (*Decoder).scanArray,
		formSlice:   (*Decoder).scanSlice,
		formMap:     (*Decoder).scanMap,
		formStruct:  (*Decoder).scanStruct,
		formTuple:   (*Decoder).scanTuple,
		formPointer: (*Decoder).scanPointer,
		formAny:     func(d *Decoder, _ *shape) { d.scanAny(true) },
		formTime:    func(d *Decoder, _ *shape) { DecodeTime(d, new(time.Time)) },
		formBigInt:  (*Decoder).scanBigInt,
		formText:    func(d *Decoder, _ *shape) { d.charge(len(d.text()), 1) },
		formBinary:  func(d *Decoder, _ *shape) { d.charge(len(d.bytes()), 1) },
		formCustom:  func(d *Decoder, _ *shape) { d.scanAny(false) },
	}
}

func (d *Decoder) scanNone(s *shape) { d.fail("type " + s.typ.String() + " cannot be decoded") }

func (d *Decoder) scanInt(s *shape) {
	n := d.int()
	if unused := 64 - 8*s.size; n<<unused>>unused != n {
		d.fail("integer out of range")
	}
}

func (d *Decoder) scanUint(s *shape) {
	n := d.uint()
	if unused := 64 - 8*s.size; n<<unused>>unused != n {
		d.fail("integer out of range")
	}
}

func (d *Decoder) scanFloat(s *shape) {
	if f := d.float(); s.size == 4 && overflows32(f) {
		d.fail("float out of range")
	}
}

func (d *Decoder) scanBytes(s *shape) {
	n := len(d.bytes())
	if s.typ.Kind() == reflect.Array {
		d.wantLength(n, s.typ.Len())
	} else {
		d.charge(n, 1)
	}
}

func (d *Decoder) scanArray(s *shape) {
	n := d.array()
	if d.wantLength(n, s.typ.Len()); d.err == nil {
		d.scanElements(n, s.elem)
	}
}

func (d *Decoder) scanSlice(s *shape) {
	n := d.array()
	if d.charge(n, s.elem.size); d.err == nil {
		d.scanElements(n, s.elem)
	}
}

func (d *Decoder) scanElements(n int, elem *shape) {
	for i := range n {
		if d.scan(elem); d.err != nil {
			d.err.under(indexStep(i))
			return
		}
	}
	d.leave()
}

// scanMap leaves duplicates to the library, which compares keys when they are
// Go values.
func (d *Decoder) scanMap(s *shape) {
	n := d.entries()
	d.chargeMap(n, s.key.size, s.elem.size)
	for range n {
		key := d.off
		if d.scan(s.key); d.err != nil {
			d.err.under("[key]")
			return
		}
		if d.scan(s.elem); d.err != nil {
			d.err.under(d.keyStepAt(key))
			return
		}
	}
	d.leave()
}

func (d *Decoder) scanStruct(s *shape) {
	d.charge(1, s.embedded)
	f := d.Fields(s.names)
	f.keys.numbered = s.numbered
	for f.Next() {
		d.scan(s.fields[f.Index()])
	}
}

func (d *Decoder) scanTuple(s *shape) {
	d.charge(1, s.embedded)
	if d.wantLength(d.array(), len(s.fields)); d.err != nil {
		return
	}
	for i := range s.fields {
		if d.scan(s.fields[i]); d.err != nil {
			d.err.under(indexStep(i))
			return
		}
	}
	d.leave()
}

func (d *Decoder) scanPointer(s *shape) {
	d.charge(1, s.elem.size)
	d.scan(s.elem)
}

// scanBigInt reads what fits 64 bits; more would take a tag.
func (d *Decoder) scanBigInt(*shape) {
	d.charge(1, 8)
	if item, _ := d.head(); item&majorBits > majorNint {
		d.mismatch("integer", item)
	}
}

// scanAny reads an item that decodes to what it says itself. strict is for what
// becomes an any: integers fit int64, keys are text. Without it the item is for
// a custom unmarshaler, of which we know nothing, and is charged the same.
func (d *Decoder) scanAny(strict bool) {
	switch d.peek() & majorBits {
	case majorUint, majorNint:
		d.scanAnyInt(strict)
	case majorBytes:
		d.charge(len(d.bytes())+sizeSlice, 1)
	case majorText:
		d.charge(len(d.text())+sizeString, 1)
	case majorArray:
		d.scanAnyArray(strict)
	case majorMap:
		d.scanAnyMap(strict)
	default:
		if d.peek() >= itemFloat16 {
			d.charge(1, sizeNumber)
		}
		d.skip()
	}
}

// scanAnyInt charges nothing for 0 to 255, which Go keeps ready.
func (d *Decoder) scanAnyInt(strict bool) {
	item, n := d.head()
	if strict && n > math.MaxInt64 {
		d.fail("integer out of range")
	}
	if item >= majorNint || n > math.MaxUint8 {
		d.charge(1, sizeNumber)
	}
}

func (d *Decoder) scanAnyArray(strict bool) {
	n := d.array()
	d.charge(1, sizeSlice)
	d.charge(n, sizeAny)
	for i := range n {
		if d.scanAny(strict); d.err != nil {
			d.err.under(indexStep(i))
			return
		}
	}
	d.leave()
}

func (d *Decoder) scanAnyMap(strict bool) {
	n := d.entries()
	d.charge(1, sizeMap)
	d.chargeMap(n, sizeString, sizeAny)
	for range n {
		key := d.off
		if d.scanAnyKey(strict); d.err != nil {
			d.err.under("[key]")
			return
		}
		if d.scanAny(strict); d.err != nil {
			d.err.under(d.keyStepAt(key))
			return
		}
	}
	d.leave()
}

func (d *Decoder) scanAnyKey(strict bool) {
	if !strict {
		d.scanAny(false)
		return
	}
	d.charge(len(d.text()), 1)
}

// What things in an any take, beside what they contain.
const (
	sizeAny    = 16 // the any itself
	sizeNumber = 8
	sizeString = 16
	sizeSlice  = 24
	sizeMap    = 48
)
