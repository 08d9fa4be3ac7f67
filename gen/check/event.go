package check

import (
	"fmt"
	"go/types"
	"slices"
	"strings"

	"github.com/ipcgen/ipcgen/annotations"
	"github.com/ipcgen/ipcgen/gen/model"
)

// eventsRules are those of services that hold for interfaces of events, too.
var eventsRules = []interfaceRule{
	(*checker).isDeclaredOnce,
	(*checker).isInterface,
	(*checker).isNotGeneric,
	(*checker).isMethodSet,
	(*checker).isForEveryBuild,
	(*checker).hasShortTopic,
}

// events adds the interface i, whose methods are events, if it breaks no rule.
func (c *checker) events(i *annotations.Interface) {
	for _, rule := range eventsRules {
		if !rule(c, i) {
			return
		}
	}
	s := &model.Service{
		Pos:    c.Fset.Position(i.Spec.Name.Pos()),
		GoName: i.Spec.Name.Name,
		Name:   i.Spec.Name.Name,
		Doc:    docOf(i),
		Topic:  []model.Word{},
	}
	for _, w := range i.Events.Topic.Words {
		s.Topic = append(s.Topic, model.Word{Literal: w.Literal, Param: w.Param})
	}
	methods := c.methods(i.Spec)
	c.hasMethods(i, methods)
	for _, m := range methods {
		s.Routes = append(s.Routes, c.event(s, m, i))
	}
	c.model.Services = append(c.model.Services, s)
}

// What the runtime takes of a topic.
const (
	mostLevels   = 16
	longestTopic = 256 // bytes
)

func (c *checker) hasShortTopic(i *annotations.Interface) bool {
	topic := i.Events.Topic
	literals := 0
	for _, w := range topic.Words {
		literals += len(w.Literal) + len(".")
	}
	switch {
	case len(topic.Words) > mostLevels:
		c.reportAt(i.Events.Pos, badEvent, "the topic has %d words: no more than %d are allowed", len(topic.Words), mostLevels)
	case literals > longestTopic:
		c.reportAt(i.Events.Pos, badEvent, "the topic is longer than %d bytes: shorten its words", longestTopic)
	}
	return true
}

// eventRules are those of routes that hold for events, too, and their own.
var eventRules = []methodRule{
	(*checker).exported,
	(*checker).contextFirst,
	(*checker).oneContext,
	(*checker).errorLast,
	(*checker).namedParameters,
	(*checker).eventWithoutReply,
	(*checker).carriedValues,
	(*checker).accessibleTypes,
}

// event returns the event of i that m is, and reports every rule it breaks.
func (c *checker) event(s *model.Service, m *method, i *annotations.Interface) *model.Route {
	sig := read(m.sig)
	if m.field == nil || !c.reportTypeErrors(m.field.Pos(), m.field.End()) {
		for _, rule := range eventRules {
			rule(c, m, sig)
		}
		c.topicFits(m, sig, i.Events)
		c.eventWithoutSettings(m, i)
	}
	r := &model.Route{
		Pos:      c.Fset.Position(m.pos),
		GoName:   m.name,
		Name:     s.RouteName(m.name),
		Shape:    model.Event,
		Params:   params(sig.params),
		Variadic: m.sig.Variadic() && sig.input == nil && len(sig.params) > 0,
	}
	r.Doc = c.methodDoc(m)
	if sig.context != nil {
		r.ContextName = sig.context.Name()
	}
	c.routeName(r, m)
	return r
}

// An event goes to any number of subscribers, so nothing comes back.
func (c *checker) eventWithoutReply(m *method, sig *signature) {
	for p := range m.sig.Params().Variables() {
		if isSequence(p.Type()) {
			c.report(m.at(p.Pos()), badEvent, "%s is a stream, but an event is one packet: publish each item", p.Name())
		}
	}
	switch {
	case sig.item != nil:
		c.report(m.at(m.sig.Results().At(0).Pos()), badEvent, "%s returns a stream, but nothing comes back from subscribers: return only error", m.name)
	case len(sig.results) > 0 && sig.err != nil:
		c.report(m.at(sig.results[0].Pos()), badEvent, "%s returns more than an error, but nothing comes back from subscribers: return only error", m.name)
	}
}

// A method may be embedded from a service, where something is said of it. What
// is said in i itself has been reported.
func (c *checker) eventWithoutSettings(m *method, i *annotations.Interface) {
	if i.Methods[m.field] != nil {
		return
	}
	if m.said.Route != nil || m.said.Notify != nil || m.said.Allow != nil || m.said.Limit != nil {
		c.report(m.pos, unfitSetting, "%s has directives for a route, but here it is an event: declare it anew in the interface of events", m.name)
	}
}

// topicFits refuses a topic with parameters that m does not have, or whose
// values are no words.
func (c *checker) topicFits(m *method, sig *signature, said *annotations.Events) {
	for _, w := range said.Topic.Words {
		if w.Param == "" {
			continue
		}
		at := slices.IndexFunc(sig.params, func(p *types.Var) bool { return p.Name() == w.Param })
		if at < 0 && sig.context != nil && sig.context.Name() == w.Param {
			c.report(m.pos, badEvent, "the topic %s needs %s, which in %s is the context and does not cross: name another parameter", said.Topic.Source, w.Param, m.name)
			continue
		}
		if at < 0 {
			c.report(m.pos, badEvent, "%s has no parameter %s, which its topic %s needs: %s", m.name, w.Param, said.Topic.Source, c.nearest(w.Param, sig))
			continue
		}
		p := sig.params[at]
		if basic, ok := p.Type().Underlying().(*types.Basic); !ok || basic.Info()&(types.IsString|types.IsInteger) == 0 && basic.Kind() != types.Invalid {
			c.report(m.at(p.Pos()), badEvent, "%s is %s, but a word of the topic %s is a string or an integer: leave {%s} out, or give it such a type",
				p.Name(), c.typeString(p.Type()), said.Topic.Source, w.Param)
		}
	}
}

// nearest says what to do about a parameter that is missing.
func (c *checker) nearest(param string, sig *signature) string {
	var names []string
	for _, p := range sig.params {
		if strings.EqualFold(p.Name(), param) {
			return fmt.Sprintf("did you mean %s?", p.Name())
		}
		names = append(names, p.Name())
	}
	if closest, ok := annotations.Closest(param, names); ok {
		return fmt.Sprintf("did you mean %s?", closest)
	}
	return "add it, or move the method to an interface of its own"
}

// generatedEventNames returns the names that users of the events of s rely on.
func generatedEventNames(s *model.Service) []string {
	names := []string{
		s.GoName + "Routes",
		s.GoName + "Publisher",
		verb("New", s.GoName+"Publisher"),
		verb("Subscribe", s.GoName),
	}
	for _, r := range s.Routes {
		event := s.GoName + r.GoName
		names = append(names, event, verb("Subscribe", event), verb("Watch", event))
	}
	return names
}
