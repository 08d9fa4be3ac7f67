package check

import (
	"go/types"
	"slices"
	"strconv"

	"github.com/ipcgen/ipcgen/gen/model"
)

// A methodRule holds a method of a service against one rule.
type methodRule func(*checker, *method, *signature)

var methodRules = []methodRule{
	(*checker).exported,
	(*checker).contextFirst,
	(*checker).oneContext,
	(*checker).errorLast,
	(*checker).resultStreamAlone,
	(*checker).inputStreamLast,
	(*checker).namedParameters,
	(*checker).namedResults,
	(*checker).notifyWithoutReply,
	(*checker).fittingSettings,
	(*checker).carriedValues,
	(*checker).accessibleTypes,
}

// route returns the route that m is, and reports every rule it breaks.
func (c *checker) route(s *model.Service, m *method) *model.Route {
	sig := read(m.sig)
	if m.field == nil || !c.reportTypeErrors(m.field.Pos(), m.field.End()) {
		for _, rule := range methodRules {
			rule(c, m, sig)
		}
	}
	r := &model.Route{
		Pos:     c.Fset.Position(m.pos),
		GoName:  m.name,
		Name:    s.RouteName(m.name),
		Shape:   sig.shape(),
		Params:  params(sig.params),
		Input:   input(sig),
		Results: results(sig.results),
		Item:    sig.item,
	}
	r.Variadic = m.sig.Variadic() && r.Input == nil && len(r.Params) > 0
	if sig.context != nil {
		r.ContextName = sig.context.Name()
	}
	c.settings(s, r, m)
	r.Guards = c.guards(s, m)
	c.routeName(r, m)
	return r
}

// settings fills in what the directives of m say.
func (c *checker) settings(s *model.Service, r *model.Route, m *method) {
	r.Doc = c.methodDoc(m)
	if m.said.Notify != nil {
		r.Shape = model.Notify
	}
	said := m.said.Route
	if said == nil {
		return
	}
	if said.Name != "" {
		r.Name = s.RouteName(said.Name)
	}
	r.Timeout = said.Timeout
	r.Idempotent = said.Idempotent
	r.Borrow = said.Borrow
	r.Public = said.Public
	r.Aliases = said.Aliases
	r.Deprecated = said.Deprecated
}

func params(vars []*types.Var) []model.Param {
	var out []model.Param
	for _, v := range vars {
		out = append(out, model.Param{Name: v.Name(), Wire: v.Name(), Type: v.Type()})
	}
	return out
}

func input(sig *signature) *model.Param {
	if sig.input == nil {
		return nil
	}
	name := sig.input.Name()
	return &model.Param{Name: name, Wire: name, Type: streamItem(sig.input.Type())}
}

// results returns the results as they cross: under their names or, if they
// have none, as r1, r2.
func results(vars []*types.Var) []model.Param {
	var out []model.Param
	for i, v := range vars {
		p := model.Param{Name: v.Name(), Wire: v.Name(), Type: v.Type()}
		if p.Name == "" || p.Name == "_" {
			p.Name, p.Wire = "", "r"+strconv.Itoa(i+1)
		}
		out = append(out, p)
	}
	return out
}

// A route is called from other packages. What is not exported is kept from them.
func (c *checker) exported(m *method, _ *signature) {
	if !m.fn.Exported() {
		c.report(m.pos, unexportedMethod, "%s is not exported, so nobody could call it: export it, or take it out of the interface", m.name)
	}
}

func (c *checker) contextFirst(m *method, sig *signature) {
	if sig.context != nil {
		return
	}
	for i, p := range sig.params {
		if isContext(p.Type()) {
			c.report(m.at(p.Pos()), contextNotFirst, "the context of %s is its parameter %d: make it the first", m.name, i+1)
			return
		}
	}
	if len(sig.params) > 0 && isLikeContext(sig.params[0].Type()) {
		c.report(m.at(sig.params[0].Pos()), noContext, "%s is like context.Context, but another type: write context.Context, or make it an alias with =",
			c.typeString(sig.params[0].Type()))
		return
	}
	c.report(m.pos, noContext, "%s has no context, so a call could not be cancelled: make ctx context.Context its first parameter", m.name)
}

// isLikeContext says whether t is an interface with what a context has.
func isLikeContext(t types.Type) bool {
	if !types.IsInterface(t) {
		return false
	}
	for _, name := range []string{"Deadline", "Done", "Err", "Value"} {
		if method, _, _ := types.LookupFieldOrMethod(t, false, nil, name); method == nil {
			return false
		}
	}
	return true
}

