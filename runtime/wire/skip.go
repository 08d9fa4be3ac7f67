package wire

// skip reads one item of any type and drops it. It must be well-formed and
// within the limits, no more: nobody looks at it.
func (d *Decoder) skip() {
	switch d.peek() & majorBits {
	case majorUint, majorNint:
		d.head()
	case majorBytes:
		d.bytes()
	case majorText:
		d.text()
	case majorArray:
		d.skipArray()
	case majorMap:
		d.skipMap()
	case majorTag:
		d.fail("tag")
	case majorOther:
		d.skipOther()
	}
}

func (d *Decoder) skipArray() {
	for i := range d.array() {
		if d.skip(); d.err != nil {
			d.err.under(indexStep(i))
			return
		}
	}
	d.leave()
}

func (d *Decoder) skipMap() {
	for range d.entries() {
		key := d.off
		if d.skip(); d.err != nil {
			d.err.under("[key]")
			return
		}
		if d.skip(); d.err != nil {
			d.err.under(d.keyStepAt(key))
			return
		}
	}
	d.leave()
}

// keyStepAt names an entry by its encoded key, at off.
func (d *Decoder) keyStepAt(off int) string {
	key := Decoder{cursor: cursor{data: d.data, off: off}}
	if d.data[off]&majorBits == majorText {
		return nameStep(key.text())
	}
	if n := key.int(); key.err == nil {
		return indexStep(int(n))
	}
	return "[...]"
}

// skipOther drops a bool, null or float. The other simple values mean nothing
// to Go.
func (d *Decoder) skipOther() {
	switch item, _ := d.head(); item {
	case itemFalse, itemTrue, itemNull, itemFloat16, itemFloat32, itemFloat64:
	default:
		d.fail("undefined or unassigned value")
	}
}
