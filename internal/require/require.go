// Package require lets tests ask for programs that not every machine has. A
// test that asks in vain is skipped; where the environment variable IPC_REQUIRE
// names the program, as in IPC_REQUIRE=node,python, it fails instead.
package require

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// executables are the names of tools that are found under others than their own.
var executables = map[string][]string{"python": {"python3", "python"}}

// Tool returns the path of a program. Without it the test ends here.
func Tool(t testing.TB, name string) (path string) {
	t.Helper()
	candidates, ok := executables[name]
	if !ok {
		candidates = []string{name}
	}
	for _, candidate := range candidates {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	if slices.Contains(strings.Split(os.Getenv("IPC_REQUIRE"), ","), name) {
		t.Fatalf("%s is required by IPC_REQUIRE, and not in PATH", name)
	}
	t.Skipf("install %s to run this test; IPC_REQUIRE=%s makes its absence a failure", name, name)
	return ""
}
