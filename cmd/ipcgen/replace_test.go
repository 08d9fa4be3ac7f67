package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ipc_gen.go")
	for _, content := range []string{"old", "new and longer", ""} {
		if err := replace(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, filepath.Dir(path), map[string]string{"ipc_gen.go": content})
	}
}

func TestReplaceKeepsMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ipc_gen.go")
	if err := os.WriteFile(path, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := replace(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if mode := modeOf(path); mode != 0o640 {
		t.Errorf("mode %v, want that of the old file", mode)
	}
}

// A failure at the last step leaves no temporary file behind.
func TestReplaceDirectory(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ipc_gen.go")
	if err := os.MkdirAll(filepath.Join(path, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	wantError(t, replace(path, []byte("new")), "write ipc_gen.go: folder "+dir+": ")
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestReplaceInReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ipc_gen.go")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	var err error
	withoutPrivilege(t, func() { err = replace(path, []byte("new")) })
	wantError(t, err, "write ipc_gen.go: folder "+dir+": permission denied")
	wantFiles(t, dir, map[string]string{"ipc_gen.go": "old"})
}

func wantError(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v, want one with %q", err, text)
	}
}

func wantFiles(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(want) {
		t.Errorf("files %v, want %v", entries, want)
	}
	for name, content := range want {
		if got := string(readFile(t, filepath.Join(dir, name))); got != content {
			t.Errorf("%s holds %q, want %q", name, got, content)
		}
	}
}
