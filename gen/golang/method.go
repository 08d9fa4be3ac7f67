package golang

import "github.com/dave/jennifer/jen"

// methods is
//
//	var (
//		greeterHello = ipc.Method[greeterHelloArgs, string]{ ... }
//		greeterSum = ipc.InputMethod[greeterSumArgs, int, int]{ ... }
//	)
func (f *file) methods(s *service) []*jen.Statement {
	var all []jen.Code
	for _, r := range s.routes {
		if s.HasEvents() {
			all = append(all, jen.Id(r.method).Op("=").Add(f.event(s, r)))
			continue
		}
		all = append(all, jen.Id(r.method).Op("=").Add(f.method(s, r)))
	}
	return []*jen.Statement{jen.Var().Defs(all...)}
}

func (f *file) method(s *service, r *route) *jen.Statement {
	if r.input == nil {
		return f.plainMethod(s, r)
	}
	return jen.Id(f.ipc("InputMethod")).Index(jen.List(jen.Id(r.args.name), jen.Id(f.typ(r.Input.Type)), jen.Id(f.replyType(r)))).
		Custom(block,
			jen.Id("Method").Op(":").Add(f.plainMethod(s, r)),
			jen.Id("Input").Op(":").Add(f.codingOf(r.input)),
		)
}

// plainMethod is
//
//	ipc.Method[greeterHelloArgs, string]{
//		Route:  GreeterRoutes.Hello,
//		Args:   wire.Coding[greeterHelloArgs]{ ... },
//		Result: wire.Coding[string]{ ... },
//		Errors: greetErrors,
//	}
func (f *file) plainMethod(s *service, r *route) *jen.Statement {
	fields := []jen.Code{
		jen.Id("Route").Op(":").Id(s.routesVar()).Dot(r.GoName),
		jen.Id("Args").Op(":").Add(f.codingOf(r.args.coding())),
	}
	switch {
	case r.results != nil:
		fields = append(fields, jen.Id("Result").Op(":").Add(f.codingOf(r.results.coding())))
	case r.reply != nil:
		fields = append(fields, jen.Id("Result").Op(":").Add(f.codingOf(r.reply)))
	}
	if f.errors != "" {
		fields = append(fields, jen.Id("Errors").Op(":").Id(f.errors))
	}
	return jen.Id(f.ipc("Method")).Index(jen.List(jen.Id(r.args.name), jen.Id(f.replyType(r)))).Custom(block, fields...)
}
