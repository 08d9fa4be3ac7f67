package golang

import (
	"go/token"
	"slices"

	"github.com/ipcgen/ipcgen/gen/model"
)

// service is a service whose hidden declarations have names.
type service struct {
	*model.Service
	routes []*route
}

// route is a route whose hidden declarations have names.
type route struct {
	*model.Route
	method  string  // the variable that joins route and codings: greeterHello
	args    *record // greeterHelloArgs
	results *record // GreeterStatResult, of several results; else nil
	reply   *coding // of what the caller gets: the result, or each item; nil for nothing
	input   *coding // of each item that the caller sends; nil for none
	guards  []*guard
}

// The names that users of a service rely on follow from its own.

func (s *service) routesVar() string    { return s.GoName + "Routes" }
func (s *service) clientType() string   { return s.GoName + "Client" }
func (s *service) newClient() string    { return verb("New", s.clientType()) }
func (s *service) groupType() string    { return s.GoName + "Group" }
func (s *service) newGroup() string     { return verb("New", s.groupType()) }
func (s *service) registerFunc() string { return verb("Register", s.GoName) }

func (s *service) publisherType() string { return s.GoName + "Publisher" }
func (s *service) newPublisher() string  { return verb("New", s.publisherType()) }
func (s *service) subscribeFunc() string { return verb("Subscribe", s.GoName) }

func (s *service) eventType(r *route) string       { return s.GoName + r.GoName }
func (s *service) subscribeToFunc(r *route) string { return verb("Subscribe", s.eventType(r)) }
func (s *service) watchFunc(r *route) string       { return verb("Watch", s.eventType(r)) }

func (s *service) resultsType(r *route) string { return s.GoName + r.GoName + "Result" }

// verb puts a verb in front of a name, exported as the name is.
func verb(v, name string) string {
	if token.IsExported(name) {
		return v + name
	}
	return unexported(v) + exported(name)
}

// starts reports whether r has a form that does not wait.
func (r *route) starts() bool { return r.Shape == model.Call }

// gathers reports whether r can be called on a group.
func (r *route) gathers() bool { return r.Shape == model.Call || r.Shape == model.Notify }

// gathers reports whether any route of s can.
func (s *service) gathers() bool { return slices.ContainsFunc(s.routes, (*route).gathers) }

// public returns the names that users of s rely on. That they are free is a
// rule of package check.
func (s *service) public() []string {
	if s.HasEvents() {
		return s.publicEvents()
	}
	names := []string{s.routesVar(), s.clientType(), s.newClient(), s.registerFunc()}
	if s.gathers() {
		names = append(names, s.groupType(), s.newGroup())
	}
	for _, r := range s.routes {
		if len(r.Results) > 1 {
			names = append(names, s.resultsType(r))
		}
	}
	return names
}

// publicEvents are those of events.
func (s *service) publicEvents() []string {
	names := []string{s.routesVar(), s.publisherType(), s.newPublisher(), s.subscribeFunc()}
	for _, r := range s.routes {
		names = append(names, s.eventType(r), s.subscribeToFunc(r), s.watchFunc(r))
	}
	return names
}

// plan names everything: first what users rely on, for it cannot give way,
// then the rest.
func (f *file) plan() {
	for _, m := range f.pkg.Services {
		s := newService(m)
		reserve(f.names.taken, s.public())
		f.services = append(f.services, s)
	}
	for _, m := range f.pkg.Metadata {
		reserve(f.names.taken, []string{fieldsVar(m), toMetadata(m), fromMetadata(m)})
	}
	if len(f.pkg.Errors) > 0 {
		f.errors = f.names.hidden(unexported(f.pkg.Name) + "Errors")
	}
	for _, s := range f.services {
		for _, r := range s.routes {
			f.planRoute(s, r)
		}
	}
}

func newService(m *model.Service) *service {
	s := &service{Service: m}
	for _, r := range m.Routes {
		s.routes = append(s.routes, &route{Route: r})
	}
	return s
}

// planRoute names the hidden declarations of r and decides how its values cross.
func (f *file) planRoute(s *service, r *route) {
	base := s.GoName + r.GoName
	r.method = f.names.hidden(unexported(base))
	if s.HasEvents() {
		r.args = f.codings.declared(s.eventType(r), exported(base), r.Params)
		return
	}
	r.args = f.codings.declared(f.names.hidden(unexported(base)+"Args"), exported(base)+"Args", r.Params)
	switch {
	case r.Item != nil:
		r.reply = f.codings.of(r.Item, exported(base)+"Item")
	case len(r.Results) == 1:
		r.reply = f.codings.of(r.Results[0].Type, exported(base)+"Result")
	case len(r.Results) > 1:
		r.results = f.codings.declared(s.resultsType(r), exported(base)+"Result", r.Results)
	}
	if r.Input != nil {
		r.input = f.codings.of(r.Input.Type, exported(base)+"Input")
	}
	for _, m := range r.Guards {
		r.guards = append(r.guards, f.planGuard(m, s, r))
	}
}

// replyType returns the type of what the caller gets.
func (f *file) replyType(r *route) string {
	switch {
	case r.results != nil:
		return r.results.name
	case r.reply != nil:
		return f.typ(r.reply.typ)
	default:
		return "struct{}"
	}
}
