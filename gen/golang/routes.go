package golang

import (
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/ipcgen/ipcgen/gen/model"
)

// The kinds by shape, as package ipc calls them.
var kinds = map[model.Shape]string{
	model.Call:   "KindCall",
	model.Notify: "KindNotify",
	model.Stream: "KindStream",
	model.Upload: "KindUpload",
	model.Duplex: "KindDuplex",
	model.Event:  "KindNotify",
}

// routes is
//
//	var GreeterRoutes = struct{ Hello, Countdown *ipc.Route }{
//		Hello:     &ipc.Route{Name: "Greeter.Hello", Kind: ipc.KindCall},
//		Countdown: &ipc.Route{Name: "Greeter.Countdown", Kind: ipc.KindStream},
//	}
func (f *file) routes(s *service) *jen.Statement {
	var values []jen.Code
	for _, r := range s.routes {
		values = append(values, jen.Id(r.GoName).Op(":").Op("&").Id(f.ipc("Route")).Values(f.settings(r)...))
	}
	what := "routes"
	if s.HasEvents() {
		what = "events"
	}
	return documented(s.routesVar()+" describes the "+what+" of ["+s.GoName+"].",
		jen.Var().Id(s.routesVar()).Op("=").
			Struct(routeFields(s).Op("*").Id(f.ipc("Route"))).
			Custom(block, values...))
}

// routeFields are the names of the routes, in lines of a readable width.
func routeFields(s *service) *jen.Statement {
	var names []jen.Code
	width := 0
	for _, r := range s.routes {
		if width += len(r.GoName) + len(", "); width > 80 {
			width = len(r.GoName)
			names = append(names, jen.Line().Id(r.GoName))
			continue
		}
		names = append(names, jen.Id(r.GoName))
	}
	return jen.List(names...)
}

// settings are what the annotations of r say.
func (f *file) settings(r *route) []jen.Code {
	set := []jen.Code{
		jen.Id("Name").Op(":").Lit(r.Name),
		jen.Id("Kind").Op(":").Id(f.ipc(kinds[r.Shape])),
	}
	if r.Timeout != 0 {
		set = append(set, jen.Id("Timeout").Op(":").Add(f.duration(r.Timeout)))
	}
	if r.Idempotent {
		set = append(set, jen.Id("Idempotent").Op(":").True())
	}
	if r.Public {
		set = append(set, jen.Id("Public").Op(":").True())
	}
	if r.Borrow {
		set = append(set, jen.Id("Borrow").Op(":").True())
	}
	if limits := f.limitsOf(r); limits != nil {
		set = append(set, jen.Id("Limits").Op(":").Add(limits))
	}
	if len(r.Aliases) > 0 {
		set = append(set, jen.Id("Aliases").Op(":").Index().String().Values(literals(r.Aliases)...))
	}
	if r.Deprecated != "" {
		set = append(set, jen.Id("Deprecated").Op(":").Lit(r.Deprecated))
	}
	return set
}

// duration is d as a person writes it: 2 * time.Second.
func (f *file) duration(d time.Duration) *jen.Statement {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{
		{time.Hour, "Hour"},
		{time.Minute, "Minute"},
		{time.Second, "Second"},
		{time.Millisecond, "Millisecond"},
		{time.Microsecond, "Microsecond"},
	} {
		if n := d / unit.size; d%unit.size == 0 {
			return times(int(n)).Id(f.std("time", unit.name))
		}
	}
	return times(int(d)).Id(f.std("time", "Nanosecond"))
}

// times is n and the sign that multiplies by it, and nothing for 1.
func times(n int) *jen.Statement {
	if n == 1 {
		return jen.Null()
	}
	return jen.Lit(n).Op("*")
}

func literals(values []string) []jen.Code {
	var all []jen.Code
	for _, v := range values {
		all = append(all, jen.Lit(v))
	}
	return all
}
