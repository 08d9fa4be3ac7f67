package golang

import "github.com/dave/jennifer/jen"

// results are the structs of the routes of s that have several results.
func (f *file) results(s *service) []*jen.Statement {
	var all []*jen.Statement
	for _, r := range s.routes {
		if r.results != nil {
			doc := r.results.name + " is the result of [" + s.GoName + "." + r.GoName + "]."
			all = append(all, documented(doc, f.structType(r.results)))
		}
	}
	return all
}

// arguments are the structs of the arguments of the routes of s, and how they
// and several results cross.
func (f *file) arguments(s *service) []*jen.Statement {
	var all []*jen.Statement
	for _, r := range s.routes {
		if !s.HasEvents() { // events show theirs
			all = append(all, f.structType(r.args))
		}
		all = append(all, f.codec(r.args)...)
		if r.results != nil {
			all = append(all, f.codec(r.results)...)
		}
	}
	return all
}

// structType is
//
//	type greeterHelloArgs struct {
//		Name string `json:"name"`
//	}
func (f *file) structType(r *record) *jen.Statement {
	var fields []jen.Code
	for _, m := range r.members {
		fields = append(fields, jen.Id(m.name).Id(f.typ(m.coding.typ)).Tag(map[string]string{"json": m.wire}))
	}
	return jen.Type().Id(r.name).Struct(fields...)
}
