package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// families of rows in FEATURES.md, and how many there are of each.
var families = map[string]int{"Z": 10, "W": 14, "H": 6, "S": 13, "K": 9}

// FEATURES.md has one row for each feature, which names the tests that show it,
// or says what is not there yet. The tests it names exist, and the comment of one
// of them names the row.
func TestFeaturesNameTests(t *testing.T) {
	const table = "../../FEATURES.md"
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	rows, problems := readFeatures(string(text))
	for family, n := range families {
		for i := range n {
			id := fmt.Sprint(family, i+1)
			if _, ok := rows[id]; !ok {
				problems = append(problems, fmt.Sprintf("%s has no row: add | %s | what it is | `TestName` in `package` |", id, id))
			}
		}
	}
	known := map[string]map[string]string{} // comments of tests, by package and name
	for id, tests := range rows {
		named := len(tests) == 0
		for _, test := range tests {
			if known[test.pkg] == nil {
				known[test.pkg] = testsOf(t, filepath.Join("../..", test.pkg))
			}
			comment, ok := known[test.pkg][test.name]
			if !ok {
				problems = append(problems, fmt.Sprintf("%s names %s, which is not in %s: name the test that shows the feature now, or write it", id, test.name, test.pkg))
			}
			named = named || slices.Contains(featureID.FindAllString(comment, -1), id)
		}
		if !named {
			problems = append(problems, fmt.Sprintf("%s is named by none of its tests: begin the comment of the one that shows most of it with %s:", id, id))
		}
	}
	for _, p := range problems {
		t.Errorf("FEATURES.md: %s", p)
	}
}

// shown is a test and the package it is in.
type shown struct{ name, pkg string }

var (
	featureRow = regexp.MustCompile(`^\| ([A-Z][0-9]+) \| (.+) \| (.+) \|$`)
	testName   = regexp.MustCompile("`((?:Test|Fuzz|Example)[A-Za-z0-9_]*)`")
	featureID  = regexp.MustCompile(`\b[A-Z][0-9]+\b`)
	inPackage  = regexp.MustCompile(" in `([a-z0-9/]+)`$")
)

// readFeatures returns the tests that each row of the table names, as in
// `TestA`, `TestB` in `runtime/ipc`; `TestC` in `gen`.
func readFeatures(text string) (rows map[string][]shown, problems []string) {
	rows = map[string][]shown{}
	for line := range strings.Lines(text) {
		cells := featureRow.FindStringSubmatch(strings.TrimSpace(line))
		if cells == nil {
			continue
		}
		id, cell, proven := cells[1], cells[3], false
		if _, twice := rows[id]; twice {
			problems = append(problems, id+" has two rows: make them one")
		}
		rows[id] = nil
		for part := range strings.SplitSeq(cell, "; ") {
			pkg := inPackage.FindStringSubmatch(part)
			for _, m := range testName.FindAllStringSubmatch(part, -1) {
				if pkg == nil {
					problems = append(problems, fmt.Sprintf("%s names %s without its package: end the names, before the next ; or the end of the row, with in `package`", id, m[1]))
					continue
				}
				rows[id] = append(rows[id], shown{m[1], pkg[1]})
				proven = proven || !strings.HasPrefix(m[1], "Example")
			}
		}
		if !proven && !strings.Contains(line, "not yet") {
			problems = append(problems, id+" names no test: add `TestName` in `package`, or say what is not there yet with the words not yet")
		}
	}
	return rows, problems
}

// testsOf returns the comments of the tests, fuzz targets and examples in dir.
func testsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
				comments[fn.Name.Name] = fn.Doc.Text()
			}
		}
	}
	return comments
}

// What is wrong with a table is said so that it can be mended.
func TestFeaturesThatProveNothing(t *testing.T) {
	text := "| id | here | shown by |\n" +
		"| Z1 | good | `TestA`, `FuzzB` in `runtime/ipc`; `TestC` in `gen` |\n" +
		"| Z2 | twice | `TestA` in `gen` |\n| Z2 | twice | `TestA` in `gen` |\n" +
		"| Z3 | an example proves nothing | `ExampleA` in `gen` |\n" +
		"| Z4 | resume is not yet there | - |\n" +
		"| Z5 | without a package | `TestA` |\n"
	rows, problems := readFeatures(text)
	if got, want := fmt.Sprint(rows["Z1"]), "[{TestA runtime/ipc} {FuzzB runtime/ipc} {TestC gen}]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	want := []string{"Z2 has two rows", "Z3 names no test", "Z5 names TestA without its package", "Z5 names no test"}
	if len(problems) != len(want) {
		t.Fatalf("problems: %q", problems)
	}
	for i, problem := range problems {
		if !strings.HasPrefix(problem, want[i]) {
			t.Errorf("%q, want %q", problem, want[i])
		}
	}
}
