package check

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"

	"github.com/ipcgen/ipcgen/annotations"
	"github.com/ipcgen/ipcgen/gen/load"
	"github.com/ipcgen/ipcgen/gen/model"
)

// A Source is a type-checked package and what its directives say.
type Source struct {
	*load.Package
	Fset *token.FileSet
	Said *annotations.Package
	// Base is, for the variant with test files, what the directives of the
	// other files say: its interfaces may embed theirs.
	Base *annotations.Package
}

// Package holds src against every rule, fills the model of what is annotated
// in it and returns all mistakes, sorted. The model holds only if there is none.
func Package(src Source) (*model.Package, []annotations.Problem) {
	c := newChecker(src)
	for _, rule := range packageRules {
		rule(c)
	}
	for _, i := range src.Said.Interfaces {
		switch {
		case i.Service != nil:
			c.service(i)
		case i.Events != nil:
			c.events(i)
		}
	}
	for _, e := range src.Said.Errors {
		c.errorCode(e)
	}
	for _, m := range src.Said.Metadata {
		c.metadata(m)
	}
	c.inOrder()
	c.names()
	annotations.Sort(c.problems)
	return c.model, slices.Compact(c.problems)
}

// A checker holds one package against the rules.
type checker struct {
	Source
	model *model.Package
	// reserved are names that the package declares outside of Types.
	reserved map[string]token.Pos
	// specs are the types that the package declares, by name.
	specs map[string]*ast.TypeSpec
	// said is what is said of methods, by their fields.
	said map[*ast.Field]*annotations.Method
	// services are the annotated interfaces, by what declares them.
	services map[*ast.TypeSpec]*annotations.Interface
	// guarded are the guards of services, and scopes those of conditions.
	guarded map[*annotations.Interface]*model.Guard
	scopes  map[*annotations.Allow]*types.Scope
	// parameters are the names of those of the service that is looked at.
	parameters map[string]bool
	// carried remembers the named types found to cross, by identity.
	carried map[types.Type]bool
	// uncarriable are those in which flaws were found while looking at one type.
	uncarriable map[types.Type]bool
	problems    []annotations.Problem
}

func newChecker(src Source) *checker {
	c := &checker{
		Source: src,
		model: &model.Package{
			Name: src.Name, Path: src.Path, Dir: src.Dir, Test: src.Test, Types: src.Types,
		},
		reserved:    src.Reserved(),
		specs:       make(map[string]*ast.TypeSpec),
		said:        make(map[*ast.Field]*annotations.Method),
		services:    make(map[*ast.TypeSpec]*annotations.Interface),
		guarded:     make(map[*annotations.Interface]*model.Guard),
		scopes:      make(map[*annotations.Allow]*types.Scope),
		carried:     make(map[types.Type]bool),
		uncarriable: make(map[types.Type]bool),
	}
	c.model.Reserved = slices.Sorted(maps.Keys(c.reserved))
	for _, file := range src.Syntax() {
		c.addSpecs(file)
	}
	for _, said := range []*annotations.Package{src.Base, src.Said} {
		c.addSaid(said)
	}
	return c
}

func (c *checker) addSpecs(file *ast.File) {
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.TYPE {
			continue
		}
		for _, spec := range gen.Specs {
			spec := spec.(*ast.TypeSpec)
			c.specs[spec.Name.Name] = spec
		}
	}
}

func (c *checker) addSaid(said *annotations.Package) {
	if said == nil {
		return
	}
	for _, i := range said.Interfaces {
		c.services[i.Spec] = i
		for field, m := range i.Methods {
			c.said[field] = m
		}
	}
}

// report adds a mistake that stands at pos.
func (c *checker) report(pos token.Pos, code, format string, args ...any) {
	c.reportAt(c.Fset.Position(pos), code, format, args...)
}

func (c *checker) reportAt(pos token.Position, code, format string, args ...any) {
	c.problems = append(c.problems, annotations.Problem{Pos: pos, Code: code, Message: fmt.Sprintf(format, args...)})
}

// near writes pos for a message about the same package: its directory is known.
func near(pos token.Position) string {
	pos.Filename = filepath.Base(pos.Filename)
	return pos.String()
}

// inOrder sorts the model as the source is, which the directives need not be:
// an interface is known from the first directive in it.
func (c *checker) inOrder() {
	slices.SortFunc(c.model.Services, func(a, b *model.Service) int { return comparePositions(a.Pos, b.Pos) })
	slices.SortFunc(c.model.Errors, func(a, b *model.ErrorCode) int { return comparePositions(a.Pos, b.Pos) })
	slices.SortFunc(c.model.Metadata, func(a, b *model.Metadata) int { return comparePositions(a.Pos, b.Pos) })
}
