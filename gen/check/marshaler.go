package check

import (
	"go/types"
	"strings"
)

// The methods by which a type encodes itself, by codec, in the order in which
// the codec looks for them.
var (
	cborMarshalers = []string{"MarshalCBOR", "MarshalBinary", "MarshalText"}
	jsonMarshalers = []string{"MarshalJSON", "MarshalText"}
)

// walkMarshaled judges t, which may encode itself. Where both codecs leave all
// to it, it does not matter what is inside; else inside judges that.
func (c *checker) walkMarshaled(t types.Type, inside func() flaws) flaws {
	cbor := c.marshaler(t, cborMarshalers)
	json := c.marshaler(t, jsonMarshalers)
	for _, name := range []string{cbor, json} {
		if found := c.judgeMarshaler(t, name); found != nil {
			return found
		}
	}
	if cbor != "" && json != "" {
		return nil
	}
	return inside()
}

// marshaler returns the first of names that t has, or nothing.
func (c *checker) marshaler(t types.Type, names []string) string {
	for _, name := range names {
		if has(t, name) {
			return name
		}
	}
	return ""
}

// judgeMarshaler refuses a type that can be sent, but not read, and one that
// encodes itself by accident: a struct to which an embedded field gives its
// method, which knows nothing of the other fields.
func (c *checker) judgeMarshaler(t types.Type, name string) flaws {
	if name == "" {
		return nil
	}
	if back := "Un" + strings.ToLower(name[:1]) + name[1:]; !has(t, back) {
		return flawed("%s, which has %s without %s, so it could be sent but not read: add it", c.typeString(t), name, back)
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok || s.NumFields() == 1 {
		return nil
	}
	if _, index, _ := types.LookupFieldOrMethod(t, true, nil, name); len(index) > 1 {
		return flawed("%s, of which only the embedded %s would cross, by its %s: give the field a name",
			c.typeString(t), s.Field(index[0]).Name(), name)
	}
	return nil
}

// has says whether t or *t has a method called name.
func has(t types.Type, name string) bool {
	obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
	_, ok := obj.(*types.Func)
	return ok
}
