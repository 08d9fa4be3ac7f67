package load

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
)

// Parse parses the files that Mentions is about and those compiled with them,
// with comments. It returns the mistakes in their syntax; in excluded files,
// which nobody compiles here, those are tolerated.
func (p *Package) Parse() scanner.ErrorList {
	var mistakes scanner.ErrorList
	for _, f := range p.Files {
		mistakes = append(mistakes, f.parse(p.prog, parser.ParseComments)...)
	}
	for _, f := range p.Tests {
		mistakes = append(mistakes, f.parse(p.prog, parser.ParseComments)...)
	}
	for _, f := range p.External {
		if f.Mentions {
			mistakes = append(mistakes, f.parse(p.prog, parser.ParseComments)...)
		}
	}
	for _, f := range p.Excluded {
		f.parse(p.prog, parser.ParseComments)
	}
	p.name()
	return append(mistakes, p.strangers()...)
}

// parse fills f.Syntax, once.
func (f *File) parse(prog *Program, mode parser.Mode) scanner.ErrorList {
	if f.Syntax != nil {
		return nil
	}
	var mistakes scanner.ErrorList
	text, err := prog.texts.read(f.Path)
	if err != nil {
		mistakes.Add(prog.Fset.Position(0), err.Error())
		return mistakes
	}
	file, err := parser.ParseFile(prog.Fset, f.Path, text, mode|parser.SkipObjectResolution)
	f.Syntax = file
	if err != nil && !errors.As(err, &mistakes) {
		mistakes.Add(prog.Fset.Position(0), err.Error())
	}
	if len(mistakes) > 0 && output(f.Path) {
		mistakes = mistakes[:1]
		mistakes[0].Msg += ": if ipcgen wrote this file, delete it and run go generate again"
	}
	return mistakes
}

// name sets Name by the files. What go list says may come from a stale file of
// ours.
func (p *Package) name() {
	for _, file := range append(syntax(p.Files), syntax(p.Tests)...) {
		if file.Name.Name != "" {
			p.Name = file.Name.Name
			return
		}
	}
}

// strangers returns the files whose package clause differs from the first's. A
// file without one has its syntax error already.
func (p *Package) strangers() scanner.ErrorList {
	var mistakes scanner.ErrorList
	for _, file := range append(syntax(p.Files), syntax(p.Tests)...) {
		if name := file.Name.Name; name != "" && name != p.Name {
			mistakes.Add(p.prog.Fset.Position(file.Name.Pos()),
				fmt.Sprintf("package %s in the directory of package %s", name, p.Name))
		}
	}
	return mistakes
}

// Syntax returns the parsed files that make up p: the base's and what was
// added to it come first.
func (p *Package) Syntax() []*ast.File {
	var files []*ast.File
	if p.base != nil {
		files = append(p.base.Syntax(), p.base.added...)
	}
	return append(files, syntax(p.Files)...)
}

func syntax(files []*File) []*ast.File {
	var out []*ast.File
	for _, f := range files {
		if f.Syntax != nil {
			out = append(out, f.Syntax)
		}
	}
	return out
}

// MethodDoc returns the text of the doc comment of fn, a method of an interface
// of another package in p's module. Of other modules it returns none, though
// they may be at hand: the same sources shall give the same output in every
// workspace.
func (p *Package) MethodDoc(fn *types.Func) string {
	if fn.Pkg() == nil {
		return ""
	}
	q := p.prog.sources[fn.Pkg().Path()]
	if q == nil || p.listed.Module == nil || q.listed.Module == nil || p.listed.Module.Dir != q.listed.Module.Dir {
		return ""
	}
	pos := fn.Origin().Pos()
	var doc *ast.CommentGroup
	for _, file := range syntax(q.Files) {
		if pos < file.FileStart || file.FileEnd <= pos {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if field, ok := n.(*ast.Field); ok && len(field.Names) > 0 && field.Names[0].Pos() == pos {
				doc = field.Doc
			}
			return doc == nil
		})
	}
	return doc.Text()
}

// Reserved returns what p declares, for other builds or for its tests, in files
// that are not in Types.
func (p *Package) Reserved() map[string]token.Pos {
	owner, files := p, p.Tests
	if p.Test {
		owner, files = p.base, nil
	}
	names := make(map[string]token.Pos)
	for _, file := range append(syntax(owner.Excluded), syntax(files)...) {
		if file.Name.Name == p.Name {
			declarations(file, names)
		}
	}
	return names
}

// declarations adds the names that file declares for its package.
func declarations(file *ast.File, names map[string]token.Pos) {
	add := func(ids ...*ast.Ident) {
		for _, id := range ids {
			names[id.Name] = id.Pos()
		}
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil {
				add(decl.Name)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					add(spec.Name)
				case *ast.ValueSpec:
					add(spec.Names...)
				}
			}
		}
	}
}
