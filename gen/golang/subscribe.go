package golang

import (
	"go/types"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/ipcgen/ipcgen/gen/model"
)

// subscribe is
//
//	func SubscribeRoomEvents(ctx context.Context, r ipc.Registrar, impl RoomEvents, pattern string) (*ipc.Subscription, error) {
//		return r.Subscribe(ctx, pattern,
//			roomEventsPosted.Handle(...),
//		)
//	}
func (f *file) subscribe(s *service) *jen.Statement {
	arguments := []jen.Code{f.local("ctx"), f.local("pattern")}
	for _, r := range s.routes {
		arguments = append(arguments, jen.Id(r.method).Dot("Handle").Call(f.eventHandler(r)))
	}
	return documented(s.subscribeFunc()+" has impl handle the events of ["+s.GoName+"] whose topics\n"+
		"match pattern, one at a time, until the subscription is closed.",
		jen.Func().Id(s.subscribeFunc()).
			Params(f.context(), f.registrar(), f.local("impl").Id(s.GoName), f.local("pattern").String()).
			Params(jen.Op("*").Id(f.ipc("Subscription")), jen.Error()).
			Block(jen.Return(f.local("r").Dot("Subscribe").Custom(column, arguments...))))
}

// eventHandler is
//
//	func(ctx context.Context, a *RoomEventsPosted) error {
//		return impl.Posted(ctx, a.Room, a.M)
//	}
func (f *file) eventHandler(r *route) *jen.Statement {
	return jen.Func().Params(f.context(), f.local("a").Op("*").Id(r.args.name)).Error().
		Block(jen.Return(f.local("impl").Dot(r.GoName).Call(f.handlerArguments(r)...)))
}

func (f *file) context() *jen.Statement   { return f.local("ctx").Id(f.std("context", "Context")) }
func (f *file) registrar() *jen.Statement { return f.local("r").Id(f.ipc("Registrar")) }

// watches are, for each event, its parameters as a struct and the sequence of
// those that come.
func (f *file) watches(s *service) []*jen.Statement {
	var all []*jen.Statement
	for _, r := range s.routes {
		doc := r.args.name + " holds the parameters of the event [" + s.GoName + "." + r.GoName + "]."
		all = append(all, documented(doc, f.structType(r.args)), f.watch(s, r))
	}
	return all
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
