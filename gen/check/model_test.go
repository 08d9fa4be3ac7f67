package check_test

import (
	"fmt"
	"go/ast"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/ipcgen/ipcgen/annotations"
	"github.com/ipcgen/ipcgen/gen/check"
	"github.com/ipcgen/ipcgen/gen/load"
	"github.com/ipcgen/ipcgen/gen/model"
)

// TestModel reads a package that breaks no rule. What breaks one is in
// testdata/gen/err.
func TestModel(t *testing.T) {
	got := describe(read(t, `
-- go.mod --
module example.com/app

go 1.26.0
-- a.go --
package app

import (
	"context"
	"errors"
	"io"
	"iter"

	"example.com/app/base"
)

type (
	// Second is declared first, but known from a directive in a method first.
	Second interface {
		//ipc:route name=b timeout=1m idempotent "deprecated=use Zed" alias=Old.B,Older.B
		Bee(ctx context.Context) error
	}
)

// Greeter greets people.
//
// At length.
//
//ipc:service name=greet
type Greeter interface {
	// Zed comes first.
	Zed(c context.Context, names ...string) (count int, _ error)
	Part
	// Alpha comes after what is embedded.
	//
	//ipc:notify
	Alpha(_ context.Context, n *int) error
	base.Remote
	Paged[Item]
	Down(context.Context) iter.Seq2[Item, error]
	Up(ctx context.Context, label string, in iter.Seq2[[]byte, error]) (int, Items, error)
	Both(ctx context.Context, in Ints) Ints
}

type Part interface {
	// Middle is in the middle.
	//
	//ipc:route timeout=2s
	Middle(ctx context.Context, r base.Alias) (base.Alias, error)
	Zed(c context.Context, names ...string) (count int, _ error)
}

type Paged[T any] interface {
	// Page is generic.
	Page(ctx context.Context, number int) ([]T, error)
}

type (
	Item  struct{ Next *Item }
	Items = []Item
	Ints  = iter.Seq2[int, error]
)

//ipc:service
type Porter interface{ Second }

//ipc:service
type Renamed Porter

//ipc:service
type Far = base.Remote

//ipc:error eof
var EOF = io.EOF

//ipc:error quota
type Quota struct{ Limit int }

func (q *Quota) Error() string { return "quota" }

//ipc:error code
type Code int

func (c Code) Error() string { return "code" }

//ipc:error late
var errLate = errors.New("late")
-- base/base.go --
package base

import "context"

type Alias = struct{ N int }

// Remote is declared in an order of its own.
type Remote interface {
	Zulu(ctx context.Context) error
	// Yank says so to those who embed it, too.
	Yank(ctx context.Context) (_, _ int, _ error)
}
`))
	want := `package app example.com/app
service Greeter greet a.go:25:6 "Greeter greets people.\n\nAt length.\n"
  greet.Zed call(c, names=names []string...) (count=count int) a.go:27:2 "Zed comes first.\n"
  greet.Middle call(ctx, r=r example.com/app/base.Alias) (r1 example.com/app/base.Alias) a.go:44:2 "Middle is in the middle.\n" timeout 2s
  greet.Alpha notify(_, n=n *int) () a.go:32:2 "Alpha comes after what is embedded.\n"
  greet.Zulu call(ctx) () a.go:33:2 ""
  greet.Yank call(ctx) (r1 int, r2 int) a.go:33:2 "Yank says so to those who embed it, too.\n"
  greet.Page call(ctx, number=number int) (r1 []example.com/app.Item) a.go:50:2 "Page is generic.\n"
  greet.Down stream() () stream example.com/app.Item a.go:35:2 ""
  greet.Up upload(ctx, label=label string) input in []byte (r1 int, r2 example.com/app.Items) a.go:36:2 ""
  greet.Both duplex(ctx) input in int () stream int a.go:37:2 ""
service Porter Porter a.go:60:6 ""
  Porter.b call(ctx) () a.go:16:3 "" timeout 1m0s idempotent alias Old.B,Older.B deprecated "use Zed"
service Renamed Renamed a.go:63:6 ""
  Renamed.b call(ctx) () a.go:16:3 "" timeout 1m0s idempotent alias Old.B,Older.B deprecated "use Zed"
service Far Far a.go:66:6 ""
  Far.Zulu call(ctx) () a.go:66:6 ""
  Far.Yank call(ctx) (r1 int, r2 int) a.go:66:6 "Yank says so to those who embed it, too.\n"
error app.eof EOF variable a.go:69:5
error app.quota Quota *example.com/app.Quota a.go:72:6
error app.code Code example.com/app.Code a.go:77:6
error app.late errLate variable a.go:82:5
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("model (-want +got):\n%s", diff)
	}
}

// read returns the model of the package in the root of a module.
func read(t *testing.T, text string) *model.Package {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(text)).Files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	prog, err := load.List(t.Context(), load.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	p := prog.Packages[0]
	var files []*ast.File
	p.Parse()
	for _, f := range p.Files {
		files = append(files, f.Syntax)
	}
	said, problems := annotations.Parse(prog.Fset, files)
	var m *model.Package
	err = prog.Check(t.Context(), prog.Packages, nil, func(p *load.Package) error {
		var more []annotations.Problem
		m, more = check.Package(check.Source{Package: p, Fset: prog.Fset, Said: said})
		problems = append(problems, more...)
		return nil
	})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	return m
}

// describe writes m so that two models can be compared by eye.
func describe(m *model.Package) string {
	var b strings.Builder
	fmt.Fprintln(&b, "package", m.Name, m.Path)
	for _, s := range m.Services {
		fmt.Fprintf(&b, "service %s %s %s %q\n", s.GoName, s.Name, short(s.Pos), s.Doc)
		for _, r := range s.Routes {
			fmt.Fprintf(&b, "  %s %s(%s)%s (%s)%s %s %q%s\n", r.Name, shapes[r.Shape], arguments(r), sequence(" input ", r.Input),
				list(r.Results), item(r), short(r.Pos), r.Doc, settings(r))
		}
	}
	for _, e := range m.Errors {
		kind := "variable"
		if e.Type != nil {
			kind = e.Type.String()
		}
		fmt.Fprintf(&b, "error %s %s %s %s\n", e.Code, e.GoName, kind, short(e.Pos))
	}
	return b.String()
}

var shapes = map[model.Shape]string{
	model.Call: "call", model.Notify: "notify", model.Stream: "stream", model.Upload: "upload", model.Duplex: "duplex",
}

func arguments(r *model.Route) string {
	text := r.ContextName
	if len(r.Params) > 0 {
		text += ", " + list(r.Params)
	}
	if r.Variadic {
		text += "..."
	}
	return text
}

func list(params []model.Param) string {
	var all []string
	for _, p := range params {
		name := p.Wire
		if p.Name != "" {
			name = p.Name + "=" + p.Wire
		}
		all = append(all, name+" "+p.Type.String())
	}
	return strings.Join(all, ", ")
}

func sequence(role string, p *model.Param) string {
	if p == nil {
		return ""
	}
	return role + p.Name + " " + p.Type.String()
}

func item(r *model.Route) string {
	if r.Item == nil {
		return ""
	}
	return " stream " + types.TypeString(r.Item, nil)
}

func settings(r *model.Route) string {
	var b strings.Builder
	if r.Timeout != 0 {
		fmt.Fprint(&b, " timeout ", r.Timeout)
	}
	if r.Idempotent {
		b.WriteString(" idempotent")
	}
	if len(r.Aliases) > 0 {
		b.WriteString(" alias " + strings.Join(r.Aliases, ","))
	}
	if r.Deprecated != "" {
		fmt.Fprintf(&b, " deprecated %q", r.Deprecated)
	}
	return b.String()
}

func short(pos fmt.Stringer) string { return filepath.Base(pos.String()) }
