package golang

import (
	"go/types"
	"reflect"
	"slices"
	"strings"

	"github.com/ipcgen/ipcgen/gen/model"
)

// record is a struct that is encoded field by field: arguments, several
// results, or a struct of the package.
type record struct {
	name    string // the type as it is written
	codec   string // Message in encodeMessage and decodeMessage
	members []member
}

// member is a field that crosses.
type member struct {
	name   string // of the field
	wire   string
	coding *coding
}

// field returns the field that crosses by that name.
func (r *record) field(wire string) string {
	i := slices.IndexFunc(r.members, func(m member) bool { return m.wire == wire })
	return r.members[i].name
}

// coding is how values of r cross.
func (r *record) coding() *coding { return &coding{record: r} }

// declared returns the record of a struct that the generated file declares.
func (cs *codings) declared(name, hint string, params []model.Param) *record {
	r := &record{name: name, codec: cs.file.names.codec(hint)}
	used := map[string]bool{}
	for _, p := range params {
		field := pick(func(name string) bool { return !used[name] }, exported(p.Wire))
		used[field] = true
		r.members = append(r.members, member{field, p.Wire, cs.of(p.Type, hint+field)})
	}
	return r
}

// record returns the record of the struct type t, or nil if it is left to
// reflection.
func (cs *codings) record(t types.Type, s *types.Struct, hint string) *record {
	key := types.TypeString(types.Unalias(t), nil)
	if r, ok := cs.byType[key]; ok {
		return r
	}
	title, own := cs.title(t, hint)
	if !own || !plain(s) {
		return nil
	}
	r := &record{name: cs.file.typ(t), codec: cs.file.names.codec(title)}
	cs.byType[key] = r // before its members: it may be one of them, further down
	cs.records = append(cs.records, r)
	for i := range s.NumFields() {
		if field, name := s.Field(i), wireName(s, i); name != "" {
			r.members = append(r.members, member{field.Name(), name, cs.of(field.Type(), title+field.Name())})
		}
	}
	return r
}

// title returns what the functions of the struct type t are named after, and
// whether it is the package's own. The structs of others are left to
// reflection: they may gain a field without this package being generated anew.
func (cs *codings) title(t types.Type, hint string) (string, bool) {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return hint, cs.file.nameable(t)
	}
	title := exported(named.Obj().Name())
	for arg := range named.TypeArgs().Types() {
		name, simple := simpleName(arg)
		if !simple || !cs.file.nameable(arg) {
			return "", false
		}
		title += exported(name)
	}
	return title, named.Obj().Pkg().Path() == cs.file.pkg.Types.Path()
}

// simpleName returns the name of a type argument that is a name and no more.
func simpleName(t types.Type) (name string, simple bool) {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return t.Name(), true
	case *types.Named:
		return t.Obj().Name(), t.TypeArgs().Len() == 0
	default:
		return "", false
	}
}

// plain reports whether a struct can be written out field by field: nothing
// embedded, no options in tags, no name twice.
func plain(s *types.Struct) bool {
	seen := map[string]bool{}
	for i := range s.NumFields() {
		name := wireName(s, i)
		if s.Field(i).Embedded() || strings.Contains(name, ",") || seen[name] || setsOptions(s, i) {
			return false
		}
		seen[name] = name != ""
	}
	return true
}

// wireName returns the name under which field i crosses, options included:
// that of its cbor tag, else of its json tag, else its own. It is empty for
// fields that do not cross.
func wireName(s *types.Struct, i int) string {
	tag := reflect.StructTag(s.Tag(i))
	name := tag.Get("cbor")
	if name == "" {
		name = tag.Get("json")
	}
	switch {
	case !s.Field(i).Exported() || name == "-":
		return ""
	case name == "":
		return s.Field(i).Name()
	default:
		return name
	}
}

// setsOptions reports whether field i is the blank one whose tag says how the
// whole struct is encoded.
func setsOptions(s *types.Struct, i int) bool {
	return s.Field(i).Name() == "_" && reflect.StructTag(s.Tag(i)).Get("cbor") != ""
}

// marshalers are the methods by which types encode themselves. CBOR honours the
// first six, in this order, and JSON the last four; but that is for package
// wire to know, and a type that has any of them is left to it.
var marshalers = []string{
	"MarshalCBOR", "UnmarshalCBOR",
	"MarshalBinary", "UnmarshalBinary",
	"MarshalText", "UnmarshalText",
	"MarshalJSON", "UnmarshalJSON",
}

// marshals reports whether t or *t encodes itself. Times do too, but have a
// helper of their own.
func marshals(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || isTime(t) {
		return false
	}
	for _, name := range marshalers {
		if method, _, _ := types.LookupFieldOrMethod(named, true, named.Obj().Pkg(), name); method != nil {
			return true
		}
	}
	return false
}
