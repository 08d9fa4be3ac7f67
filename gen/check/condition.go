package check

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/ipcgen/ipcgen/annotations"
	"github.com/ipcgen/ipcgen/gen/model"
)

// peerName is what a condition calls who is at the far side.
const peerName = "peer"

// runtimePath is the package that declares its type.
const runtimePath = "github.com/ipcgen/ipcgen/runtime/ipc"

// guards returns what is said about who may call m: by the services that it
// came through, of which s is the first, and of itself.
func (c *checker) guards(s *model.Service, m *method) (guards []*model.Guard) {
	for _, i := range m.through {
		if c.guarded[i] == nil {
			c.guarded[i] = c.guard(i.Spec.Name.Name, i.Allow, i.Limit, nil)
			c.guarded[i].Service = true
		}
		guards = append(guards, c.guarded[i])
	}
	guards = append(guards, c.guard(s.GoName+m.name, m.said.Allow, m.said.Limit, m))
	return slices.DeleteFunc(guards, func(g *model.Guard) bool { return len(g.Conditions) == 0 && g.Limit == nil })
}

// knowParameters remembers what the parameters of a service are called.
func (c *checker) knowParameters(methods []*method) {
	c.parameters = make(map[string]bool)
	for _, m := range methods {
		for p := range m.sig.Params().Variables() {
			c.parameters[p.Name()] = true
		}
	}
}

// guard checks what is said of a method, or if m is nil of a service.
func (c *checker) guard(name string, allow []*annotations.Allow, limit *annotations.Limit, m *method) *model.Guard {
	g := &model.Guard{GoName: name}
	if limit != nil {
		g.Limit = &model.Limit{Count: limit.Count, Period: limit.Period, Disconnect: limit.Disconnect}
	}
	if len(allow) > 0 && m != nil && !c.peerIsFree(m) {
		return g
	}
	for _, a := range allow {
		if condition := c.condition(a, m); condition != nil {
			g.Conditions = append(g.Conditions, condition)
		}
	}
	return g
}

// peerIsFree refuses parameters that are called as who calls.
func (c *checker) peerIsFree(m *method) bool {
	for _, p := range read(m.sig).params {
		if p.Name() == peerName {
			c.report(m.at(p.Pos()), badCondition, "a parameter of %s is called %s, which in a condition is who calls: rename it", m.name, peerName)
			return false
		}
	}
	return true
}

// condition type-checks a where it stands: in the scope of its file, and in
// that of the peer and the parameters of m.
func (c *checker) condition(a *annotations.Allow, m *method) *model.Condition {
	scope := c.conditionScope(a, m)
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	err := types.CheckExpr(c.Fset, c.Types, a.Expr.Pos(), a.Expr, info)
	var mistake types.Error
	switch {
	case errors.As(err, &mistake):
		c.report(mistake.Pos, badCondition, "%s%s", oneLine(mistake.Msg), c.hint(mistake.Msg, a.Expr, scope, m))
		return nil
	case err != nil:
		c.reportAt(a.Pos, badCondition, "%s", oneLine(err.Error()))
		return nil
	}
	for id, obj := range info.Uses {
		if t, ok := obj.Type().(*types.TypeParam); ok && obj == t.Obj() {
			c.report(id.Pos(), badCondition, "%s is a type parameter, but a route has definite types: write the condition without it", id.Name)
			return nil
		}
	}
	if why := c.notBool(info.Types[a.Expr]); why != "" {
		c.reportAt(a.Pos, badCondition, "the condition %s", why)
		return nil
	}
	return c.newCondition(a, scope, info)
}

// notBool says why the condition with value v is none, or nothing.
func (c *checker) notBool(v types.TypeAndValue) string {
	tuple, several := v.Type.(*types.Tuple)
	switch {
	case v.IsBuiltin(), v.IsType():
		return "is no value: compare something, or call what returns a bool"
	case v.Type == nil, v.Type == types.Typ[types.Invalid]:
		return "" // it does something with a peer, and the runtime is missing
	case v.IsVoid(), several && tuple.Len() == 0:
		return "has no value: call what returns a bool"
	case several:
		return fmt.Sprintf("has %d values: call what returns a bool alone", tuple.Len())
	case !types.AssignableTo(v.Type, types.Typ[types.Bool]):
		return fmt.Sprintf("is of type %s: make it a bool", c.typeString(types.Default(v.Type)))
	}
	return ""
}

// conditionScope returns the scope in which a is checked, within that of its
// file. There is one for each condition, which the type checker finds by its
// position.
func (c *checker) conditionScope(a *annotations.Allow, m *method) *types.Scope {
	if scope := c.scopes[a]; scope != nil {
		return scope
	}
	scope := types.NewScope(c.scopeAt(a.Expr.Pos()), a.Expr.Pos(), a.Expr.End(), "condition")
	c.scopes[a] = scope
	declare := func(name string, t types.Type) {
		scope.Insert(types.NewParam(a.Expr.Pos(), c.Types, name, t))
	}
	declare(peerName, c.peerType())
	if m != nil {
		for _, p := range read(m.sig).params {
			declare(p.Name(), p.Type())
		}
	}
	c.importFromOtherFiles(a.Expr, scope)
	return scope
}

// scopeAt returns the innermost scope that pos is in: that of its file or, of a
// generic interface, that of its type parameters.
func (c *checker) scopeAt(pos token.Pos) *types.Scope {
	for file := range c.Types.Scope().Children() {
		if inner := file.Innermost(pos); inner != nil {
			return inner
		}
	}
	return c.Types.Scope()
}

