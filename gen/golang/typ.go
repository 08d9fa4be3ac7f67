package golang

import (
	"go/types"
	"strconv"
	"strings"
)

// typ returns t as it is written in the generated file, aliases as they are.
//
// It differs from types.TypeString in structs without a name: those it writes
// as gofmt leaves them, each field on a line of its own and tags in backquotes.
func (f *file) typ(t types.Type) string {
	switch t := t.(type) {
	case *types.Pointer:
		return "*" + f.typ(t.Elem())
	case *types.Slice:
		return "[]" + f.typ(t.Elem())
	case *types.Array:
		return "[" + strconv.FormatInt(t.Len(), 10) + "]" + f.typ(t.Elem())
	case *types.Map:
		return "map[" + f.typ(t.Key()) + "]" + f.typ(t.Elem())
	case *types.Struct:
		return f.structLiteral(t)
	case *types.Named:
		return f.qualified(t.Obj()) + f.typeArguments(t.TypeArgs())
	case *types.Alias:
		return f.qualified(t.Obj()) + f.typeArguments(t.TypeArgs())
	default:
		return types.TypeString(t, f.qualifier)
	}
}

func (f *file) qualified(name *types.TypeName) string {
	if name.Pkg() == nil || name.Pkg().Path() == f.pkg.Types.Path() {
		return name.Name()
	}
	return f.qualifier(name.Pkg()) + "." + name.Name()
}

func (f *file) qualifier(p *types.Package) string {
	if p.Path() == f.pkg.Types.Path() {
		return ""
	}
	return f.imports.name(p.Path(), p.Name())
}

func (f *file) typeArguments(list *types.TypeList) string {
	if list.Len() == 0 {
		return ""
	}
	var arguments []string
	for t := range list.Types() {
		arguments = append(arguments, f.typ(t))
	}
	return "[" + strings.Join(arguments, ", ") + "]"
}

func (f *file) structLiteral(s *types.Struct) string {
	if s.NumFields() == 0 {
		return "struct{}"
	}
	var b strings.Builder
	b.WriteString("struct {\n")
	for i := range s.NumFields() {
		field := s.Field(i)
		if !field.Embedded() {
			b.WriteString(field.Name() + " ")
		}
		b.WriteString(f.typ(field.Type()) + " " + quoteTag(s.Tag(i)) + "\n")
	}
	b.WriteString("}")
	return b.String()
}

func quoteTag(tag string) string {
	switch {
	case tag == "":
		return ""
	case strconv.CanBackquote(tag):
		return "`" + tag + "`"
	default:
		return strconv.Quote(tag)
	}
}
