package golang

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/ipcgen/ipcgen/gen/model"
)

// guard is a guard whose declarations have names.
type guard struct {
	*model.Guard
	allow string  // the function that asks its conditions; empty if there are none
	limit string  // the variable that a service's routes share; empty if there is none
	args  *record // of the method; nil: it is a service's
	what  string  // that is guarded, for comments
}

// planGuard names the declarations of a guard of r.
func (f *file) planGuard(m *model.Guard, s *service, r *route) *guard {
	if g := f.guards[m]; g != nil {
		return g
	}
	g := &guard{Guard: m, what: "the routes of [" + m.GoName + "]"}
	if len(m.Conditions) > 0 {
		g.allow = f.names.hidden("allow" + exported(m.GoName))
	}
	if m.Limit != nil && m.Service {
		g.limit = f.names.hidden(unexported(m.GoName) + "Limit")
	}
	if !m.Service {
		g.args, g.what = r.args, "["+s.GoName+"."+r.GoName+"]"
	}
	f.guards[m] = g
	f.ordered = append(f.ordered, g)
	return g
}

// limits is
//
//	var greeterLimit = &ipc.Limit{Count: 100, Period: time.Second}
//
// for every limit that routes share.
func (f *file) limits() []*jen.Statement {
	var all []*jen.Statement
	for _, g := range f.ordered {
		if g.limit != "" {
			all = append(all, documented(g.limit+" is what the routes of ["+g.GoName+"] share.",
				jen.Var().Id(g.limit).Op("=").Op("&").Id(f.ipc("Limit")).Add(f.limit(g.Limit))))
		}
	}
	return all
}

// limitsOf is []*ipc.Limit{greeterLimit, {Count: 5, Period: time.Minute}}.
func (f *file) limitsOf(r *route) *jen.Statement {
	var all []jen.Code
	for _, g := range r.guards {
		switch {
		case g.limit != "":
			all = append(all, jen.Id(g.limit))
		case g.Limit != nil:
			all = append(all, f.limit(g.Limit))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return jen.Index().Op("*").Id(f.ipc("Limit")).Values(all...)
}

// limit is {Count: 5, Period: time.Minute}.
func (f *file) limit(l *model.Limit) *jen.Statement {
	set := []jen.Code{
		jen.Id("Count").Op(":").Lit(l.Count),
		jen.Id("Period").Op(":").Add(f.duration(l.Period)),
	}
	if l.Disconnect {
		set = append(set, jen.Id("Disconnect").Op(":").True())
	}
	return jen.Values(set...)
}

// conditions are the functions that ask them.
func (f *file) conditions() []*jen.Statement {
	var all []*jen.Statement
	for _, g := range f.ordered {
		if g.allow != "" {
			all = append(all, f.condition(g))
		}
	}
	return all
}

// condition is
//
//	func allowGreeterHello(r *ipc.Request) bool {
//		peer, a := r.Peer, r.Args.(*greeterHelloArgs)
//		return isAdmin(peer) && a.Name != ""
//	}
func (f *file) condition(g *guard) *jen.Statement {
	var body []jen.Code
	if variables := f.conditionVariables(g); variables != nil {
		body = append(body, variables)
	}
	return documented(g.allow+" reports whether "+f.names.locals["r"]+" may reach "+g.what+".",
		jen.Func().Id(g.allow).Params(f.local("r").Op("*").Id(f.ipc("Request"))).Bool().
			Block(append(body, jen.Return(jen.Id(f.expression(g))))...))
}

// conditionVariables declares those that the conditions of g mention.
func (f *file) conditionVariables(g *guard) *jen.Statement {
	var names, values []jen.Code
	if mentions(g, model.ThePeer) {
		names = append(names, f.local("peer"))
		values = append(values, f.local("r").Dot("Peer"))
	}
	if mentions(g, model.AParameter) {
		names = append(names, f.local("a"))
		values = append(values, f.local("r").Dot("Args").Assert(jen.Op("*").Id(g.args.name)))
	}
	if names == nil {
		return nil
	}
	return jen.List(names...).Op(":=").List(values...)
}

func mentions(g *guard, what model.Meaning) bool {
	for _, c := range g.Conditions {
		for _, name := range c.Names {
			if name.Means == what {
				return true
			}
		}
	}
	return false
}

// expression joins the conditions of g.
func (f *file) expression(g *guard) string {
	var all []string
	for _, c := range g.Conditions {
		text := f.translated(g, c)
		if c.IsOr && len(g.Conditions) > 1 {
			text = "(" + text + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, " &&\n")
}

// translated is c with its names as they are in the generated file.
func (f *file) translated(g *guard, c *model.Condition) string {
	var b strings.Builder
	end := 0
	for _, name := range c.Names {
		b.WriteString(c.Source[end:name.Offset])
		b.WriteString(f.nameIn(g, name))
		end = name.Offset + len(name.Text)
	}
	b.WriteString(c.Source[end:])
	return b.String()
}

// nameIn is what a name in a condition of g is called here.
func (f *file) nameIn(g *guard, name model.Name) string {
	switch name.Means {
	case model.APackage:
		return f.imports.name(name.Package.Path(), name.Package.Name())
	case model.AnImport:
		return f.imports.name(name.Package.Path(), name.Package.Name()) + "." + name.Text
	case model.AParameter:
		return f.names.locals["a"] + "." + g.args.field(name.Text)
	default:
		return f.names.locals["peer"]
	}
}
