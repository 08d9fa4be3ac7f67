package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/ipcgen/ipcgen/gen/model"
)

// group is the type through which one calls a service on many peers, and its
// methods. A service that only streams has none.
func (f *file) group(s *service) []*jen.Statement {
	if !s.gathers() {
		return nil
	}
	all := []*jen.Statement{f.groupType(s), f.newGroup(s)}
	for _, r := range s.routes {
		if r.gathers() {
			all = append(all, f.groupMethod(s, r))
		}
	}
	return all
}

// groupType is
//
//	type GreeterGroup struct{ group *ipc.Group }
func (f *file) groupType(s *service) *jen.Statement {
	return documented(s.groupType()+" calls ["+s.GoName+"] on each member of a group.",
		jen.Type().Id(s.groupType()).Id("struct").Custom(line, jen.Id("group").Op("*").Id(f.ipc("Group"))))
}

// newGroup is
//
//	func NewGreeterGroup(group *ipc.Group) *GreeterGroup { return &GreeterGroup{group} }
func (f *file) newGroup(s *service) *jen.Statement {
	return documented(s.newGroup()+" returns what calls all members of group at once.",
		jen.Func().Id(s.newGroup()).Params(jen.Id("group").Op("*").Id(f.ipc("Group"))).Op("*").Id(s.groupType()).
			Custom(line, jen.Return(jen.Op("&").Id(s.groupType()).Values(jen.Id("group")))))
}

// groupMethod is
//
//	func (g *GreeterGroup) Hello(ctx context.Context, name string) iter.Seq[ipc.Reply[string]] {
//		return greeterHello.Gather(ctx, g.group, &greeterHelloArgs{name})
//	}
func (f *file) groupMethod(s *service, r *route) *jen.Statement {
	if r.Shape == model.Notify {
		return f.groupNotify(s, r)
	}
	m := f.newStub(r, "g", "group")
	doc := r.GoName + " is [" + s.clientType() + "." + r.GoName + "] on each member: one reply from each, as they come."
	return documented(r.deprecate(doc),
		jen.Func().Params(m.receiver(s.groupType())).Id(r.GoName).Params(m.params()...).
			Id(f.std("iter", "Seq")).Index(jen.Id(f.ipc("Reply")).Index(jen.Id(f.replyType(r)))).
			Block(jen.Return(m.call("Gather", "group"))))
}

// groupNotify is
//
//	func (g *GreeterGroup) Forget(ctx context.Context, name string) error {
//		return greeterForget.NotifyAll(ctx, g.group, &greeterForgetArgs{name})
//	}
func (f *file) groupNotify(s *service, r *route) *jen.Statement {
	m := f.newStub(r, "g", "group")
	doc := r.GoName + " is [" + s.clientType() + "." + r.GoName + "] to each member. The error joins those of the members that it was not sent to."
	return documented(r.deprecate(doc),
		jen.Func().Params(m.receiver(s.groupType())).Id(r.GoName).Params(m.params()...).Id("error").
			Block(jen.Return(m.call("NotifyAll", "group"))))
}
