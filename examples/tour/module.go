package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ipcgen/ipcgen/gen"
)

// module is the demo's, in a temporary directory. A workspace joins it with the
// module of the tour, so that it needs nothing from elsewhere.
type module struct {
	dir string
	env []string // of the go command
}

const goMod = "module tour.example\n\ngo 1.26\n"

// newModule writes the demo to dir.
func newModule(ctx context.Context, dir string) (*module, error) {
	root, err := findRoot(ctx)
	if err != nil {
		return nil, err
	}
	sources, err := fs.Sub(demo, "_demo")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(dir, sources); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(goMod), 0o644); err != nil {
		return nil, err
	}
	m := &module{dir, append(os.Environ(),
		"GOWORK="+filepath.Join(dir, "go.work"),
		"GOFLAGS=-mod=readonly",
		"GOTMPDIR="+dir, // so that what an interrupted build leaves behind is removed, too
	)}
	return m, m.command(ctx, "work", "init", ".", root)
}

// findRoot returns where the module of the tour is.
func findRoot(ctx context.Context) (string, error) {
	_, file, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(file), "..", "..")
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil && filepath.IsAbs(root) {
		return root, nil
	}
	// It was compiled elsewhere, or with -trimpath.
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/ipcgen/ipcgen").Output()
	if err != nil {
		return "", errors.New("cannot find the sources of github.com/ipcgen/ipcgen: start the tour in a clone")
	}
	return strings.TrimSpace(string(out)), nil
}

// generate does for a package what the command ipcgen does: it writes what is
// generated, unless there are problems.
func (m *module) generate(ctx context.Context, pkg string) (*gen.Result, error) {
	result, err := gen.Generate(ctx, gen.Config{Dir: m.dir, Env: m.env, Patterns: []string{pkg}})
	if err != nil {
		return nil, err
	}
	for _, f := range result.Files {
		if err := os.WriteFile(f.Path, f.Content, 0o644); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// build compiles the demo, and returns the path of the program.
func (m *module) build(ctx context.Context) (program string, err error) {
	program = filepath.Join(m.dir, "demo")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	return program, m.command(ctx, "build", "-o", program, ".")
}

// command runs the go command, which when interrupted cleans up after itself.
func (m *module) command(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = m.dir, m.env, grace
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
