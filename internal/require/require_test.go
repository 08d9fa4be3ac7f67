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
	return v.judge(func() string { return require.Tool(v, tool) })
}

func (v *verdict) judge(ask func() string) (path string) {
	defer func() {
		if r := recover(); r != nil && r != any(v) {
			panic(r)
		}
	}()
	return ask()
}

// A Python that cannot import what the test needs is as good as none.
func TestPython(t *testing.T) {
	dir := t.TempDir()
	python := filepath.Join(dir, "python3")
	if err := os.WriteFile(python, []byte("#!/bin/sh\n[ \"$2\" = 'import json, zonis' ]\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	missing := filepath.Join(dir, "missing")
	for _, test := range []struct {
		required, named string
		modules         []string
		path, verdict   string
	}{
		{"", "", []string{"json", "zonis"}, python, ""},
		{"", python, []string{"json", "zonis"}, python, ""},
		{"", "", []string{"json", "other"}, "", "skipped"},
		{"python", "", []string{"json", "other"}, "", "failed"},
		{"", missing, []string{"json", "zonis"}, "", "skipped"},
		{"python", missing, []string{"json", "zonis"}, "", "failed"},
	} {
		t.Setenv("IPC_REQUIRE", test.required)
		t.Setenv("IPC_PYTHON", test.named)
		v := &verdict{TB: t}
		path := v.judge(func() string { return require.Python(v, test.modules...) })
		if path != test.path || v.is != test.verdict {
			t.Errorf("%+v: %q, %q", test, path, v.is)
		}
	}
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
