package annotations

import "go/ast"

func (r *reader) readService(p *place, d ast.Directive) {
	s := &Service{Pos: r.fset.Position(d.Slash)}
	r.interfaceAt(p).Service = s
	for _, a := range r.settings(d, r.arguments(d)) {
		if s.Name != "" || s.Bare {
			r.report(a.pos, contradiction, "routes that are bare have no service's name in front: remove name= or bare")
			return
		}
		if a.key == "bare" {
			s.Bare = true
		} else {
			s.Name = r.part(a, "the name of a service")
		}
	}
}

func (r *reader) readEvents(p *place, d ast.Directive) {
	e := &Events{Pos: r.fset.Position(d.Slash)}
	r.interfaceAt(p).Events = e
	for _, a := range r.settings(d, r.arguments(d)) {
		e.Topic = r.topic(a)
	}
	if d.Args == "" {
		r.report(d.Slash, missingArgument, "//ipc:events needs a topic: write //ipc:events topic=room.{room}, with words and parameters of the methods")
	}
}

// interfaceAt returns what is known of the interface p, or of the one around
// the method p.
func (r *reader) interfaceAt(p *place) *Interface {
	if p.parent != nil {
		p = p.parent
	}
	if p.iface == nil {
		p.iface = &Interface{File: p.file, Decl: p.decl, Spec: p.spec, Methods: make(map[*ast.Field]*Method)}
		p.iface.Type, _ = ast.Unparen(p.spec.Type).(*ast.InterfaceType)
		r.pkg.Interfaces = append(r.pkg.Interfaces, p.iface)
	}
	return p.iface
}
