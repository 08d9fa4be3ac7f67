package annotations

import (
	"go/ast"
	"go/token"
	"slices"
)

// A kind is what a directive may stand on, in the words of the messages.
type kind string

const (
	anInterface  kind = "an interface"
	aMethod      kind = "a method of an interface"
	anEmbedded   kind = "an embedded interface"
	aStruct      kind = "a struct type"
	aField       kind = "a field of a struct"
	aRenamedType kind = "a type declared by the name of another"
	aType        kind = "a type that is neither a struct nor an interface"
	aVariable    kind = "a variable"
	variables    kind = "several variables at once"
	aConstant    kind = "a constant"
	anImport     kind = "an import"
	aFunction    kind = "a function"
	aBlank       kind = "the blank name _"
	aGroup       kind = "a group in parentheses"
	aClause      kind = "the package clause"
)

// A place is a declaration whose doc comment may hold directives.
type place struct {
	kind kind
	// given holds the directives that stand here; of several the first.
	given map[string]token.Pos

	name *ast.Ident // of a type or a variable
	spec *ast.TypeSpec
	decl *ast.GenDecl
	file *ast.File

	parent *place     // of a method: its interface
	field  *ast.Field // of a method
	iface  *Interface // of an interface, once a directive stands in it
}

// takes says whether directive may stand on p; on nothing, which is nil, none may.
func (p *place) takes(directive string) bool {
	return p != nil && slices.Contains(vocabulary[directive].on, p.kind)
}

func (p *place) give(d ast.Directive) {
	if p.given == nil {
		p.given = make(map[string]token.Pos)
	}
	if !p.given[d.Name].IsValid() {
		p.given[d.Name] = d.Slash
	}
}

// places finds a place by the doc comment that stands on it.
type places map[*ast.CommentGroup]*place

// placesOf returns the places of the declarations in file. What is declared
// inside a function or inside a type without a name is no place.
func placesOf(file *ast.File) places {
	ps := make(places)
	ps.add(file.Doc, &place{kind: aClause})
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			ps.add(decl.Doc, &place{kind: aFunction})
		case *ast.GenDecl:
			ps.addDecl(decl, file)
		}
	}
	return ps
}

func (ps places) add(doc *ast.CommentGroup, p *place) {
	if doc != nil {
		ps[doc] = p
	}
}

// addDecl adds what decl declares. The doc comment of a declaration without
// parentheses stands on the one spec in it.
func (ps places) addDecl(decl *ast.GenDecl, file *ast.File) {
	if decl.Lparen.IsValid() {
		ps.add(decl.Doc, &place{kind: aGroup})
	}
	for _, spec := range decl.Specs {
		doc := decl.Doc
		if decl.Lparen.IsValid() {
			doc = docOf(spec)
		}
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			ps.addType(doc, &place{name: spec.Name, spec: spec, decl: decl, file: file})
		case *ast.ValueSpec:
			ps.add(doc, valuePlace(decl.Tok, spec))
		case *ast.ImportSpec:
			ps.add(doc, &place{kind: anImport})
		}
	}
}

func docOf(spec ast.Spec) *ast.CommentGroup {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		return spec.Doc
	case *ast.ValueSpec:
		return spec.Doc
	case *ast.ImportSpec:
		return spec.Doc
	}
	return nil
}

func valuePlace(tok token.Token, spec *ast.ValueSpec) *place {
	p := &place{kind: aVariable, name: spec.Names[0]}
	switch {
	case tok == token.CONST:
		p.kind = aConstant
	case len(spec.Names) > 1:
		p.kind = variables
	case p.name.Name == "_":
		p.kind = aBlank
	}
	return p
}

// addType adds p, a type, and the methods or fields in it.
func (ps places) addType(doc *ast.CommentGroup, p *place) {
	ps.add(doc, p)
	switch typ := ast.Unparen(p.spec.Type).(type) {
	case *ast.InterfaceType:
		p.kind = anInterface
		ps.addMethods(typ, p)
	case *ast.StructType:
		p.kind = aStruct
		for _, f := range typ.Fields.List {
			ps.add(f.Doc, &place{kind: aField})
		}
	case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr, *ast.IndexListExpr:
		p.kind = aRenamedType
	default:
		p.kind = aType
	}
	if p.name.Name == "_" {
		p.kind = aBlank
	}
}

func (ps places) addMethods(typ *ast.InterfaceType, parent *place) {
	for _, f := range typ.Methods.List {
		if len(f.Names) == 0 {
			ps.add(f.Doc, &place{kind: anEmbedded})
			continue
		}
		ps.add(f.Doc, &place{kind: aMethod, parent: parent, field: f})
	}
}
