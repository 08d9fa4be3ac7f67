package check

import (
	"go/types"

	"github.com/ipcgen/ipcgen/annotations"
	"github.com/ipcgen/ipcgen/gen/model"
)

// An interfaceRule holds a service's interface against one rule. It says
// whether it makes sense to go on with the methods.
type interfaceRule func(*checker, *annotations.Interface) bool

var interfaceRules = []interfaceRule{
	(*checker).isDeclaredOnce,
	(*checker).isInterface,
	(*checker).isNotGeneric,
	(*checker).isMethodSet,
	(*checker).isForEveryBuild,
}

// service adds the service i, if its interface breaks no rule.
func (c *checker) service(i *annotations.Interface) {
	for _, rule := range interfaceRules {
		if !rule(c, i) {
			return
		}
	}
	s := &model.Service{
		Pos:    c.Fset.Position(i.Spec.Name.Pos()),
		GoName: i.Spec.Name.Name,
		Name:   i.Service.Name,
		Doc:    docOf(i),
	}
	if s.Name == "" && !i.Service.Bare {
		s.Name = s.GoName
	}
	methods := c.methods(i.Spec)
	c.hasMethods(i, methods)
	c.knowParameters(methods)
	for _, m := range methods {
		s.Routes = append(s.Routes, c.route(s, m))
	}
	c.startNames(s, methods)
	c.model.Services = append(c.model.Services, s)
}

func docOf(i *annotations.Interface) string {
	if i.Spec.Doc != nil || i.Decl.Lparen.IsValid() {
		return i.Spec.Doc.Text()
	}
	return i.Decl.Doc.Text()
}

// typeOf returns the type that i declares.
func (c *checker) typeOf(i *annotations.Interface) types.Type {
	return c.Types.Scope().Lookup(i.Spec.Name.Name).Type()
}

// A name that is declared twice belongs to the first: nothing is known of the
// second.
func (c *checker) isDeclaredOnce(i *annotations.Interface) bool {
	obj := c.Types.Scope().Lookup(i.Spec.Name.Name)
	if obj != nil && obj.Pos() == i.Spec.Name.Pos() {
		return true
	}
	c.reportTypeErrors(i.Spec.Pos(), i.Spec.End())
	return false
}

// A type declared by the name of another may turn out to be anything.
func (c *checker) isInterface(i *annotations.Interface) bool {
	t := c.typeOf(i)
	switch {
	case types.IsInterface(t):
		return true
	case c.reportTypeErrors(i.Spec.Pos(), i.Spec.End()):
	default:
		c.report(i.Spec.Name.Pos(), notAnInterface, "%s is declared as %s, which is no interface: only an interface has routes and events",
			i.Spec.Name.Name, c.typeString(types.Unalias(t).Underlying()))
	}
	return false
}

// The wire knows no type parameters: every route has the types it has.
func (c *checker) isNotGeneric(i *annotations.Interface) bool {
	if i.Spec.TypeParams == nil {
		return true
	}
	c.report(i.Spec.TypeParams.Pos(), genericInterface,
		"%s has type parameters, but a route has definite types: embed an instance of it in an interface without", i.Spec.Name.Name)
	return false
}

// Without methods there is nothing to generate, unless something was wrong in
// what the interface embeds: that was reported.
func (c *checker) hasMethods(i *annotations.Interface, methods []*method) {
	switch {
	case len(methods) > 0 || c.hasTypeErrors(i.Spec.Pos(), i.Spec.End()):
	case i.Events != nil:
		c.report(i.Spec.Name.Pos(), noMethods, "%s has no methods, so there is nothing to publish: add one, or remove //ipc:events", i.Spec.Name.Name)
	default:
		c.report(i.Spec.Name.Pos(), noMethods, "%s has no methods, so there is nothing to call: add one, or remove //ipc:service", i.Spec.Name.Name)
	}
}

// An interface with a type set is a constraint: no value has its type.
func (c *checker) isMethodSet(i *annotations.Interface) bool {
	if c.typeOf(i).Underlying().(*types.Interface).IsMethodSet() {
		return true
	}
	c.report(i.Spec.Name.Pos(), typeSet, "%s constrains types, so nothing can implement it: leave only methods in it", i.Spec.Name.Name)
	return false
}

// The generated file has no build constraint, so nothing it mentions may have.
func (c *checker) isForEveryBuild(i *annotations.Interface) bool {
	c.refuseConstrained(i.Spec.Name, i.File)
	return true
}
