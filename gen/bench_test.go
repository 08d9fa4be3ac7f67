package gen_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/ipcgen/ipcgen/gen"
)

// The goals, on two cores with warm caches and the runtime at hand: a small
// package in 300 ms; 100 interfaces of 20 routes in 1.5 s with the output
// type-checked; where nothing has changed in 10 ms; all beside what go list
// takes, which is List. GOGC as the command sets it:
//
//	GOGC=400 go test ./gen -run '^$' -bench . -benchtime 10x

// BenchmarkList is the part of the go command.
func BenchmarkList(b *testing.B) {
	m := unpack(b, interfaces(100, 20, ""))
	m.write("go.work", "go 1.26.0\n\nuse (\n\t.\n\t"+root(b)+"\n)\n")
	m.save(m.generate(gen.Config{Patterns: []string{"./..."}}))
	for b.Loop() {
		cmd := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Dir,Module,GoFiles,Imports,Error", "-pgo=off", "-buildvcs=false", "./...")
		cmd.Dir = m.dir
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSmall(b *testing.B) {
	benchmark(b, interfaces(1, 5, "app"), nothing)
}

// BenchmarkLarge generates for one package, BenchmarkMany for 100.
func BenchmarkLarge(b *testing.B) { benchmarkEdits(b, interfaces(100, 20, "app")) }

func BenchmarkMany(b *testing.B) { benchmarkEdits(b, interfaces(100, 20, "")) }

func benchmarkEdits(b *testing.B, ar *txtar.Archive) {
	b.Run("first", func(b *testing.B) { benchmark(b, ar, nothing) })
	b.Run("unchanged", func(b *testing.B) { benchmark(b, ar, (*module).save) })
	b.Run("edited", func(b *testing.B) { benchmark(b, ar, (*module).edit) })
}

// benchmark measures Generate, each time after prepare has seen what was
// generated last.
func benchmark(b *testing.B, ar *txtar.Archive, prepare func(*module, *gen.Result)) {
	m := unpack(b, ar)
	m.write("go.work", "go 1.26.0\n\nuse (\n\t.\n\t"+root(b)+"\n)\n")
	cfg := gen.Config{Patterns: []string{"./..."}, Cache: b.TempDir()}
	result := m.generate(cfg)
	if problems := m.problems(result); len(problems) > 0 {
		b.Fatal(problems)
	}
	for b.Loop() {
		b.StopTimer()
		prepare(m, result)
		b.StartTimer()
		result = m.generate(cfg)
	}
}

func nothing(*module, *gen.Result) {}

// edit saves, and gives one interface a route more, or takes it away again.
func (m *module) edit(result *gen.Result) {
	m.t.Helper()
	m.save(result)
	routes := 20
	if !strings.Contains(string(result.Files[0].Content), "RouteX") {
		routes++
	}
	f := interfaces(1, routes, "app").Files[0]
	if len(result.Files) > 1 {
		f = interfaces(1, routes, "").Files[0]
	}
	m.write(f.Name, strings.ReplaceAll(string(f.Data), "Route20", "RouteX"))
}

// interfaces returns n files with an interface of so many routes each: all in
// one package or, if it has no name, each in its own.
func interfaces(n, routes int, pkg string) *txtar.Archive {
	ar := new(txtar.Archive)
	for i := range n {
		name := pkg
		if name == "" {
			name = fmt.Sprintf("p%02d", i)
		}
		ar.Files = append(ar.Files, txtar.File{
			Name: fmt.Sprintf("%s/service%02d.go", name, i),
			Data: []byte(service(name, i, routes)),
		})
	}
	return ar
}

// service returns a file with the interface of number i.
func service(pkg string, i, routes int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `package %[1]s

import (
	"context"
	"time"
)

// Item%[2]d is what Service%[2]d is about.
type Item%[2]d struct {
	ID    int64
	Name  string
	Tags  []string
	At    time.Time
	Next  *Item%[2]d
	Extra map[string]int `+"`json:\"extra\"`"+`
}

// Service%[2]d has items.
//
//ipc:service
type Service%[2]d interface {
`, pkg, i)
	for r := range routes {
		fmt.Fprintf(&b, `	// Route%[1]d looks for an item.
	//
	//ipc:route timeout=2s idempotent
	Route%[1]d(ctx context.Context, name string, like *Item%[2]d, limit int) (Item%[2]d, error)
`, r, i)
	}
	b.WriteString("}\n")
	return b.String()
}
