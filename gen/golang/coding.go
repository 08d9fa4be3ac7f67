package golang

import "go/types"

// coding says how values of one type are encoded and decoded: by a helper of
// package wire, which may take the codings of the parts, or by the functions
// of a record.
type coding struct {
	typ    types.Type // as written
	helper string     // String in wire.EncodeString and wire.DecodeString
	parts  []*coding  // of a pointer, slice or array: the element; of a map: key and value
	record *record
}

// reflects is the helper for every type that is not written out.
const reflects = "Any"

// codings decides how types are encoded, and collects the structs whose
// functions have to be written on the way.
type codings struct {
	file    *file
	byType  map[string]*record
	records []*record // in the order in which they were met
	open    []types.Type
}

// of returns the coding of t. The hint names t if it is an anonymous struct.
//
// Whatever holds a part that is left to reflection is left to it as a whole,
// up to the next struct: one call for a slice is cheaper than one an element.
func (cs *codings) of(t types.Type, hint string) *coding {
	if marshals(t) {
		return &coding{typ: t, helper: reflects}
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return &coding{typ: t, helper: basicHelper(u)}
	case *types.Struct:
		return cs.ofStruct(t, u, hint)
	default:
		return cs.ofComposite(t, hint)
	}
}

func basicHelper(t *types.Basic) string {
	switch info := t.Info(); {
	case info&types.IsBoolean != 0:
		return "Bool"
	case info&types.IsUnsigned != 0:
		return "Uint"
	case info&types.IsInteger != 0:
		return "Int"
	case info&types.IsFloat != 0:
		return "Float"
	case info&types.IsString != 0:
		return "String"
	default:
		return reflects
	}
}

func (cs *codings) ofStruct(t types.Type, s *types.Struct, hint string) *coding {
	if isTime(t) {
		return &coding{typ: t, helper: "Time"}
	}
	if r := cs.record(t, s, hint); r != nil {
		return &coding{typ: t, record: r}
	}
	return &coding{typ: t, helper: reflects}
}

func isTime(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "time" && named.Obj().Name() == "Time"
}

// ofComposite is of for types made of parts. One that contains itself without
// a struct between, like type Tree []Tree, has no end if written out: there the
// inner one is left to reflection, and hence the whole.
func (cs *codings) ofComposite(t types.Type, hint string) *coding {
	if cs.isOpen(t) {
		return &coding{typ: t, helper: reflects}
	}
	cs.open = append(cs.open, t)
	defer func() { cs.open = cs.open[:len(cs.open)-1] }()

	switch u := t.Underlying().(type) {
	case *types.Slice:
		if isByte(u.Elem()) {
			return &coding{typ: t, helper: "Bytes"}
		}
		return cs.join(t, "Slice", cs.of(u.Elem(), hint))
	case *types.Array:
		return cs.join(t, "Array", cs.of(u.Elem(), hint))
	case *types.Map:
		return cs.ofMap(t, u, hint)
	case *types.Pointer:
		if types.Unalias(t) == u { // the helper takes a **T: no type P *T
			return cs.join(t, "Pointer", cs.of(u.Elem(), hint))
		}
	}
	return &coding{typ: t, helper: reflects}
}

func (cs *codings) isOpen(t types.Type) bool {
	for _, open := range cs.open {
		if types.Identical(open, t) {
			return true
		}
	}
	return false
}

func (cs *codings) ofMap(t types.Type, m *types.Map, hint string) *coding {
	key := cs.of(m.Key(), hint+"Key")
	switch key.helper {
	case "String", "Int", "Uint":
		return cs.join(t, "Map", key, cs.of(m.Elem(), hint))
	default:
		return &coding{typ: t, helper: reflects}
	}
}

// join is the coding of t out of the codings of its parts.
func (cs *codings) join(t types.Type, helper string, parts ...*coding) *coding {
	for _, part := range parts {
		if part.helper == reflects || !cs.file.nameable(part.typ) {
			return &coding{typ: t, helper: reflects}
		}
	}
	return &coding{typ: t, helper: helper, parts: parts}
}

// isByte reports whether t is byte itself: a []T of another T is no []byte to Go.
func isByte(t types.Type) bool { return types.Identical(t, types.Typ[types.Byte]) }
