package gen_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/ipcgen/ipcgen/gen"
)

// A module is one in a directory of the test's own.
type module struct {
	t   testing.TB
	dir string
}

const goMod = "module example.com/app\n\ngo 1.26.0\n"

// unpack writes the files of ar, and a go.mod unless it has one.
func unpack(t testing.TB, ar *txtar.Archive) *module {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m := &module{t, dir}
	m.write("go.mod", goMod)
	for _, f := range ar.Files {
		m.write(f.Name, string(f.Data))
	}
	return m
}

// newModule is unpack for a text in which files begin with -- name --.
func newModule(t testing.TB, text string) *module {
	t.Helper()
	return unpack(t, txtar.Parse([]byte(text)))
}

// root returns the directory of the module with the runtime: this one.
func root(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func (m *module) path(name string) string { return filepath.Join(m.dir, filepath.FromSlash(name)) }

// inside returns text with paths inside the module.
func (m *module) inside(text string) string {
	return strings.ReplaceAll(text, m.dir+string(filepath.Separator), "")
}

func (m *module) write(name, content string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.path(name)), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(m.path(name), []byte(content), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// generate runs the generator in the module.
func (m *module) generate(cfg gen.Config) *gen.Result {
	m.t.Helper()
	cfg.Dir = m.dir
	result, err := gen.Generate(m.t.Context(), cfg)
	if err != nil {
		m.t.Fatal(err)
	}
	return result
}

// problems returns those of result as lines.
func (m *module) problems(result *gen.Result) []string {
	var lines []string
	for _, p := range result.Problems {
		lines = append(lines, m.inside(p.Error()))
	}
	return lines
}

// save writes what was generated.
func (m *module) save(result *gen.Result) {
	m.t.Helper()
	for _, f := range result.Files {
		m.write(m.inside(f.Path), string(f.Content))
	}
}

// vet saves result and asks the go command what it thinks of everything, tests
// included.
func (m *module) vet(result *gen.Result) {
	m.t.Helper()
	m.save(result)
	cmd := exec.CommandContext(m.t.Context(), "go", "vet", "./...")
	cmd.Dir = m.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Errorf("go vet: %v\n%s", err, out)
	}
}
