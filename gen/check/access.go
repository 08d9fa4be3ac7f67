package check

import (
	"cmp"
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// accessibleTypes refuses types that the generated file, which stands in this
// package, could not write down. A method of one's own names its types itself,
// but an embedded one of another package brings them along.
func (c *checker) accessibleTypes(m *method, _ *signature) {
	for _, tuple := range []*types.Tuple{m.sig.Params(), m.sig.Results()} {
		for v := range tuple.Variables() {
			if why := c.inaccessible(v.Type()); why != "" {
				c.report(m.at(v.Pos()), inaccessibleType, "%s mentions %s: list the methods here instead of embedding them, with types that can be named", m.name, why)
			}
		}
	}
}

// inaccessible says what in t, as it is written, has no name here, and why.
func (c *checker) inaccessible(t types.Type) string {
	switch t := t.(type) {
	case *types.Alias:
		return cmp.Or(c.inaccessibleName(t.Obj()), c.inaccessibleArgs(t.TypeArgs()))
	case *types.Named:
		return cmp.Or(c.inaccessibleName(t.Obj()), c.inaccessibleArgs(t.TypeArgs()))
	case *types.Pointer:
		return c.inaccessible(t.Elem())
	case *types.Slice:
		return c.inaccessible(t.Elem())
	case *types.Array:
		return c.inaccessible(t.Elem())
	case *types.Map:
		return cmp.Or(c.inaccessible(t.Key()), c.inaccessible(t.Elem()))
	case *types.Struct:
		return c.inaccessibleFields(t)
	}
	return ""
}

func (c *checker) inaccessibleArgs(args *types.TypeList) string {
	for t := range args.Types() {
		if why := c.inaccessible(t); why != "" {
			return why
		}
	}
	return ""
}

func (c *checker) inaccessibleFields(t *types.Struct) string {
	for f := range t.Fields() {
		if !f.Exported() && f.Pkg() != c.Types {
			return fmt.Sprintf("a struct with the field %s, which belongs to package %s", f.Name(), f.Pkg().Path())
		}
		if why := c.inaccessible(f.Type()); why != "" {
			return why
		}
	}
	return ""
}

func (c *checker) inaccessibleName(obj *types.TypeName) string {
	pkg := obj.Pkg()
	switch {
	case pkg == nil || pkg.Path() == c.Types.Path():
		return ""
	case !obj.Exported():
		return fmt.Sprintf("%s.%s, which package %s does not export", pkg.Name(), obj.Name(), pkg.Path())
	case pkg.Name() == "main":
		return fmt.Sprintf("%s.%s of a program, which cannot be imported", pkg.Path(), obj.Name())
	case !importable(pkg.Path(), c.Path):
		return fmt.Sprintf("%s.%s of the internal package %s, which cannot be imported here", pkg.Name(), obj.Name(), pkg.Path())
	}
	return ""
}

// importable says whether the rule for internal packages lets the package at
// path from import the one at path: what is internal is so to the tree above.
func importable(path, from string) bool {
	words := strings.Split(path, "/")
	for i := len(words) - 1; i >= 0; i-- {
		if words[i] != "internal" {
			continue
		}
		above := words[:i]
		here := strings.Split(from, "/")
		return len(here) >= len(above) && slices.Equal(here[:len(above)], above)
	}
	return !slices.Contains(words, "vendor")
}

// typeString returns t as a reader of the package writes it.
func (c *checker) typeString(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p == c.Types {
			return ""
		}
		return p.Name()
	})
}
