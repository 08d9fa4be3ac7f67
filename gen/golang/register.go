package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/ipcgen/ipcgen/gen/model"
)

// The methods of ipc.Method that serve a route, by shape.
var handles = map[model.Shape]string{
	model.Call:   "Handle",
	model.Notify: "HandleNotify",
	model.Stream: "HandleStream",
	model.Upload: "HandleUpload",
	model.Duplex: "HandleDuplex",
}

// register is
//
//	func RegisterGreeter(r ipc.Registrar, impl Greeter) {
//		r.Register(
//			greeterHello.Handle(...).Allow(allowGreeterHello),
//		)
//	}
func (f *file) register(s *service) *jen.Statement {
	var handlers []jen.Code
	for _, r := range s.routes {
		handler := jen.Id(r.method).Dot(handles[r.Shape]).Call(f.handler(r))
		for _, g := range r.guards {
			if g.allow != "" {
				handler.Dot("Allow").Call(jen.Id(g.allow))
			}
		}
		handlers = append(handlers, handler)
	}
	return documented(s.registerFunc()+" makes r serve the routes of ["+s.GoName+"] with impl. It panics\n"+
		"if one of their names is already taken.",
		jen.Func().Id(s.registerFunc()).
			Params(f.local("r").Id(f.ipc("Registrar")), f.local("impl").Id(s.GoName)).
			Block(f.local("r").Dot("Register").Custom(column, handlers...)))
}

// handler is
//
//	func(ctx context.Context, a *greeterHelloArgs) (string, error) {
//		return impl.Hello(ctx, a.Name)
//	}
func (f *file) handler(r *route) *jen.Statement {
	params := []jen.Code{
		f.local("ctx").Id(f.std("context", "Context")),
		f.local("a").Op("*").Id(r.args.name),
	}
	if r.Input != nil {
		params = append(params, f.local("in").Id(f.sequence(f.typ(r.Input.Type))))
	}
	return jen.Func().Params(params...).Add(f.handlerResults(r)).Block(f.handlerBody(r)...)
}

func (f *file) handlerResults(r *route) *jen.Statement {
	switch {
	case r.Item != nil:
		return jen.Id(f.sequence(f.typ(r.Item)))
	case r.Shape == model.Notify:
		return jen.Error()
	case r.results != nil:
		return jen.Params(f.local("r").Id(r.results.name), f.local("err").Error())
	default:
		return jen.Params(jen.Id(f.replyType(r)), jen.Error())
	}
}

func (f *file) handlerBody(r *route) []jen.Code {
	call := f.local("impl").Dot(r.GoName).Call(f.handlerArguments(r)...)
	switch {
	case r.results != nil:
		return []jen.Code{
			jen.List(f.resultFields(r)...).Op("=").Add(call),
			jen.Return(f.local("r"), f.local("err")),
		}
	case r.reply == nil && r.Shape != model.Notify:
		return []jen.Code{jen.Return(jen.Struct().Values(), call)}
	default:
		return []jen.Code{jen.Return(call)}
	}
}

// resultFields are r.Count, r.Mean, err.
func (f *file) resultFields(r *route) []jen.Code {
	var all []jen.Code
	for _, result := range r.results.members {
		all = append(all, f.local("r").Dot(result.name))
	}
	return append(all, f.local("err"))
}

// handlerArguments are ctx, a.Name, in.
func (f *file) handlerArguments(r *route) []jen.Code {
	all := []jen.Code{f.local("ctx")}
	for i, argument := range r.args.members {
		value := f.local("a").Dot(argument.name)
		if r.Variadic && i == len(r.args.members)-1 {
			value.Op("...")
		}
		all = append(all, value)
	}
	if r.Input != nil {
		all = append(all, f.local("in"))
	}
	return all
}
