package check

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/ipcgen/ipcgen/annotations"
)

// A method is one of a service, its own or of an interface it embeds.
type method struct {
	name string
	fn   *types.Func
	sig  *types.Signature
	// field declares it. It is nil for a method of another package, whose
	// directives do not count.
	field *ast.Field
	said  *annotations.Method // never nil
	// through are the annotated interfaces that declare it or embed it, the
	// outermost first.
	through []*annotations.Interface
	// pos is where mistakes are reported that have no place of their own: the
	// method's name, or where another package's interface is embedded.
	pos token.Pos
}

// at returns where to report a mistake in what is declared at pos.
func (m *method) at(pos token.Pos) token.Pos {
	if m.field == nil {
		return m.pos
	}
	return pos
}

// methodDoc returns the text of m's doc comment.
func (c *checker) methodDoc(m *method) string {
	if m.field == nil {
		return c.MethodDoc(m.fn)
	}
	return m.field.Doc.Text()
}

// methods returns those of the interface that spec declares, in the order of
// the source, embedded ones where they are embedded.
func (c *checker) methods(spec *ast.TypeSpec) []*method {
	l := newLister(c)
	l.declared(spec, c.underlying(spec), spec.Name.Pos())
	return l.methods
}

// underlying returns the interface that spec declares, or nil.
func (c *checker) underlying(spec *ast.TypeSpec) *types.Interface {
	obj := c.Types.Scope().Lookup(spec.Name.Name)
	if obj == nil {
		return nil
	}
	iface, _ := obj.Type().Underlying().(*types.Interface)
	return iface
}

// A lister gathers the methods of one interface.
type lister struct {
	*checker
	methods []*method
	through []*annotations.Interface // that are being listed
	byName  map[string]*method
	specs   map[*ast.TypeSpec]bool    // that were met
	ifaces  map[*types.Interface]bool // the same, of those without a spec
}

func newLister(c *checker) *lister {
	return &lister{
		checker: c,
		byName:  make(map[string]*method),
		specs:   make(map[*ast.TypeSpec]bool),
		ifaces:  make(map[*types.Interface]bool),
	}
}

// declared adds the methods of iface, which spec declares, or an instance of
// it. It stands, embedded or not, at pos.
func (l *lister) declared(spec *ast.TypeSpec, iface *types.Interface, pos token.Pos) {
	if iface == nil || l.specs[spec] {
		return
	}
	l.specs[spec] = true
	if i := l.services[spec]; i != nil {
		l.through = append(l.through, i)
		defer func() { l.through = l.through[:len(l.through)-1] }()
	}
	switch expr := ast.Unparen(spec.Type).(type) {
	case *ast.InterfaceType:
		l.literal(expr, iface)
	case *ast.Ident:
		if other := l.checker.specs[expr.Name]; other != nil {
			l.declared(other, iface, pos)
			return
		}
		l.foreign(iface, pos)
	default:
		l.foreign(iface, pos)
	}
}

// literal adds the methods that are written between the braces of expr.
func (l *lister) literal(expr *ast.InterfaceType, iface *types.Interface) {
	embedded := 0
	for _, field := range expr.Methods.List {
		if len(field.Names) > 0 {
			l.add(field, explicit(iface, field.Names[0].Name))
			continue
		}
		if embedded < iface.NumEmbeddeds() {
			l.embedded(iface.EmbeddedType(embedded), field)
		}
		embedded++
	}
}

// explicit returns the method of iface, not embedded, that is called name.
func explicit(iface *types.Interface, name string) *types.Func {
	for fn := range iface.ExplicitMethods() {
		if fn.Name() == name {
			return fn
		}
	}
	return nil // the name is taken twice: an error of the type checker
}

// embedded adds the methods of t, which field embeds.
func (l *lister) embedded(t types.Type, field *ast.Field) {
	iface, ok := t.Underlying().(*types.Interface)
	if !ok {
		l.reportTypeErrors(field.Pos(), field.End())
		return
	}
	if expr, ok := ast.Unparen(field.Type).(*ast.InterfaceType); ok {
		l.literal(expr, iface)
		return
	}
	named, ok := types.Unalias(t).(*types.Named)
	if ok && named.Obj().Pkg() == l.Types && l.checker.specs[named.Obj().Name()] != nil {
		l.declared(l.checker.specs[named.Obj().Name()], iface, field.Pos())
		return
	}
	l.foreign(iface, field.Pos())
}

// foreign adds the methods of an interface of another package, whose source may
// be out of reach. All that is known of their order is their positions.
func (l *lister) foreign(iface *types.Interface, pos token.Pos) {
	if l.ifaces[iface] {
		return
	}
	l.ifaces[iface] = true
	explicit := slices.SortedFunc(iface.ExplicitMethods(), func(a, b *types.Func) int {
		return cmp.Or(comparePositions(l.Fset.Position(a.Pos()), l.Fset.Position(b.Pos())), cmp.Compare(a.Name(), b.Name()))
	})
	for _, fn := range explicit {
		l.addMethod(&method{fn: fn, said: new(annotations.Method), pos: pos})
	}
	for t := range iface.EmbeddedTypes() {
		if embedded, ok := t.Underlying().(*types.Interface); ok {
			l.foreign(embedded, pos)
		}
	}
}

func (l *lister) add(field *ast.Field, fn *types.Func) {
	if fn == nil {
		return
	}
	said := l.said[field]
	if said == nil {
		said = new(annotations.Method)
	}
	l.addMethod(&method{fn: fn, field: field, said: said, pos: field.Pos()})
}

// addMethod adds m unless an identical one came before: embedded interfaces
// may overlap.
func (l *lister) addMethod(m *method) {
	m.name = m.fn.Name()
	m.sig = m.fn.Signature()
	m.through = slices.Clone(l.through)
	first, known := l.byName[m.fn.Id()]
	if !known {
		l.byName[m.fn.Id()] = m
		l.methods = append(l.methods, m)
		return
	}
	switch {
	case m.field == nil || m.field == first.field:
	case l.reportTypeErrors(m.field.Pos(), m.field.End()): // it is not identical
	case l.said[m.field] != nil:
		l.report(m.pos, duplicateMethod, "%s is declared at %s already, and what is said of it there holds: move the directives",
			m.name, near(l.Fset.Position(first.pos)))
	}
}

func comparePositions(a, b token.Position) int {
	return cmp.Or(
		cmp.Compare(a.Filename, b.Filename),
		cmp.Compare(a.Line, b.Line),
		cmp.Compare(a.Column, b.Column),
	)
}
