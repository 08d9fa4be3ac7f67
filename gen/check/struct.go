package check

import (
	"go/types"
	"reflect"
	"strings"
)

// walkStruct judges the fields of t that cross.
func (c *checker) walkStruct(t *types.Struct, depth int) (found flaws) {
	lost, names := false, make(map[string]string)
	for i := range t.NumFields() {
		f := t.Field(i)
		if !crosses(t, i) {
			lost = lost || f.Name() != "_"
			continue
		}
		found = append(found, c.walkField(t, i, depth).inField(f)...)
		name := wireName(t, i)
		if first, taken := names[name]; taken && name != "" {
			found = append(found, flawed("called %s as %s is, so neither would cross: rename one", name, first).inField(f)...)
			continue
		}
		names[name] = f.Name()
	}
	if lost && len(names) == 0 {
		return c.opaque(t.Field(0).Pkg())
	}
	return found
}

// opaque refuses a struct of pkg without an exported field. Only one's own can
// be changed.
func (c *checker) opaque(pkg *types.Package) flaws {
	remedy := "export some, or give it MarshalText and UnmarshalText"
	if c.Foreign(pkg.Path()) {
		remedy = "send its text instead"
	}
	return flawed("a struct without an exported field, so nothing of it would cross: %s", remedy)
}

// crosses says whether field i of t does, in one codec at least.
func crosses(t *types.Struct, i int) bool {
	f, tag := t.Field(i), reflect.StructTag(t.Tag(i))
	cbor, tagged := tag.Lookup("cbor")
	if !tagged {
		cbor = tag.Get("json") // fxamacker's rule
	}
	switch {
	case cbor == "-" && tag.Get("json") == "-":
		return false
	case f.Embedded():
		return f.Exported() || isStruct(pointedTo(f.Type()))
	}
	return f.Exported()
}

func (c *checker) walkField(t *types.Struct, i int, depth int) flaws {
	f := t.Field(i)
	if _, pointer := f.Type().(*types.Pointer); pointer && f.Embedded() && !f.Exported() {
		return flawed("an embedded pointer to an unexported struct, which no decoder can set: embed the struct itself")
	}
	return c.walk(f.Type(), depth)
}

// wireName returns the name of field i in JSON, or nothing for an embedded
// struct, which has its fields' names.
func wireName(t *types.Struct, i int) string {
	f := t.Field(i)
	name, _, _ := strings.Cut(reflect.StructTag(t.Tag(i)).Get("json"), ",")
	switch {
	case name != "" && name != "-":
		return name
	case f.Embedded():
		return ""
	}
	return f.Name()
}

func isStruct(t types.Type) bool {
	_, ok := t.Underlying().(*types.Struct)
	return ok
}

func pointedTo(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}
