package golang

import (
	"strings"

	"github.com/dave/jennifer/jen"
)

// stub is a method of a client or a group. Its parameters are called what they
// are called in the interface, so its own variables have to give way.
type stub struct {
	file   *file
	route  *route
	self   string // the receiver
	ctx    string
	result string // of several results, before they are spread
	err    string
}

// stubLocals is what a stub calls its variables, and what else if it must not.
var stubLocals = []string{"c", "client", "g", "group", "p", "publisher", "ctx", "r", "result", "err", "failure"}

func (f *file) newStub(r *route, receiver ...string) *stub {
	used := map[string]bool{}
	reserve(used, variables(r.Route))
	local := func(candidates ...string) string {
		name := pick(func(name string) bool { return !used[name] }, candidates...)
		used[name] = true
		return name
	}
	m := &stub{file: f, route: r, ctx: r.ContextName}
	if m.ctx == "" || m.ctx == "_" {
		m.ctx = local("ctx")
	}
	m.self = local(receiver...)
	m.result = local("r", "result")
	m.err = local("err", "failure")
	return m
}

// receiver is c *GreeterClient.
func (m *stub) receiver(typ string) jen.Code { return jen.Id(m.self).Op("*").Id(typ) }

// params are ctx context.Context, a, b int.
func (m *stub) params() []jen.Code {
	all := []variable{{m.ctx, m.file.std("context", "Context")}}
	for i, p := range m.route.Params {
		typ := m.file.typ(p.Type)
		if m.route.Variadic && i+1 == len(m.route.Params) {
			typ = "..." + strings.TrimPrefix(typ, "[]")
		}
		all = append(all, variable{p.Name, typ})
	}
	if in := m.route.Input; in != nil {
		all = append(all, variable{in.Name, m.file.sequence(m.file.typ(in.Type))})
	}
	return declare(all)
}

// results are (string, error) or, where the interface names its results,
// (text string, err error).
func (m *stub) results() *jen.Statement {
	if m.route.Item != nil {
		return jen.Id(m.file.sequence(m.file.typ(m.route.Item)))
	}
	if len(m.route.Results) == 0 {
		return jen.Error()
	}
	var all []variable
	for _, result := range m.route.Results {
		all = append(all, variable{result.Name, m.file.typ(result.Type)})
	}
	last := variable{m.err, "error"}
	if all[0].name == "" {
		last.name = ""
	}
	return jen.Params(declare(append(all, last))...)
}

// variable is a parameter or a result.
type variable struct{ name, typ string }

// declare lists variables. Neighbours of one type share it, unless they have
// no names.
func declare(variables []variable) []jen.Code {
	var all []jen.Code
	for i, v := range variables {
		switch {
		case v.name == "":
			all = append(all, jen.Id(v.typ))
		case i+1 < len(variables) && variables[i+1].typ == v.typ:
			all = append(all, jen.Id(v.name))
		default:
			all = append(all, jen.Id(v.name).Id(v.typ))
		}
	}
	return all
}

// call is greeterHello.Call(ctx, c.caller, &greeterHelloArgs{name}).
func (m *stub) call(verb, through string) *jen.Statement {
	arguments := []jen.Code{
		jen.Id(m.ctx),
		jen.Id(m.self).Dot(through),
		jen.Op("&").Id(m.route.args.name).Values(m.values()...),
	}
	if in := m.route.Input; in != nil {
		arguments = append(arguments, jen.Id(in.Name))
	}
	return jen.Id(m.route.method).Dot(verb).Call(arguments...)
}

func (m *stub) values() []jen.Code {
	var all []jen.Code
	for _, p := range m.route.Params {
		all = append(all, jen.Id(p.Name))
	}
	return all
}
