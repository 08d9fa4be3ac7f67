package golang

import (
	"go/types"
	"strings"
)

// nameable reports whether the generated file may write t. What a struct or an
// alias of another package is made of need not be within reach.
func (f *file) nameable(t types.Type) bool {
	switch t := t.(type) {
	case *types.Named:
		return f.reachable(t.Obj()) && f.allNameable(t.TypeArgs())
	case *types.Alias:
		return f.reachable(t.Obj()) && f.allNameable(t.TypeArgs())
	case *types.Map:
		return f.nameable(t.Key()) && f.nameable(t.Elem())
	case interface{ Elem() types.Type }:
		return f.nameable(t.Elem())
	case *types.Struct:
		return f.structNameable(t)
	default:
		return true
	}
}

func (f *file) allNameable(list *types.TypeList) bool {
	for t := range list.Types() {
		if !f.nameable(t) {
			return false
		}
	}
	return true
}

// structNameable is nameable for anonymous structs: one with a hidden field of
// another package is not the same type if written here.
func (f *file) structNameable(s *types.Struct) bool {
	for field := range s.Fields() {
		if !field.Exported() && field.Pkg().Path() != f.pkg.Types.Path() || !f.nameable(field.Type()) {
			return false
		}
	}
	return true
}

func (f *file) reachable(name *types.TypeName) bool {
	p := name.Pkg()
	return p == nil || p.Path() == f.pkg.Types.Path() || name.Exported() && f.importable(p.Path())
}

// importable reports whether the package may import importPath: what is below
// a directory internal belongs to the tree around that directory.
func (f *file) importable(importPath string) bool {
	end := strings.LastIndex("/"+importPath+"/", "/internal/")
	if end < 0 {
		return true
	}
	tree := ("/" + importPath)[:end]
	return tree != "" && strings.HasPrefix("/"+f.pkg.Types.Path()+"/", tree+"/")
}
