package golang

import (
	"go/token"
	"go/types"
	"testing"

	"github.com/ipcgen/ipcgen/gen/model"
)

func TestImportable(t *testing.T) {
	for _, tt := range []struct {
		from, path string
		want       bool
	}{
		{"example.com/a", "example.com/b", true},
		{"example.com/a", "example.com/a/internal/x", true},
		{"example.com/a", "example.com/a/internal", true},
		{"example.com/a/b/c", "example.com/a/internal/x", true},
		{"example.com/ab", "example.com/a/internal/x", false},
		{"example.com/a", "example.com/b/internal/x", false},
		{"example.com/a", "example.com/a/b/internal/x", false},
		{"example.com/a", "example.com/a/internal/b/internal/x", false},
		{"example.com/a", "internal/x", false},
		{"example.com/a", "example.com/internalized", true},
	} {
		f := newFile(&model.Package{Types: types.NewPackage(tt.from, "p")})
		if got := f.importable(tt.path); got != tt.want {
			t.Errorf("%s imports %s: %v, want %v", tt.from, tt.path, got, tt.want)
		}
	}
}

// TestNameable finds what cannot be written here wherever it hides.
func TestNameable(t *testing.T) {
	near, far := types.NewPackage("example.com/near", "near"), types.NewPackage("example.com/far", "far")
	out := types.NewPackage("example.com/far/internal/out", "out")
	own, seen, hidden := newStruct(near, "own"), newStruct(far, "Seen"), newStruct(far, "hidden")
	kept := newStruct(out, "Kept")
	alias := types.NewAlias(types.NewTypeName(token.NoPos, far, "Alias", nil), hidden)
	anonymous := func(pkg *types.Package, name string, t types.Type) types.Type {
		return types.NewStruct([]*types.Var{types.NewField(token.NoPos, pkg, name, t, false)}, nil)
	}
	for _, tt := range []struct {
		t    types.Type
		want bool
	}{
		{types.Typ[types.Int], true},
		{own, true},
		{seen, true},
		{hidden, false},
		{kept, false},
		{alias, true},
		{types.NewPointer(types.NewSlice(seen)), true},
		{types.NewPointer(types.NewSlice(hidden)), false},
		{types.NewMap(types.Typ[types.String], hidden), false},
		{types.NewMap(hidden, types.Typ[types.String]), false},
		{types.NewArray(alias, 2), true},
		{anonymous(near, "field", seen), true},
		{anonymous(far, "Field", seen), true},
		{anonymous(far, "Field", hidden), false},
		{anonymous(far, "field", seen), false},
	} {
		f := newFile(&model.Package{Types: near})
		if got := f.nameable(tt.t); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.t, got, tt.want)
		}
	}
}
