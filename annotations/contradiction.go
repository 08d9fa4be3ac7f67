package annotations

// refuseContradictions reports directives on p that may stand there, but not
// beside each other.
func (r *reader) refuseContradictions(p *place) {
	switch p.kind {
	case anInterface, aRenamedType:
		r.refuseOnInterface(p)
	case aMethod:
		r.refuseOnEvent(p)
		r.refuseOnNotify(p)
	}
}

func (r *reader) refuseOnInterface(p *place) {
	service, events := p.given["service"], p.given["events"]
	if service.IsValid() && events.IsValid() {
		r.report(max(service, events), contradiction, "an interface is either an //ipc:service or //ipc:events: make it two")
		return
	}
	for _, guard := range []string{"allow", "limit"} {
		pos := p.given[guard]
		switch {
		case !pos.IsValid() || service.IsValid():
		case events.IsValid():
			r.report(pos, contradiction, "//ipc:%s guards routes, but the methods of //ipc:events are events: remove it", guard)
		default:
			r.report(pos, misplacedDirective, "//ipc:%s stands on an interface that is no service: add //ipc:service, or put it on methods", guard)
		}
	}
}

// refuseOnEvent reports directives that make no sense on an event.
func (r *reader) refuseOnEvent(p *place) {
	if !p.parent.given["events"].IsValid() || p.parent.given["service"].IsValid() {
		return
	}
	for word, pos := range p.given {
		r.report(pos, contradiction, "//ipc:%s is for routes, but the methods of //ipc:events are events: remove it", word)
	}
}

// refuseOnNotify reports settings that are about the reply.
func (r *reader) refuseOnNotify(p *place) {
	if !p.given["notify"].IsValid() || !p.given["route"].IsValid() {
		return
	}
	route := r.methodAt(p).Route
	for _, setting := range []string{"timeout", "idempotent"} {
		if pos, ok := route.Args[setting]; ok {
			r.problems = append(r.problems, Problem{pos, contradiction, setting + " is about the reply, but //ipc:notify has none: remove one of the two"})
		}
	}
}