func (c *checker) oneContext(m *method, sig *signature) {
	if sig.context == nil {
		return
	}
	for _, p := range sig.params {
		if isContext(p.Type()) {
			c.report(m.at(p.Pos()), twoContexts, "%s has a second context, but a call has one: remove it", m.name)
		}
	}
}

// Every call can fail on its way, and a stream says so with its items.
func (c *checker) errorLast(m *method, sig *signature) {
	if sig.err != nil || sig.item != nil || slices.ContainsFunc(sig.results, isStreamLike) {
		return
	}
	for _, r := range sig.results {
		if isError(r.Type()) {
			c.report(m.at(r.Pos()), errorNotLast, "error is not the last result of %s: move it to the end", m.name)
			return
		}
	}
	if n := len(sig.results); n > 0 && implementsError(sig.results[n-1].Type()) {
		last := sig.results[n-1]
		c.report(m.at(last.Pos()), noError, "the last result of %s is %s, but only error itself can also say that the call failed on its way: make it error",
			m.name, c.typeString(last.Type()))
		return
	}
	c.report(m.pos, noError, "%s returns no error, but any call can fail on its way: make error its last result", m.name)
}

// isStreamLike says whether v is a stream or was to be one: that is reported as
// such.
func isStreamLike(v *types.Var) bool { return isSequence(v.Type()) }

func isStreamVar(v *types.Var) bool { return streamItem(v.Type()) != nil }

func (c *checker) resultStreamAlone(m *method, sig *signature) {
	for _, r := range sig.results {
		switch {
		case isStreamVar(r):
			c.report(m.at(r.Pos()), badStream, "%s returns a stream and something else: let the stream be the only result, its errors come with its items", m.name)
		case isSequence(r.Type()):
			c.report(m.at(r.Pos()), badStream, "%s: return iter.Seq2[T, error], which can also say that the stream broke", c.typeString(r.Type()))
		}
	}
}

func (c *checker) inputStreamLast(m *method, sig *signature) {
	for _, p := range sig.params {
		switch {
		case isStreamVar(p):
			c.report(m.at(p.Pos()), badStream, "the stream %s is not the last parameter of %s: there is one at most, at the end", p.Name(), m.name)
		case isSequence(p.Type()):
			c.report(m.at(p.Pos()), badStream, "%s: take iter.Seq2[T, error], which can also say that the stream broke", c.typeString(p.Type()))
		}
	}
}

// Arguments cross by name, so that adding one stays compatible.
func (c *checker) namedParameters(m *method, sig *signature) {
	crossing := sig.params
	if sig.input != nil {
		crossing = append(crossing[:len(crossing):len(crossing)], sig.input)
	}
	for _, p := range crossing {
		if (p.Name() == "" || p.Name() == "_") && !isContext(p.Type()) {
			c.report(m.at(p.Pos()), unnamedParameter, "a parameter of %s has no name, but arguments cross by name: give it one", m.name)
		}
	}
}

// Results may all be without a name. With some that have one and others that
// do not, nobody can tell what was meant.
func (c *checker) namedResults(m *method, sig *signature) {
	blank := func(v *types.Var) bool { return v.Name() == "_" }
	named := func(v *types.Var) bool { return v.Name() != "" && v.Name() != "_" }
	if i := slices.IndexFunc(sig.results, blank); i >= 0 && slices.ContainsFunc(sig.results, named) {
		c.report(m.at(sig.results[i].Pos()), unnamedResult, "a result of %s has no name, but others have one: name all of them or none", m.name)
	}
}

// Nobody waits for a notification, so nothing comes back. That it can have no
// stream follows.
func (c *checker) notifyWithoutReply(m *method, sig *signature) {
	if m.said.Notify == nil {
		return
	}
	switch {
	case sig.item != nil || sig.input != nil:
		c.reportAt(m.said.Notify.Pos, badNotify, "%s has a stream, but a notification is one packet: remove //ipc:notify", m.name)
	case len(sig.results) > 0:
		c.reportAt(m.said.Notify.Pos, badNotify, "%s returns more than an error, but nobody waits for a notification: remove the results, or //ipc:notify", m.name)
	}
}

// Retrying is for calls: a stream may have been read in part already.
func (c *checker) fittingSettings(m *method, sig *signature) {
	if m.said.Route == nil || sig.shape() == model.Call {
		return
	}
	if pos, ok := m.said.Route.Args["idempotent"]; ok {
		c.reportAt(pos, unfitSetting, "%s has a stream, which cannot be sent again: remove idempotent", m.name)
	}
}
