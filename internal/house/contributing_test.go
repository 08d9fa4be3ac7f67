package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGoldensAreUpdatedAsTold: the command in CONTRIBUTING.md names all packages
// whose tests know -update, and no other, whose tests would fail for it.
func TestGoldensAreUpdatedAsTold(t *testing.T) {
	text, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile("`go test (.*) -update`").FindSubmatch(text)
	if command == nil {
		t.Fatal("CONTRIBUTING.md does not say how goldens are updated")
	}
	told := make(map[string]bool)
	for _, dir := range strings.Fields(string(command[1])) {
		told[dir] = true
	}
	know := make(map[string]bool)
	for _, pattern := range []string{"*/*_test.go", "*/*/*_test.go", "*/*/*/*_test.go"} {
		files, _ := filepath.Glob("../../" + pattern)
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if dir, _ := filepath.Rel("../..", filepath.Dir(file)); strings.Contains(string(source), "\nvar update = flag.Bool(") {
				know["./"+filepath.ToSlash(dir)] = true
			}
		}
	}
	for dir := range know {
		if !told[dir] {
			t.Errorf("%s is not told of", dir)
		}
	}
	for dir := range told {
		if !know[dir] {
			t.Errorf("%s does not know -update", dir)
		}
	}
}
