package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/ipcgen/ipcgen/gen/model"
)

// client is the type through which one calls a service, and its methods.
func (f *file) client(s *service) []*jen.Statement {
	all := []*jen.Statement{f.clientType(s), f.clientImplements(s), f.newClient(s)}
	for _, r := range s.routes {
		all = append(all, f.clientMethod(s, r))
		if r.starts() {
			all = append(all, f.start(s, r))
		}
	}
	return all
}

// clientType is
//
//	type GreeterClient struct{ caller ipc.Caller }
func (f *file) clientType(s *service) *jen.Statement {
	return documented(s.clientType()+" calls ["+s.GoName+"] at the far side of a connection.",
		jen.Type().Id(s.clientType()).Id("struct").Custom(line, jen.Id("caller").Id(f.ipc("Caller"))))
}

// clientImplements is
//
//	var _ Greeter = (*GreeterClient)(nil)
func (f *file) clientImplements(s *service) *jen.Statement {
	return jen.Var().Id("_").Id(s.GoName).Op("=").Parens(jen.Op("*").Id(s.clientType())).Parens(jen.Nil())
}

// newClient is
//
//	func NewGreeterClient(caller ipc.Caller) *GreeterClient { return &GreeterClient{caller} }
func (f *file) newClient(s *service) *jen.Statement {
	return documented(s.newClient()+" returns a client that calls through caller.",
		jen.Func().Id(s.newClient()).Params(jen.Id("caller").Id(f.ipc("Caller"))).Op("*").Id(s.clientType()).
			Custom(line, jen.Return(jen.Op("&").Id(s.clientType()).Values(jen.Id("caller")))))
}

// clientMethod is
//
//	func (c *GreeterClient) Hello(ctx context.Context, name string) (string, error) {
//		return greeterHello.Call(ctx, c.caller, &greeterHelloArgs{name})
//	}
func (f *file) clientMethod(s *service, r *route) *jen.Statement {
	m := f.newStub(r, "c", "client")
	return documented(r.deprecate(methodDoc(r)),
		jen.Func().Params(m.receiver(s.clientType())).Id(r.GoName).Params(m.params()...).Add(m.results()).
			Block(m.body()...))
}

func methodDoc(r *route) string {
	if r.Doc == "" {
		return r.GoName + " calls the route " + r.Name + "."
	}
	return r.Doc
}

// start is
//
//	func (c *GreeterClient) StartHello(ctx context.Context, name string) *ipc.Future[string] {
//		return greeterHello.Start(ctx, c.caller, &greeterHelloArgs{name})
//	}
func (f *file) start(s *service, r *route) *jen.Statement {
	m := f.newStub(r, "c", "client")
	doc := "Start" + r.GoName + " is [" + s.clientType() + "." + r.GoName + "] without waiting: the future holds its result."
	return documented(r.deprecate(doc),
		jen.Func().Params(m.receiver(s.clientType())).Id("Start"+r.GoName).Params(m.params()...).
			Op("*").Id(f.ipc("Future")).Index(jen.Id(f.replyType(r))).
			Block(jen.Return(m.call("Start", "caller"))))
}

// The methods of ipc.Method that clients call, by shape.
var calls = map[model.Shape]string{
	model.Call:   "Call",
	model.Notify: "Notify",
	model.Stream: "Stream",
	model.Upload: "Upload",
	model.Duplex: "Duplex",
}

// body hands the arguments to the runtime and its answer back.
func (m *stub) body() []jen.Code {
	call := m.call(calls[m.route.Shape], "caller")
	switch {
	case m.route.results != nil:
		return m.spread(call)
	case m.route.reply == nil && m.route.Shape != model.Notify:
		return []jen.Code{
			jen.List(jen.Id("_"), jen.Id(m.err)).Op(":=").Add(call),
			jen.Return(jen.Id(m.err)),
		}
	default:
		return []jen.Code{jen.Return(call)}
	}
}

// spread is
//
//	r, err := greeterStat.Call(ctx, c.caller, &greeterStatArgs{tags})
//	return r.Count, r.Mean, err
func (m *stub) spread(call jen.Code) []jen.Code {
	var values []jen.Code
	for _, result := range m.route.results.members {
		values = append(values, jen.Id(m.result).Dot(result.name))
	}
	return []jen.Code{
		jen.List(jen.Id(m.result), jen.Id(m.err)).Op(":=").Add(call),
		jen.Return(append(values, jen.Id(m.err))...),
	}
}
