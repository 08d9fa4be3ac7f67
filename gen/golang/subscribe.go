package golang

import (
	"go/types"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/ipcgen/ipcgen/gen/model"
)

// subscribe is
//
//	func SubscribeRoomEvents(ctx context.Context, r ipc.Registrar, pattern string, impl RoomEvents) (*ipc.Subscription, error) {
//		return r.Subscribe(ctx, pattern,
//			roomEventsPosted.Handle(...),
//		)
//	}
func (f *file) subscribe(s *service) *jen.Statement {
	var handlers []jen.Code
	for _, r := range s.routes {
		handlers = append(handlers, f.eventHandler(r, f.local("impl").Dot(r.GoName)))
	}
	return documented(s.subscribeFunc()+" has impl handle the events of ["+s.GoName+"] whose topics\n"+
		"match pattern, one at a time, until the subscription is closed.",
		f.subscription(s.subscribeFunc(), f.local("impl").Id(s.GoName), handlers...))
}

// subscription is a function that subscribes what is called handler.
func (f *file) subscription(name string, handler jen.Code, handlers ...jen.Code) *jen.Statement {
	return jen.Func().Id(name).
		Params(f.context(), f.registrar(), f.local("pattern").String(), handler).
		Params(jen.Op("*").Id(f.ipc("Subscription")), jen.Error()).
		Block(jen.Return(f.local("r").Dot("Subscribe").
			Custom(column, append([]jen.Code{f.local("ctx"), f.local("pattern")}, handlers...)...)))
}

// eventHandler is
//
//	roomEventsPosted.Handle(func(ctx context.Context, a *RoomEventsPosted) error {
//		return impl.Posted(ctx, a.Room, a.M)
//	})
func (f *file) eventHandler(r *route, call *jen.Statement) *jen.Statement {
	return jen.Id(r.method).Dot("Handle").Call(
		jen.Func().Params(f.context(), f.local("a").Op("*").Id(r.args.name)).Error().
			Block(jen.Return(call.Call(f.handlerArguments(r)...))))
}

func (f *file) context() *jen.Statement   { return f.local("ctx").Id(f.std("context", "Context")) }
func (f *file) registrar() *jen.Statement { return f.local("r").Id(f.ipc("Registrar")) }

// events are, for each event, its parameters as a struct, the function that
// subscribes to it alone, and the sequence of those that come.
func (f *file) events(s *service) []*jen.Statement {
	var all []*jen.Statement
	for _, r := range s.routes {
		doc := r.args.name + " holds the parameters of the event [" + s.GoName + "." + r.GoName + "]."
		all = append(all, documented(doc, f.structType(r.args)), f.subscribeTo(s, r), f.watch(s, r))
	}
	return all
}

// subscribeTo is
//
//	func SubscribeRoomEventsPosted(ctx context.Context, r ipc.Registrar, pattern string, fn func(ctx context.Context, room string, m Message) error) (*ipc.Subscription, error) {
//		return r.Subscribe(ctx, pattern,
//			roomEventsPosted.Handle(...),
//		)
//	}
func (f *file) subscribeTo(s *service, r *route) *jen.Statement {
	fn := f.local("fn").Func().Params(f.newStub(r, "fn").params()...).Error()
	return documented(s.subscribeToFunc(r)+" is ["+s.subscribeFunc()+"] for this event alone:\n"+
		"the others are not sent.",
		f.subscription(s.subscribeToFunc(r), fn, f.eventHandler(r, f.local("fn"))))
}

// watch is
//
//	func WatchRoomEventsPosted(ctx context.Context, r ipc.Registrar, pattern string) iter.Seq2[RoomEventsPosted, error] {
//		return roomEventsPosted.Watch(ctx, r, pattern)
//	}
func (f *file) watch(s *service, r *route) *jen.Statement {
	return documented(s.watchFunc(r)+" returns the events ["+s.GoName+"."+r.GoName+"] whose topics match pattern,\n"+
		"from now on and until the loop or ctx ends. See [ipc.Event.Watch].",
		jen.Func().Id(s.watchFunc(r)).
			Params(f.context(), f.registrar(), f.local("pattern").String()).
			Id(f.sequence(r.args.name)).
			Block(jen.Return(jen.Id(r.method).Dot("Watch").Call(f.local("ctx"), f.local("r"), f.local("pattern")))))
}

// event is
//
//	ipc.Event[RoomEventsPosted]{
//		Route:   RoomEventsRoutes.Posted,
//		Pattern: "room.*",
//		Topic:   func(a *RoomEventsPosted) []string { return []string{"room", a.Room} },
//		Args:    wire.Coding[RoomEventsPosted]{ ... },
//	}
func (f *file) event(s *service, r *route) *jen.Statement {
	return jen.Id(f.ipc("Event")).Index(jen.Id(r.args.name)).Custom(block,
		jen.Id("Route").Op(":").Id(s.routesVar()).Dot(r.GoName),
		jen.Id("Pattern").Op(":").Lit(pattern(s.Topic)),
		jen.Id("Topic").Op(":").Add(f.topic(s.Topic, r)),
		jen.Id("Args").Op(":").Add(f.codingOf(r.args.coding())),
	)
}

// pattern is what all topics of an interface match.
func pattern(topic []model.Word) string {
	var levels []string
	for _, w := range topic {
		if w.Param != "" {
			w.Literal = "*"
		}
		levels = append(levels, w.Literal)
	}
	return strings.Join(levels, ".")
}

// topic is
//
//	func(a *RoomEventsPosted) []string { return []string{"room", a.Room} }
func (f *file) topic(topic []model.Word, r *route) *jen.Statement {
	var levels []jen.Code
	for _, w := range topic {
		if w.Param == "" {
			levels = append(levels, jen.Lit(w.Literal))
			continue
		}
		for i, p := range r.Params {
			if p.Name == w.Param {
				levels = append(levels, f.level(p.Type, f.local("a").Dot(r.args.members[i].name)))
			}
		}
	}
	return jen.Func().Params(f.local("a").Op("*").Id(r.args.name)).Index().String().
		Custom(line, jen.Return(jen.Index().String().Values(levels...)))
}

// level is the text of a value of type t, a string or an integer.
func (f *file) level(t types.Type, value *jen.Statement) *jen.Statement {
	basic := t.Underlying().(*types.Basic)
	switch {
	case types.Identical(t, types.Typ[types.String]):
		return value
	case basic.Info()&types.IsString != 0:
		return jen.String().Parens(value)
	case basic.Info()&types.IsUnsigned != 0:
		return jen.Id(f.std("strconv", "FormatUint")).Call(jen.Uint64().Parens(value), jen.Lit(10))
	}
	return jen.Id(f.std("strconv", "FormatInt")).Call(jen.Int64().Parens(value), jen.Lit(10))
}
