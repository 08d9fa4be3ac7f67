package annotations

import "go/ast"

// readError reads //ipc:error CODE. One directive is one code, so it stands on
// one name: of a variable alone in its spec, or of a type.
func (r *reader) readError(p *place, d ast.Directive) {
	args := r.arguments(d)
	if d.Args == "" {
		r.report(d.Slash, missingArgument, "//ipc:error needs a code: write one like //ipc:error not_found")
	}
	if len(args) == 0 {
		return
	}
	if len(args) > 1 {
		r.report(args[1].pos, unknownArgument, "//ipc:error takes one code: remove %s", args[1].text)
	}
	code := args[0]
	if !r.isPart(code.text, code.pos, "the code of an error") {
		return
	}
	r.pkg.Errors = append(r.pkg.Errors, &Error{
		Pos:    r.fset.Position(code.pos),
		Code:   code.text,
		Name:   p.name,
		IsType: p.spec != nil,
	})
}

func (r *reader) readMetadata(p *place, d ast.Directive) {
	r.pkg.Metadata = append(r.pkg.Metadata, &Metadata{Pos: r.fset.Position(d.Slash), Spec: p.spec})
	r.noArguments(d)
}
