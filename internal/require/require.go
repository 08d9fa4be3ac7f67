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
	if required(name) {
		t.Fatalf("%s is required by IPC_REQUIRE, and not in PATH", name)
	}
	t.Skipf("install %s to run this test; IPC_REQUIRE=%s makes its absence a failure", name, name)
	return ""
}

// required reports whether the absence of a program is a failure.
func required(name string) bool {
	return slices.Contains(strings.Split(os.Getenv("IPC_REQUIRE"), ","), name)
}

// Python returns the path of a Python that has the modules: the one that the
// environment variable IPC_PYTHON names, as that of a virtual environment, or
// the one in PATH. Without it the test ends here, as with [Tool].
func Python(t testing.TB, modules ...string) (path string) {
	t.Helper()
	if path = os.Getenv("IPC_PYTHON"); path == "" {
		path = Tool(t, "python")
	}
	if exec.Command(path, "-c", "import "+strings.Join(modules, ", ")).Run() == nil {
		return path
	}
	what := strings.Join(modules, " ")
	if required("python") {
		t.Fatalf("python is required by IPC_REQUIRE, and %s cannot import %s", path, what)
	}
	t.Skipf("pip install %s to run this test, where IPC_PYTHON may name the Python; IPC_REQUIRE=python makes their absence a failure", what)
	return ""
}
