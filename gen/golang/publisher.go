package golang

import "github.com/dave/jennifer/jen"

// publisher is the type through which one publishes events, and its methods.
func (f *file) publisher(s *service) []*jen.Statement {
	all := []*jen.Statement{f.publisherType(s), f.publisherImplements(s), f.newPublisher(s)}
	for _, r := range s.routes {
		all = append(all, f.publish(s, r))
	}
	return all
}

// publisherType is
//
//	type RoomEventsPublisher struct{ to ipc.Publisher }
func (f *file) publisherType(s *service) *jen.Statement {
	return documented(s.publisherType()+" publishes the events of ["+s.GoName+"].",
		jen.Type().Id(s.publisherType()).Id("struct").Custom(line, jen.Id("to").Id(f.ipc("Publisher"))))
}

// publisherImplements is
//
//	var _ RoomEvents = (*RoomEventsPublisher)(nil)
func (f *file) publisherImplements(s *service) *jen.Statement {
	return jen.Var().Id("_").Id(s.GoName).Op("=").Parens(jen.Op("*").Id(s.publisherType())).Parens(jen.Nil())
}

// newPublisher is
//
//	func NewRoomEventsPublisher(to ipc.Publisher) *RoomEventsPublisher { return &RoomEventsPublisher{to} }
func (f *file) newPublisher(s *service) *jen.Statement {
	return documented(s.newPublisher()+" returns what publishes through to: a server, a group of\n"+
		"its peers, or a client whose server allows it.",
		jen.Func().Id(s.newPublisher()).Params(jen.Id("to").Id(f.ipc("Publisher"))).Op("*").Id(s.publisherType()).
			Custom(line, jen.Return(jen.Op("&").Id(s.publisherType()).Values(jen.Id("to")))))
}

// publish is
//
//	func (p *RoomEventsPublisher) Posted(ctx context.Context, room string, m Message) error {
//		return roomEventsPosted.Publish(ctx, p.to, &RoomEventsPosted{room, m})
//	}
func (f *file) publish(s *service, r *route) *jen.Statement {
	m := f.newStub(r, "p", "publisher")
	doc := r.Doc
	if doc == "" {
		doc = r.GoName + " publishes the event " + r.Name + "."
	}
	return documented(doc,
		jen.Func().Params(m.receiver(s.publisherType())).Id(r.GoName).Params(m.params()...).Error().
			Block(jen.Return(m.call("Publish", "to"))))
}
