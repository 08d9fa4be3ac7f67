package wire

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// translator writes a value that it reads in the other codec, item by item,
// without making Go values of it.
type translator struct {
	out []byte
	err error
}

// toCBOR translates from JSON.
func (t *translator) toCBOR(b []byte) {
	r := jsonReader{cursor{data: b}}
	t.fromJSON(&r)
	if r.end(); r.err != nil {
		t.err = r.err
	}
}

func (t *translator) fromJSON(r *jsonReader) {
	switch r.peek() {
	case '"':
		t.textCBOR(r.text())
	case '[':
		t.arrayCBOR(r)
	case '{':
		t.mapCBOR(r)
	case 't', 'f':
		if r.bool() {
			t.out = append(t.out, itemTrue)
		} else {
			t.out = append(t.out, itemFalse)
		}
	case 'n':
		if !r.null() {
			r.mismatch("value")
		}
		t.out = append(t.out, itemNull)
	default:
		t.numberCBOR(r)
	}
}

func (t *translator) textCBOR(s []byte) {
	t.out = append(appendHead(t.out, majorText, uint64(len(s))), s...)
}

// numberCBOR writes an integer if that is what the number looks like. What no
// integer has room for is refused, not rounded.
func (t *translator) numberCBOR(r *jsonReader) {
	number := string(r.number())
	if r.err != nil {
		return
	}
	if n, err := strconv.ParseInt(number, 10, 64); err == nil && n < 0 {
		t.out = appendHead(t.out, majorNint, uint64(^n))
		return
	}
	if n, err := strconv.ParseUint(strings.TrimPrefix(number, "-"), 10, 64); err == nil && (n == 0 || number[0] != '-') {
		t.out = appendHead(t.out, majorUint, n)
		return
	}
	f, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil:
		r.fail("float out of range")
	case isInteger(number):
		r.fail("integer out of range")
	default:
		t.out = binary.BigEndian.AppendUint64(append(t.out, itemFloat64), math.Float64bits(f))
	}
}

func isInteger(number string) bool { return !strings.ContainsAny(number, ".eE") }

func (t *translator) arrayCBOR(r *jsonReader) {
	start, n := len(t.out), 0
	r.array()
	for ; r.more(n, ']', MaxArray); n++ {
		if t.fromJSON(r); r.err != nil {
			r.err.under(indexStep(n))
			return
		}
	}
	t.headAt(start, majorArray, n)
}

func (t *translator) mapCBOR(r *jsonReader) {
	start, n := len(t.out), 0
	seen := newKeySet(nil)
	r.object()
	for ; r.more(n, '}', MaxMap); n++ {
		key := r.key()
		if problem := seen.refuse(key); problem != "" && r.err == nil {
			r.fail(problem + " " + quote(key))
		}
		if r.err != nil {
			return
		}
		t.textCBOR(key)
		if t.fromJSON(r); r.err != nil {
			r.err.under(nameStep(key))
			return
		}
	}
	t.headAt(start, majorMap, n)
}

// headAt puts the head before what was written since start: JSON does not say
// before how many elements there are.
func (t *translator) headAt(start int, major byte, n int) {
	var scratch [9]byte
	t.out = slices.Insert(t.out, start, appendHead(scratch[:0], major, uint64(n))...)
}

// toJSON translates from CBOR.
func (t *translator) toJSON(b []byte) {
	d := Decoder{cursor: cursor{data: b}}
	t.fromCBOR(&d)
	if err := d.finish(); err != nil {
		t.err = err
	}
}

func (t *translator) fromCBOR(d *Decoder) {
	switch item := d.peek(); item & majorBits {
	case majorUint:
		t.out = strconv.AppendUint(t.out, d.uint(), 10)
	case majorNint:
		t.negativeJSON(d)
	case majorBytes:
		t.out = append(t.out, '"')
		t.out = base64.StdEncoding.AppendEncode(t.out, d.bytes())
		t.out = append(t.out, '"')
	case majorText:
		t.quoted(d.text())
	case majorArray:
		t.arrayJSON(d)
	case majorMap:
		t.mapJSON(d)
	case majorTag:
		d.fail("tag")
	default:
		t.otherJSON(d, item)
	}
}

// negativeJSON writes -1-n, also where an int64 has no room for it.
func (t *translator) negativeJSON(d *Decoder) {
	_, n := d.head()
	if n == math.MaxUint64 {
		d.fail("integer out of range")
		return
	}
	t.out = strconv.AppendUint(append(t.out, '-'), n+1, 10)
}

func (t *translator) quoted(s []byte) {
	w := jsonWriter(t.out)
	w.quote(string(s))
	t.out = w
}

func (t *translator) otherJSON(d *Decoder, item byte) {
	switch item {
	case itemFalse, itemTrue:
		t.out = strconv.AppendBool(t.out, d.bool())
	case itemNull:
		d.null()
		t.out = append(t.out, "null"...)
	case itemFloat16, itemFloat32, itemFloat64:
		t.floatJSON(d, d.float(), item)
	default:
		d.skip() // which refuses it
	}
}

// floatJSON writes f as encoding/json does, which takes the fewest digits that
// the width of the float has room for.
func (t *translator) floatJSON(d *Decoder, f float64, item byte) {
	var digits []byte
	var err error
	if item == itemFloat64 {
		digits, err = json.Marshal(f)
	} else {
		digits, err = json.Marshal(float32(f))
	}
	if err != nil {
		d.fail("JSON has no NaN and no infinity")
		return
	}
	t.out = append(t.out, digits...)
}

func (t *translator) arrayJSON(d *Decoder) {
	t.out = append(t.out, '[')
	for i := range d.array() {
		if i > 0 {
			t.out = append(t.out, ',')
		}
		if t.fromCBOR(d); d.err != nil {
			d.err.under(indexStep(i))
			return
		}
	}
	t.out = append(t.out, ']')
	d.leave()
}

func (t *translator) mapJSON(d *Decoder) {
	t.out = append(t.out, '{')
	for i := range d.entries() {
		if i > 0 {
			t.out = append(t.out, ',')
		}
		key := d.off
		if t.keyJSON(d); d.err != nil {
			d.err.under("[key]")
			return
		}
		t.out = append(t.out, ':')
		if t.fromCBOR(d); d.err != nil {
			d.err.under(d.keyStepAt(key))
			return
		}
	}
	t.out = append(t.out, '}')
	d.leave()
}

// keyJSON writes a key, which JSON wants to be text.
func (t *translator) keyJSON(d *Decoder) {
	switch d.peek() & majorBits {
	case majorText:
		t.quoted(d.text())
	case majorUint, majorNint:
		t.out = strconv.AppendInt(append(t.out, '"'), d.int(), 10)
		t.out = append(t.out, '"')
	default:
		d.mismatch("text", d.peek())
	}
}
