package load

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestBodies loads nothing that only function bodies need: what an
// implementation imports may be large, or missing.
func TestBodies(t *testing.T) {
	prog := list(t, `
-- go.mod --
module example.com/app

go 1.26.0
-- app.go --
package app

import (
	"context"
	"example.com/app/broken"
	"example.com/app/heavy"
	"net/http"
	_ "net/mail"
)

type T struct{ ctx context.Context }

var f = func() { http.Get("") }

func g() { broken.F(); heavy.F() }
-- broken/broken.go --
package broken

func F() { undeclared() }
-- heavy/heavy.go --
package heavy

func F() {}
`)
	p := prog.Packages[0]
	check(t, prog, p)
	if len(p.Errors) > 0 {
		t.Error(p.Errors)
	}
	for _, path := range []string{"net/http", "net/mail"} {
		if prog.exports.files[path] != nil {
			t.Errorf("export data of %s was asked for", path)
		}
	}
	for _, path := range []string{"example.com/app/broken", "example.com/app/heavy"} {
		if prog.sources[path] != nil {
			t.Errorf("%s was type-checked", path)
		}
	}
	if prog.exports.files["context"] == nil {
		t.Error("no export data of context, which a field needs")
	}
}

// TestOrder visits a package after what it imports, with what was added there.
func TestOrder(t *testing.T) {
	prog := list(t, `
-- go.mod --
module example.com/app

go 1.26.0
-- a/a.go --
package a

import "example.com/app/b"

type A struct{ B b.B; Added b.Added }
-- b/b.go --
package b

import "example.com/app/plain"

type B struct{ C plain.C }
-- c/c.go --
package c

type C struct{ N int }
-- plain/plain.go --
package plain

import "example.com/app/c"

type C = c.C
`, "./a", "./b", "./c")
	var mu sync.Mutex
	var visited []string
	err := prog.Check(t.Context(), prog.Packages, nil, func(p *Package) error {
		mu.Lock()
		visited = append(visited, p.Name)
		mu.Unlock()
		for _, err := range p.Add(filepath.Join(p.Dir, "added.go"), []byte("package "+p.Name+"\n\ntype Added struct{ N int }\n\nfunc (a Added) Plus() int { return a.N + 1 }\n"), nil) {
			t.Error(err)
		}
		if p.Types.Scope().Lookup("Added") == nil {
			t.Errorf("nothing was added to %s", p.Path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"c", "b", "a"}; !slices.Equal(visited, want) {
		t.Errorf("visited %q, want %q", visited, want)
	}
	for _, p := range prog.Packages {
		if len(p.Errors) > 0 {
			t.Error(p.Path, p.Errors)
		}
	}
}

// TestAdd reports what is wrong in the file that is added, bodies included, in
// its order, and nothing else.
func TestAdd(t *testing.T) {
	prog := list(t, `
-- go.mod --
module example.com/app

go 1.26.0
-- app.go --
package app

var broken int = "text"

func unchecked() { undeclared() }
`)
	var got []string
	err := parsedCheck(t, prog, func(p *Package) error {
		for _, err := range p.Add(filepath.Join(p.Dir, "added.go"), []byte("package app\n\nconst _ = missing\n\nfunc f() { other() }\n"), nil) {
			got = append(got, strings.TrimPrefix(err.Error(), p.Dir+string(filepath.Separator)))
		}
		for _, err := range p.Add(filepath.Join(p.Dir, "bad.go"), []byte("package app\n\nfunc {\n"), nil) {
			got = append(got, strings.TrimPrefix(err.Error(), p.Dir+string(filepath.Separator)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"added.go:3:11: undefined: missing",
		"added.go:5:12: undefined: other",
		"bad.go:3:6: expected 'IDENT', found '{'",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestForeignImporter type-checks from source what does not belong to us, but
// imports what does: it may not compile yet.
func TestForeignImporter(t *testing.T) {
	prog := list(t, `
-- go.mod --
module example.com/app

go 1.26.0

require example.com/plugin v1.0.0
-- app.go --
package app

import (
	"example.com/app/base"
	"example.com/plugin"
)

type T struct {
	A plugin.T
	B base.T
}

func same(t T) { t.A.Base = t.B }
-- base/base.go --
package base

type T struct{ N int }

var _ = notGeneratedYet
-- vendor/modules.txt --
# example.com/plugin v1.0.0
## explicit; go 1.26.0
example.com/plugin
-- vendor/example.com/plugin/plugin.go --
package plugin

import "example.com/app/base"

type T struct{ Base base.T }
`)
	p := prog.Packages[0]
	check(t, prog, p)
	if len(p.Errors) > 0 {
		t.Error(p.Errors)
	}
	if prog.sources["example.com/plugin"] == nil {
		t.Error("example.com/plugin was read from export data")
	}
}

// list writes the files of text and lists the packages that match.
func list(t *testing.T, text string, patterns ...string) *Program {
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
	prog, err := List(t.Context(), Config{Dir: dir, Patterns: patterns})
	if err != nil {
		t.Fatal(err)
	}
	return prog
}

// check parses and type-checks p.
func check(t *testing.T, prog *Program, p *Package) {
	t.Helper()
	if err := parsedCheck(t, prog, func(*Package) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if p.Types == nil || !p.Types.Complete() {
		t.Fatalf("%s is not type-checked", p.Path)
	}
}

func parsedCheck(t *testing.T, prog *Program, visit func(*Package) error) error {
	t.Helper()
	for _, p := range prog.Packages {
		if mistakes := p.Parse(); len(mistakes) > 0 {
			t.Fatal(mistakes)
		}
	}
	return prog.Check(t.Context(), prog.Packages, nil, visit)
}

// TestAddAgain leaves out what the file had before, and nothing else.
func TestAddAgain(t *testing.T) {
	prog := list(t, `
-- go.mod --
module example.com/app

go 1.26.0
-- app.go --
package app
`)
	const before = `package app

type T struct{}

func (T) Known() { missing() }

func other() {
	missing()
}

func changed() {
	missing()
}
`
	const after = `package app

import "unsafe"

type T struct{}

func (T) Known() { missing() }

func changed() {
	other()
	missing()
}

func more() { missing() }

func other() {
	missing()
}

var _ = missing
`
	err := parsedCheck(t, prog, func(p *Package) error {
		for _, again := range []struct {
			before   string
			mistakes int
		}{{"", 6}, {before, 3}, {after, 1}} {
			errs := p.Add(filepath.Join(p.Dir, "added.go"), []byte(after), []byte(again.before))
			if len(errs) != again.mistakes {
				t.Errorf("%d mistakes, want %d: %v", len(errs), again.mistakes, errs)
			}
			p.check() // anew, without what was added
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
