package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/modfile"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ipcgen": main})
}

// TestScripts runs the conversations with the command in testdata/script, each
// in a module of its own that uses this one.
func TestScripts(t *testing.T) {
	env := goEnv(t)
	mod, sum := goMod(t), readFile(t, "../../go.sum")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, env...)
			return errors.Join(
				os.WriteFile(filepath.Join(e.WorkDir, "go.mod"), mod, 0o666),
				os.WriteFile(filepath.Join(e.WorkDir, "go.sum"), sum, 0o666),
			)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"leaves":  leaves,
			"replace": substitute,
		},
		RequireExplicitExec: true,
	})
}

// exits N command runs the command, which must exit with status N.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits status command")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// leaves file command runs the command, after which file must be the very one
// it was before, not another with the same content. The command may fail.
func leaves(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: leaves file command")
	}
	before, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	_ = ts.Exec(args[1], args[2:]...)
	after, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
		ts.Fatalf("%s was written", args[0])
	}
}

// replace old new file edits file, which must hold old.
func substitute(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace old new file")
	}
	path := ts.MkAbs(args[2])
	before := ts.ReadFile(path)
	after := strings.ReplaceAll(before, args[0], args[1])
	if after == before {
		ts.Fatalf("%s does not hold %q", args[2], args[0])
	}
	ts.Check(os.WriteFile(path, []byte(after), 0o666))
}

// goEnv returns what the go command needs to work offline in a script, which
// has no home.
func goEnv(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]string
	if err := json.Unmarshal(out, &values); err != nil {
		t.Fatal(err)
	}
	env := []string{"GOPROXY=off", "GOWORK=off", "GOTOOLCHAIN=local", "GOFLAGS=", "GO111MODULE=", "TERM=xterm"}
	for name, value := range values {
		env = append(env, name+"="+value)
	}
	return env
}

// goMod returns the go.mod of a module that uses this one from where it
// stands, and the same versions of everything else.
func goMod(t *testing.T) []byte {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", readFile(t, "../../go.mod"), nil)
	if err != nil {
		t.Fatal(err)
	}
	self := mod.Module.Mod.Path
	err = errors.Join(
		mod.AddModuleStmt("example.com/app"),
		mod.AddRequire(self, "v0.0.0"),
		mod.AddReplace(self, "", root, ""),
		mod.AddTool(self+"/cmd/ipcgen"),
	)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(modfile.Format(mod.Syntax))
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
