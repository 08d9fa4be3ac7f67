package check

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ipcgen/ipcgen/annotations"
	"github.com/ipcgen/ipcgen/gen/model"
)

// What peers tell is bounded, and the names under "peer." are who they are.
const (
	mostFields   = 64
	identityName = "peer."
	queryPath    = "github.com/ipcgen/ipcgen/runtime/query"
)

// A metadataRule holds a struct of metadata against one rule. It says whether it
// makes sense to go on with the fields.
type metadataRule func(*checker, *annotations.Metadata) bool

var metadataRules = []metadataRule{
	(*checker).isMetadataDeclaredOnce,
	(*checker).isStructItself,
	(*checker).isDefiniteStruct,
	(*checker).isStructForEveryBuild,
}

// metadata adds the struct m, if it breaks no rule.
func (c *checker) metadata(m *annotations.Metadata) {
	for _, rule := range metadataRules {
		if !rule(c, m) {
			return
		}
	}
	data := &model.Metadata{Pos: c.Fset.Position(m.Spec.Name.Pos()), GoName: m.Spec.Name.Name}
	s := c.Types.Scope().Lookup(data.GoName).Type().Underlying().(*types.Struct)
	for i := range s.NumFields() {
		if field, ok := c.metadataField(m.Spec, s, i); ok {
			c.fieldNameOnce(m.Spec, s.Field(i), data, field)
			data.Fields = append(data.Fields, field)
		}
	}
	c.fieldCount(m.Spec, s, data)
	c.model.Metadata = append(c.model.Metadata, data)
}

func (c *checker) isMetadataDeclaredOnce(m *annotations.Metadata) bool {
	obj := c.Types.Scope().Lookup(m.Spec.Name.Name)
	if obj != nil && obj.Pos() == m.Spec.Name.Pos() {
		return true
	}
	c.reportTypeErrors(m.Spec.Pos(), m.Spec.End())
	return false
}

func (c *checker) isStructItself(m *annotations.Metadata) bool {
	name := m.Spec.Name
	t := c.Types.Scope().Lookup(name.Name).Type()
	switch {
	case m.Spec.Assign.IsValid():
		c.report(name.Pos(), notAStruct, "%s is only another name of %s: put //ipc:metadata on the struct itself", name.Name, c.typeString(types.Unalias(t)))
	case isStruct(t):
		return true
	case c.reportTypeErrors(m.Spec.Pos(), m.Spec.End()):
	default:
		c.report(name.Pos(), notAStruct, "%s is declared as %s, which is no struct: metadata is the fields of one", name.Name, c.typeString(t.Underlying()))
	}
	return false
}

func (c *checker) isDefiniteStruct(m *annotations.Metadata) bool {
	if m.Spec.TypeParams == nil {
		return true
	}
	c.report(m.Spec.TypeParams.Pos(), genericStruct, "%s has type parameters, but what peers tell has definite types: remove them", m.Spec.Name.Name)
	return false
}

func (c *checker) isStructForEveryBuild(m *annotations.Metadata) bool {
	for _, file := range c.Syntax() {
		if file.FileStart <= m.Spec.Pos() && m.Spec.Pos() < file.FileEnd {
			c.refuseConstrained(m.Spec.Name, file)
		}
	}
	return true
}

// metadataField returns field i of s, if it is one that peers tell and breaks no rule.
func (c *checker) metadataField(spec *ast.TypeSpec, s *types.Struct, i int) (field model.MetadataField, ok bool) {
	v, tag := s.Field(i), metadataTag(s, i)
	if tag == "-" || !v.Exported() && !v.Embedded() {
		return field, false
	}
	at, path := c.fieldPos(spec, v), spec.Name.Name+"."+v.Name()
	if v.Embedded() {
		c.report(at, unsupportedType, "%s is embedded, but metadata is flat: give the field a name and a simple type, or list its fields here", path)
		return field, false
	}
	name, options, _ := strings.Cut(tag, ",")
	if options != "" {
		c.report(at, unfitSetting, "the tag of %s says %s, which metadata does not know: remove it, or make the field a pointer, which is left out when it is nil", path, options)
		return field, false
	}
	field, reason := c.metadataValue(v)
	if reason != "" {
		c.report(at, unsupportedType, "%s is %s", path, reason)
		return field, false
	}
	field.GoName, field.Name = v.Name(), cmp.Or(name, v.Name())
	if reason := unfitFieldName(field.Name); reason != "" {
		c.report(at, malformedName, "%s is called %q, %s: give it another by a tag like `json:\"name\"`", path, field.Name, reason)
		return field, false
	}
	if why := c.inaccessible(v.Type()); why != "" {
		c.report(at, inaccessibleType, "%s mentions %s: use a type that can be named here", path, why)
		return field, false
	}
	return field, true
}

