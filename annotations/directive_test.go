package annotations

import (
	"go/ast"
	"go/format"
	"go/token"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// plain compares what directives say, leaving out where.
var plain = cmp.Options{
	cmpopts.IgnoreTypes(token.Position{}, map[string]token.Position{}, &ast.Field{}),
	cmpopts.IgnoreFields(Allow{}, "Expr"),
}

// read returns what the directives in src say, which has no mistakes.
func read(t *testing.T, src string) *Package {
	t.Helper()
	pkg, problems := parse(t, map[string]string{"a.go": "package a\n\n" + src})
	for _, p := range problems {
		t.Error(p)
	}
	if t.Failed() {
		t.FailNow()
	}
	return pkg
}

func TestMethods(t *testing.T) {
	tests := []struct {
		directives string
		want       Method
	}{
		{`//ipc:route`, Method{Route: &Route{}}},
		{`//ipc:route name=Other`, Method{Route: &Route{Name: "Other"}}},
		{`//ipc:route timeout=1m30s`, Method{Route: &Route{Timeout: 90 * time.Second}}},
		{`//ipc:route idempotent public`, Method{Route: &Route{Idempotent: true, Public: true}}},
		{`//ipc:route alias=a.b,c:d/e alias=f-g`, Method{Route: &Route{Aliases: []string{"a.b", "c:d/e", "f-g"}}}},
		{`//ipc:route deprecated=soon`, Method{Route: &Route{Deprecated: "soon"}}},
		{`//ipc:route "deprecated=use \"B\" = C"`, Method{Route: &Route{Deprecated: `use "B" = C`}}},
		{"//ipc:route `deprecated=use \"B\"` public", Method{Route: &Route{Deprecated: `use "B"`, Public: true}}},
		{`//ipc:notify`, Method{Notify: &Notify{}}},
		{"//ipc:notify\n//ipc:route public name=N", Method{Notify: &Notify{}, Route: &Route{Public: true, Name: "N"}}},
		{`//ipc:limit 100/1s`, Method{Limit: &Limit{Count: 100, Period: time.Second}}},
		{`//ipc:limit 1/1h30m  disconnect`, Method{Limit: &Limit{Count: 1, Period: 90 * time.Minute, Disconnect: true}}},
		{`//ipc:allow name != ""`, Method{Allow: []*Allow{{Source: `name != ""`}}}},
		{"//ipc:allow a\n//ipc:allow (b || c) // or d", Method{Allow: []*Allow{{Source: "a"}, {Source: "(b || c)"}}}},
	}
	for _, tt := range tests {
		t.Run(tt.directives, func(t *testing.T) {
			pkg := read(t, "//ipc:service\ntype S interface {\n// M does it.\n//\n"+tt.directives+"\nM()\nN()\n}")
			s := pkg.Interfaces[0]
			if len(s.Methods) != 1 {
				t.Fatalf("%d methods have directives, want 1", len(s.Methods))
			}
			if diff := cmp.Diff(tt.want, *s.Methods[s.Type.Methods.List[0]], plain); diff != "" {
				t.Errorf("method (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInterfaces(t *testing.T) {
	tests := []struct {
		name, src string
		want      Interface
	}{
		{"service", "//ipc:service\ntype S interface{}", Interface{Service: &Service{}}},
		{"name", "//ipc:service name=a:b/c-d_e\ntype S interface{}", Interface{Service: &Service{Name: "a:b/c-d_e"}}},
		{"bare", "//ipc:service bare\ntype S interface{}", Interface{Service: &Service{Bare: true}}},
		{"group", "type (\n//ipc:service\nS interface{}\nT struct{}\n)", Interface{Service: &Service{}}},
		{"alias of a literal", "//ipc:service\ntype S = (interface{})", Interface{Service: &Service{}}},
		{"generic", "//ipc:service\ntype S[T any] interface{}", Interface{Service: &Service{}}},
		{"events", "//ipc:events topic=room.{room}.x:y\ntype S interface{}", Interface{Events: &Events{Topic: Topic{
			Source: "room.{room}.x:y",
			Words:  []Word{{Literal: "room"}, {Param: "room"}, {Literal: "x:y"}},
		}}}},
		{"guards", "//ipc:limit 1/1s\n//ipc:service\n//ipc:allow a\n//ipc:allow b\ntype S interface{}", Interface{
			Service: &Service{},
			Limit:   &Limit{Count: 1, Period: time.Second},
			Allow:   []*Allow{{Source: "a"}, {Source: "b"}},
		}},
		{"to embed", "type S interface {\n//ipc:notify\nM() error\n}", Interface{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := read(t, tt.src).Interfaces[0]
			if got.File == nil || got.Decl == nil || got.Spec.Name.Name != "S" || got.Type == nil {
				t.Fatalf("incomplete: %+v", got)
			}
			elsewhere := cmpopts.IgnoreFields(Interface{}, "File", "Decl", "Spec", "Type", "Methods")
			if diff := cmp.Diff(tt.want, *got, plain, elsewhere); diff != "" {
				t.Errorf("interface (-want +got):\n%s", diff)
			}
		})
	}
}

// Only the type checker knows whether these are interfaces.
func TestInterfacesByAnotherName(t *testing.T) {
	for _, typ := range []string{"B", "= B", "b.B", "= G[int]", "b.G[int, string]", "(B)"} {
		got := read(t, "//ipc:service\ntype A "+typ).Interfaces[0]
		if got.Type != nil || got.Service == nil {
			t.Errorf("type A %s: got %+v, want a service without an interface type", typ, got)
		}
	}
}

func TestErrors(t *testing.T) {
	pkg := read(t, `
//ipc:error a
var A error

//ipc:error b
type B struct{}

var (
	//ipc:error c:d-e
	C error

	// D is an error.
	//
	//ipc:error d
	D error
)

//ipc:error number
type Number int

//ipc:error alias
type Alias = Number
`[1:])
	var got []string
	for _, e := range pkg.Errors {
		of := "var "
		if e.IsType {
			of = "type "
		}
		got = append(got, of+e.Name.Name+" "+e.Code)
	}
	want := []string{"var A a", "type B b", "var C c:d-e", "var D d", "type Number number", "type Alias alias"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

func TestMetadata(t *testing.T) {
	pkg := read(t, "//ipc:metadata\ntype A struct{}\n\n//ipc:metadata\ntype B A")
	if len(pkg.Metadata) != 2 || pkg.Metadata[0].Spec.Name.Name != "A" || pkg.Metadata[1].Spec.Name.Name != "B" {
		t.Errorf("got %+v, want A and B", pkg.Metadata)
	}
}

// Every position in what is read leads back to the words in the source.
func TestPositions(t *testing.T) {
	src := `
//ipc:service
//ipc:allow  peer.Name == owner
//ipc:limit  5/1m
type S interface {
	//ipc:route  public "deprecated=soon"  alias=a alias=b
	//ipc:notify
	M()
}

//ipc:events topic=room.{room}
type E interface{}

//ipc:error  gone
var Err error

//ipc:metadata
type T struct{}
`
	pkg := read(t, src)
	s, e := pkg.Interfaces[0], pkg.Interfaces[1]
	m := s.Methods[s.Type.Methods.List[0]]
	words := map[string]token.Position{
		"//ipc:service":  s.Service.Pos,
		"peer.Name ==":   s.Allow[0].Pos,
		"5/1m":           s.Limit.Pos,
		"//ipc:route":    m.Route.Pos,
		"public":         m.Route.Args["public"],
		`"deprecated`:    m.Route.Args["deprecated"],
		"alias=a":        m.Route.Args["alias"],
		"//ipc:notify":   m.Notify.Pos,
		"//ipc:events":   e.Events.Pos,
		"room.{":         e.Events.Topic.Words[0].Pos,
		"{room}":         e.Events.Topic.Words[1].Pos,
		"gone":           pkg.Errors[0].Pos,
		"//ipc:metadata": pkg.Metadata[0].Pos,
	}
	for word, pos := range words {
		if at := ("package a\n\n" + src)[pos.Offset:]; !strings.HasPrefix(at, word) {
			t.Errorf("%v: got %.20q, want %q", pos, at, word)
		}
	}
}

// The parts of a condition can be found in the source as well.
func TestConditionPositions(t *testing.T) {
	fset, files := parseFiles(t, map[string]string{"a.go": "package a\n\n//ipc:service\n//ipc:allow a.Bc == de(f)\ntype S interface{}"})
	pkg, _ := Parse(fset, files)
	var columns []int
	for n := range ast.Preorder(pkg.Interfaces[0].Allow[0].Expr) {
		if id, ok := n.(*ast.Ident); ok {
			columns = append(columns, fset.Position(id.Pos()).Column)
		}
	}
	if want := []int{13, 15, 21, 24}; !slices.Equal(columns, want) {
		t.Errorf("identifiers at columns %v, want %v", columns, want)
	}
}

// gofmt moves directives, but neither makes nor breaks one.
func TestFormatted(t *testing.T) {
	src := "package a\n\n//ipc:service name=N\n// S serves.\ntype S interface{\n//ipc:notify\n// M is told.\nM() error\n}\n"
	formatted, err := format.Source([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	before, _ := parse(t, map[string]string{"a.go": src})
	after, problems := parse(t, map[string]string{"a.go": string(formatted)})
	if len(problems) > 0 || len(after.Interfaces[0].Methods) != 1 {
		t.Fatalf("got %v of\n%s", problems, formatted)
	}
	if diff := cmp.Diff(before.Interfaces[0].Service, after.Interfaces[0].Service, plain); diff != "" {
		t.Errorf("service (-before +after gofmt):\n%s", diff)
	}
}

func TestClosest(t *testing.T) {
	tests := []struct{ word, want string }{
		{"nofity", "notify"},
		{"Route", "route"},
		{"rotue", "route"},
		{"event", "events"},
		{"meta-data", "metadata"},
		{"the", ""},
		{"package", ""},
		{"", ""},
		{strings.Repeat("x", 1000), ""},
	}
	for _, tt := range tests {
		if got, _ := Closest(tt.word, directives); got != tt.want {
			t.Errorf("Closest(%.20q) = %q, want %q", tt.word, got, tt.want)
		}
	}
}
