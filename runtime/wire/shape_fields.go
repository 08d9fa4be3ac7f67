package wire

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// visibleField is a field of a struct, or of one embedded in it, that crosses.
type visibleField struct {
	name   string
	typ    reflect.Type
	index  []int // place, through embedded structs
	tagged bool
	number bool // the name is a number in CBOR: see numberedKey
	quoted bool // JSON has the value within a string
}

// visibleFields finds the fields of t that cross, in order of declaration. Both
// libraries follow Go's rule for promoted fields, with one addition: among
// fields of one name at one depth a single one with a tag wins.
func visibleFields(c Codec, t reflect.Type) []visibleField {
	w := fieldWalk{codec: c, visited: map[reflect.Type]bool{t: true}}
	level := []visibleField{{typ: t}}
	for len(level) > 0 {
		level = w.descend(level)
	}
	return dominant(w.found)
}

// fieldWalk goes through embedded structs breadth first.
type fieldWalk struct {
	codec   Codec
	visited map[reflect.Type]bool // at this depth or above
	found   []visibleField
}

// descend looks at the structs of one depth and returns those embedded in them.
// One that is embedded twice at a depth hides its own fields.
func (w *fieldWalk) descend(level []visibleField) (next []visibleField) {
	for _, s := range level {
		for i := range s.typ.NumField() {
			f, embedded := w.field(s.typ.Field(i), append(slices.Clone(s.index), i))
			if f.typ == nil {
				continue
			}
			if embedded {
				next = append(next, f)
			} else {
				w.found = append(w.found, f)
			}
		}
	}
	return w.fresh(next)
}

// fresh drops types met before, and those met twice.
func (w *fieldWalk) fresh(level []visibleField) []visibleField {
	count := make(map[reflect.Type]int)
	for _, s := range level {
		count[s.typ]++
	}
	level = slices.DeleteFunc(level, func(s visibleField) bool { return w.visited[s.typ] || count[s.typ] > 1 })
	for _, s := range level {
		w.visited[s.typ] = true
	}
	return level
}

// field reads one field's tag. It returns no type for a field that does not
// cross, and the struct type for one that stands for its own fields.
func (w *fieldWalk) field(f reflect.StructField, index []int) (visibleField, bool) {
	under := f.Type
	if f.Type.Kind() == reflect.Pointer {
		under = f.Type.Elem()
	}
	if !f.IsExported() && !(f.Anonymous && under.Kind() == reflect.Struct) {
		return visibleField{}, false
	}
	tag := w.tag(f)
	if tag == "-" {
		return visibleField{}, false
	}
	name, options, _ := strings.Cut(tag, ",")
	if w.codec == JSON && !validJSONName(name) {
		name = ""
	}
	if f.Anonymous && name == "" && under.Kind() == reflect.Struct {
		return visibleField{typ: under, index: index}, true
	}
	v := visibleField{name: name, typ: f.Type, index: index, tagged: w.tagged(tag, name)}
	if name == "" {
		v.name = f.Name
	}
	w.apply(&v, options)
	return v, false
}

func (w *fieldWalk) tag(f reflect.StructField) string {
	if tag := f.Tag.Get("cbor"); tag != "" && w.codec == CBOR {
		return tag
	}
	return f.Tag.Get("json")
}

func (w *fieldWalk) tagged(tag, name string) bool {
	if w.codec == CBOR {
		return tag != ""
	}
	return name != ""
}

func (w *fieldWalk) apply(v *visibleField, options string) {
	for option := range strings.SplitSeq(options, ",") {
		switch {
		case option == "keyasint" && w.codec == CBOR:
			if n, err := strconv.Atoi(v.name); err == nil {
				v.name, v.number = string(numberedKey(int64(n))), true
			}
		case option == "string" && w.codec == JSON:
			v.quoted = quotable(v.typ)
		}
	}
}

func quotable(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() >= reflect.Bool && t.Kind() <= reflect.Float64 || t.Kind() == reflect.String
}

// dominant keeps of all fields of one name the one that hides the others, or
// none if there is no such.
func dominant(all []visibleField) []visibleField {
	byName := make(map[string][]visibleField)
	for _, f := range all {
		byName[f.name] = append(byName[f.name], f)
	}
	var kept []visibleField
	for _, same := range byName {
		slices.SortStableFunc(same, precedence)
		if len(same) == 1 || precedence(same[0], same[1]) < 0 {
			kept = append(kept, same[0])
		}
	}
	slices.SortFunc(kept, func(a, b visibleField) int { return slices.Compare(a.index, b.index) })
	return kept
}

func precedence(a, b visibleField) int {
	switch {
	case len(a.index) != len(b.index):
		return cmp.Compare(len(a.index), len(b.index))
	case a.tagged == b.tagged:
		return 0
	case a.tagged:
		return -1
	default:
		return 1
	}
}

// validJSONName is encoding/json's rule for names in tags.
func validJSONName(s string) bool {
	for _, c := range s {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return false
		}
	}
	return s != ""
}

// isTuple reports whether t asks to cross as an array.
func isTuple(t reflect.Type) bool {
	f, ok := t.FieldByName("_")
	return ok && slices.Contains(strings.Split(f.Tag.Get("cbor"), ",")[1:], "toarray")
}

// embeddedPointers is the size of what decoding allocates for the structs that
// t embeds by pointer.
func embeddedPointers(t reflect.Type) (size uintptr) {
	seen := make(map[reflect.Type]bool)
	var add func(reflect.Type)
	add = func(t reflect.Type) {
		if seen[t] {
			return
		}
		seen[t] = true
		for i := range t.NumField() {
			f := t.Field(i)
			switch {
			case !f.Anonymous:
			case f.Type.Kind() == reflect.Struct:
				add(f.Type)
			case f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct:
				size += f.Type.Elem().Size()
				add(f.Type.Elem())
			}
		}
	}
	add(t)
	return size
}
