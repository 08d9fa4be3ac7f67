package require_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ipcgen/ipcgen/internal/require"
)

// verdict is a test of which only the end is of interest.
type verdict struct {
	testing.TB
	is string
}

func (v *verdict) Helper()               {}
func (v *verdict) Fatalf(string, ...any) { v.end("failed") }
func (v *verdict) Skipf(string, ...any)  { v.end("skipped") }

// end ends the test, as Fatalf and Skipf of a real one do.
func (v *verdict) end(how string) {
	v.is = how
	panic(v)
}

func (v *verdict) ask(tool string) (path string) {
	defer func() {
		if r := recover(); r != nil && r != any(v) {
			panic(r)
		}
	}()
	return require.Tool(v, tool)
}

func TestTool(t *testing.T) {
	dir := t.TempDir()
	python := filepath.Join(dir, "python3")
	if err := os.WriteFile(python, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	for _, test := range []struct{ required, tool, path, verdict string }{
		{"", "python", python, ""},
		{"", "node", "", "skipped"},
		{"python", "node", "", "skipped"},
		{"python,node", "node", "", "failed"},
		{"python,node", "python", python, ""},
	} {
		t.Setenv("IPC_REQUIRE", test.required)
		v := &verdict{TB: t}
		if path := v.ask(test.tool); path != test.path || v.is != test.verdict {
			t.Errorf("%s with IPC_REQUIRE=%s: %q, %q", test.tool, test.required, path, v.is)
		}
	}
}
