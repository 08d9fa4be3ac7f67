package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/ipcgen/ipcgen/gen"
)

// The generator, in the process as the command runs it, for a package that was
// never generated for, has been edited, or is up to date.
func overGenerator() (all []contender) {
	for _, mode := range []string{"first", "edited", "unchanged"} {
		all = append(all, contender{
			library: "generator", transport: "files", codec: mode,
			serve: func(string) (string, error) { return "", nil },
			generate: func(routes int) (client, error) {
				return newGenerator(mode, routes)
			},
		})
	}
	return all
}

// generator is a module to generate for. It is a client whose calls are runs.
type generator struct {
	dir    string
	mode   string
	routes int
	edits  int
}

// routesEach is how many an interface has, but for the last.
const routesEach = 20

func newGenerator(mode string, routes int) (client, error) {
	debug.SetGCPercent(400) // as the command does
	dir, err := os.MkdirTemp("", "generate")
	if err != nil {
		return nil, err
	}
	g := &generator{dir: dir, mode: mode, routes: routes}
	return g, errors.Join(g.write(), g.settle())
}

// write writes the module. The runtime is where this module finds it.
func (g *generator) write() error {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/ipcgen/ipcgen").Output()
	if err != nil {
		return fmt.Errorf("find the runtime: %w", err)
	}
	files := map[string]string{
		"go.mod":  "module example.com/app\n\ngo 1.26.0\n",
		"go.work": fmt.Sprintf("go 1.26.0\n\nuse (\n\t.\n\t%s\n)\n", strings.TrimSpace(string(root))),
	}
	for i := 0; i*routesEach < g.routes; i++ {
		files[fmt.Sprintf("service%d.go", i)] = interfaceOf(i, min(routesEach, g.routes-i*routesEach), "Route")
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(g.dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// settle brings what was generated up to date, and lets the run be remembered.
func (g *generator) settle() error {
	if g.mode == "first" {
		return nil
	}
	return errors.Join(g.run(true), g.run(false))
}

// run generates, and saves what it comes to.
func (g *generator) run(save bool) error {
	cfg := gen.Config{Dir: g.dir, Cache: filepath.Join(g.dir, ".cache")}
	result, err := gen.Generate(context.Background(), cfg)
	if err != nil {
		return err
	}
	if len(result.Problems) > 0 || len(result.Files) != 1 {
		return fmt.Errorf("generate: %d files, problems %v", len(result.Files), result.Problems)
	}
	if !save {
		return nil
	}
	return os.WriteFile(result.Files[0].Path, result.Files[0].Content, 0o600)
}

func (g *generator) caller(payload) caller {
	return func(int64) (int, error) {
		if g.mode == "edited" {
			g.edits++
			text := interfaceOf(0, min(routesEach, g.routes), fmt.Sprintf("Edit%dRoute", g.edits))
			if err := os.WriteFile(filepath.Join(g.dir, "service0.go"), []byte(text), 0o600); err != nil {
				return 0, err
			}
		}
		return 1, g.run(g.mode == "edited")
	}
}

func (g *generator) Close() error { return os.RemoveAll(g.dir) }

// interfaceOf is interface number i with so many routes of that name.
func interfaceOf(i, routes int, name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `package app

import (
	"context"
	"time"
)

type Item%[1]d struct {
	ID    int64
	Name  string
	Tags  []string
	At    time.Time
	Next  *Item%[1]d
	Extra map[string]int
}

//ipc:service
type Service%[1]d interface {
`, i)
	for r := range routes {
		fmt.Fprintf(&b, `	// %[1]s%[2]d looks for an item.
	//
	//ipc:route timeout=2s idempotent
	%[1]s%[2]d(ctx context.Context, name string, like *Item%[3]d, limit int) (Item%[3]d, error)
`, name, r, i)
	}
	return b.String() + "}\n"
}