// peerType returns *ipc.Peer. Without the runtime in reach it is a type that
// nothing is known of, and what is done with it is not checked.
func (c *checker) peerType() types.Type {
	runtime, err := c.Import(runtimePath)
	if err != nil {
		return types.Typ[types.Invalid]
	}
	peer := runtime.Scope().Lookup("Peer")
	if peer == nil {
		return types.Typ[types.Invalid]
	}
	return types.NewPointer(peer.Type())
}

// importFromOtherFiles declares in scope the packages that expr mentions and
// that only other files of the package import: a file must not import what
// nothing but a comment uses.
func (c *checker) importFromOtherFiles(expr ast.Expr, scope *types.Scope) {
	ast.Inspect(expr, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok {
			if _, known := scope.LookupParent(x.Name, token.NoPos); known == nil {
				c.importFromOtherFile(x, scope)
			}
		}
		return true
	})
}

func (c *checker) importFromOtherFile(x *ast.Ident, scope *types.Scope) {
	var found *types.Package
	for file := range c.Types.Scope().Children() {
		pkg, ok := file.Lookup(x.Name).(*types.PkgName)
		switch {
		case !ok:
		case found != nil && found.Path() != pkg.Imported().Path():
			return // it means this here and that there
		default:
			found = pkg.Imported()
		}
	}
	if found != nil {
		scope.Insert(types.NewPkgName(x.Pos(), c.Types, x.Name, found))
	}
}

// hint says more about a name that is not defined.
func (c *checker) hint(mistake string, expr ast.Expr, scope *types.Scope, m *method) string {
	name, undefined := strings.CutPrefix(mistake, "undefined: ")
	switch {
	case !undefined:
		return ""
	case m == nil && c.parameters[name]:
		return ": it is a parameter of a method, but the condition of a service knows " + peerName + " only: move it to the methods"
	case m != nil && isOther(m.sig, name):
		return ": a condition knows " + peerName + " and the arguments, which are decoded by then, but neither context nor streams"
	}
	if meant := meant(name, scope); meant != "" {
		return ": did you mean " + meant + "?"
	}
	if selectsFrom(expr, name) {
		return ": if it is a package, no file here imports it: write a function that uses it, and call that"
	}
	return ""
}

// selectsFrom says whether expr has name.Something in it.
func selectsFrom(expr ast.Expr, name string) (found bool) {
	ast.Inspect(expr, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			x, ok := selector.X.(*ast.Ident)
			found = found || ok && x.Name == name
		}
		return !found
	})
	return found
}

// meant returns the name in scope, or around it, that is most like name: what
// the package of that name is called here, or what is spelt nearly so.
func meant(name string, scope *types.Scope) string {
	if qualifier, selected, ok := strings.Cut(name, "."); ok {
		_, obj := scope.LookupParent(qualifier, token.NoPos)
		pkg, ok := obj.(*types.PkgName)
		if !ok {
			return ""
		}
		closest, _ := annotations.Closest(selected, pkg.Imported().Scope().Names())
		return closest
	}
	var names []string
	for s := scope; s != nil && s != types.Universe; s = s.Parent() {
		for _, known := range s.Names() {
			if pkg, ok := s.Lookup(known).(*types.PkgName); ok && pkg.Imported().Name() == name {
				return known
			}
			names = append(names, known)
		}
	}
	closest, _ := annotations.Closest(name, names)
	return closest
}

// isOther says whether a parameter of that name crosses in another way than as
// an argument.
func isOther(sig *types.Signature, name string) bool {
	for p := range sig.Params().Variables() {
		if p.Name() == name {
			return true
		}
	}
	return false
}

// newCondition returns a as it was checked in scope.
func (c *checker) newCondition(a *annotations.Allow, scope *types.Scope, info *types.Info) *model.Condition {
	start := a.Expr.Pos()
	condition := &model.Condition{Source: a.Source}
	if or, ok := a.Expr.(*ast.BinaryExpr); ok {
		condition.IsOr = or.Op == token.LOR
	}
	for id := range info.Defs {
		condition.Declared = append(condition.Declared, id.Name)
	}
	slices.Sort(condition.Declared)
	qualified := qualifiedNames(a.Expr, info)
	for id, obj := range info.Uses {
		name := model.Name{Offset: int(id.Pos() - start), Text: id.Name}
		pkg, isPackage := obj.(*types.PkgName)
		switch {
		case isPackage:
			name.Means, name.Package = model.APackage, pkg.Imported()
		case obj.Parent() == scope && id.Name == peerName:
			name.Means = model.ThePeer
		case obj.Parent() == scope:
			name.Means = model.AParameter
		case obj.Pkg() != nil && obj.Parent() == obj.Pkg().Scope() && obj.Pkg().Path() != c.Types.Path() && !qualified[id]:
			name.Means, name.Package = model.AnImport, obj.Pkg()
		default:
			continue
		}
		condition.Names = append(condition.Names, name)
	}
	slices.SortFunc(condition.Names, func(x, y model.Name) int { return cmp.Compare(x.Offset, y.Offset) })
	return condition
}

// qualifiedNames returns the names in expr that stand behind that of their
// package.
func qualifiedNames(expr ast.Expr, info *types.Info) map[*ast.Ident]bool {
	qualified := make(map[*ast.Ident]bool)
	ast.Inspect(expr, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := selector.X.(*ast.Ident); ok {
				_, isPackage := info.Uses[x].(*types.PkgName)
				qualified[selector.Sel] = isPackage
			}
		}
		return true
	})
	return qualified
}