// metadataTag returns what the tag of field i says, as for the fields of arguments.
func metadataTag(s *types.Struct, i int) string {
	tag := reflect.StructTag(s.Tag(i))
	return cmp.Or(tag.Get("cbor"), tag.Get("json"))
}

// fieldPos returns where a field is declared: the fields of another package's
// struct are reported where it was named.
func (c *checker) fieldPos(spec *ast.TypeSpec, v *types.Var) token.Pos {
	if v.Pkg() != c.Types || !v.Pos().IsValid() {
		return spec.Name.Pos()
	}
	return v.Pos()
}

// metadataValue says what a field holds, or why it cannot, which goes on after "is".
func (c *checker) metadataValue(v *types.Var) (field model.MetadataField, reason string) {
	t := v.Type()
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		field.Optional, t = true, pointer.Elem()
	}
	field.Value = t
	if slice, ok := t.Underlying().(*types.Slice); ok && !field.Optional {
		_, plain := types.Unalias(t).(*types.Slice)
		field.Value, field.Named = slice.Elem(), !plain
		if _, ok := scalarKind(field.Value); ok && !isByte(field.Value) {
			field.Kind = model.List
			return field, ""
		}
	}
	kind, ok := scalarKind(field.Value)
	if ok && !field.Named && t == field.Value {
		field.Kind = kind
		return field, ""
	}
	return field, c.noMetadata(v)
}

func scalarKind(t types.Type) (model.MetadataKind, bool) {
	if named, ok := types.Unalias(t).(*types.Named); ok && named.Obj().Pkg() != nil &&
		named.Obj().Pkg().Path() == queryPath && named.Obj().Name() == "Version" {
		return model.Release, true
	}
	basic, ok := t.Underlying().(*types.Basic)
	if !ok {
		return 0, false
	}
	switch info := basic.Info(); {
	case info&types.IsString != 0:
		return model.Text, true
	case info&types.IsBoolean != 0:
		return model.Flag, true
	case info&(types.IsInteger|types.IsFloat) != 0:
		return model.Number, true
	}
	return 0, false
}

func isByte(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Kind() == types.Uint8
}

// noMetadata says why a field cannot be told, and the way out.
func (c *checker) noMetadata(v *types.Var) string {
	t := v.Type()
	name := c.typeString(t)
	if found := c.uncarried(t); len(found) > 0 && found[0].reason == "" {
		return "of a type that Go does not understand: " + c.cause(v.Pos())
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		if _, list := u.Elem().Underlying().(*types.Slice); list {
			return name + ", but a list may be empty without a pointer: remove the *"
		}
		if _, pointer := types.Unalias(t).(*types.Pointer); !pointer {
			return name + ", a pointer with a name: write the * here"
		}
	case *types.Slice:
		if isByte(u.Elem()) {
			return name + ", but metadata has no bytes: use a string"
		}
	case *types.Array:
		return name + ", but a list of metadata has no fixed length: use a slice"
	}
	if isStd(pointedTo(t), "time", "Time") {
		return name + ", but metadata has no times: use an integer, or a string, which order as times do"
	}
	return fmt.Sprintf("%s, which metadata does not hold: use a string, an integer, a float, a bool, a query.Version, or a slice of these", name)
}

// unfitFieldName says why queries cannot call a field so, in words that go on after
// its name.
func unfitFieldName(name string) string {
	switch {
	case strings.HasPrefix(name, identityName):
		return "but names that begin with " + identityName + " are the peer's identity"
	case len(name) > longestName:
		return fmt.Sprintf("of %d bytes, but metadata allows %d", len(name), longestName)
	}
	for _, r := range name {
		if r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.:/-", r) {
			return "but metadata allows A-Z a-z 0-9 _ . : / -"
		}
	}
	return ""
}

func (c *checker) fieldNameOnce(spec *ast.TypeSpec, v *types.Var, data *model.Metadata, field model.MetadataField) {
	for _, other := range data.Fields {
		if other.Name == field.Name {
			c.report(c.fieldPos(spec, v), nameTaken, "%s.%s is called %s as %s is: give one another by a tag", data.GoName, field.GoName, field.Name, other.GoName)
		}
	}
}

// fieldCount refuses a struct with nothing to tell, or more than is allowed. If a field was
// refused, that was the mistake.
func (c *checker) fieldCount(spec *ast.TypeSpec, s *types.Struct, data *model.Metadata) {
	told := 0
	for i := range s.NumFields() {
		if s.Field(i).Embedded() || s.Field(i).Exported() && metadataTag(s, i) != "-" {
			told++
		}
	}
	switch {
	case told == 0:
		c.report(spec.Name.Pos(), noFields, "%s has no exported field, so there is nothing to tell: export one, or remove //ipc:metadata", data.GoName)
	case told > mostFields:
		c.report(spec.Name.Pos(), tooManyFields, "%s has %d fields, but metadata allows %d: tell less", data.GoName, told, mostFields)
	}
}
