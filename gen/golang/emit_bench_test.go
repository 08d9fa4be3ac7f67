package golang

import (
	"fmt"
	"go/token"
	"go/types"
	"testing"

	"github.com/ipcgen/ipcgen/gen/model"
)

// BenchmarkEmit renders one package of 100 services with 20 routes each.
func BenchmarkEmit(b *testing.B) {
	p := newServices(100)
	var written int
	for b.Loop() {
		out, err := Emit(p)
		if err != nil {
			b.Fatal(err)
		}
		written = len(out)
	}
	b.SetBytes(int64(written))
	b.ReportMetric(2000*float64(b.N)/b.Elapsed().Seconds(), "routes/s")
}

// newServices is a package of n services with 20 routes each.
func newServices(n int) *model.Package {
	pkg := types.NewPackage("example.com/big", "big")
	item := newStruct(pkg, "Item", "ID", "Name", "Note")
	p := &model.Package{Name: "big", Path: "example.com/big", Types: pkg}
	for i := range n {
		s := &model.Service{GoName: fmt.Sprintf("Service%d", i), Name: fmt.Sprintf("Service%d", i)}
		for j := range 20 {
			s.Routes = append(s.Routes, bigRoute(s, fmt.Sprintf("Method%d", j), item))
		}
		p.Services = append(p.Services, s)
	}
	return p
}

func bigRoute(s *model.Service, name string, item types.Type) *model.Route {
	text := types.Typ[types.String]
	return &model.Route{
		GoName: name, Name: s.Name + "." + name, Doc: name + " does what it is called.",
		ContextName: "ctx",
		Params:      []model.Param{{Name: "name", Wire: "name", Type: text}, {Name: "items", Wire: "items", Type: types.NewSlice(item)}},
		Results:     []model.Param{{Wire: "r1", Type: item}},
	}
}

func newStruct(pkg *types.Package, name string, fields ...string) types.Type {
	var vars []*types.Var
	for _, f := range fields {
		vars = append(vars, types.NewField(token.NoPos, pkg, f, types.Typ[types.String], false))
	}
	obj := types.NewTypeName(token.NoPos, pkg, name, nil)
	pkg.Scope().Insert(obj)
	return types.NewNamed(obj, types.NewStruct(vars, nil), nil)
}
