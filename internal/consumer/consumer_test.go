// Package consumer uses the project as others do: from a module of its own, by
// way of a module proxy.
package consumer

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

var self = module.Version{Path: "github.com/ipcgen/ipcgen", Version: "v0.0.1-consumer"}

// TestFromNothingToACall takes the steps of a newcomer: get the tool, annotate
// an interface, generate, build, run.
func TestFromNothingToACall(t *testing.T) {
	if testing.Short() {
		t.Skip("downloads into a module cache of its own: run without -short")
	}
	dir := t.TempDir()
	c := &consumer{dir: filepath.Join(dir, "app"), env: environment(t, dir)}
	for name, text := range map[string]string{"go.mod": goMod, "greet/greet.go": greetGo, "main.go": mainGo} {
		c.write(t, name, text)
	}
	c.run(t, "go", "get", "-tool", self.Path+"/cmd/ipcgen@"+self.Version)
	c.run(t, "go", "get", self.Path+"/runtime/ipc@"+self.Version)
	c.run(t, "go", "generate", "./...")
	c.run(t, "go", "mod", "tidy")
	c.run(t, "go", "vet", "./...")
	if got, want := c.run(t, "go", "run", "."), "hello, Ada\n3 2 1\n"; got != want {
		t.Errorf("the program printed %q, want %q", got, want)
	}
	if got := c.run(t, "go", "tool", "ipcgen", "check", "./..."); got != "" {
		t.Errorf("ipcgen check printed %q", got)
	}
}

const goMod = `module example.com/app

go 1.26.0
`

const greetGo = `// Package greet greets.
package greet

import (
	"context"
	"iter"
)

//go:generate go tool ipcgen

// Greeter greets people.
//
//ipc:service
type Greeter interface {
	// Hello greets name.
	Hello(ctx context.Context, name string) (string, error)

	// Countdown streams from, from-1, ... 1.
	Countdown(ctx context.Context, from int) iter.Seq2[int, error]
}
`

const mainGo = `package main

import (
	"context"
	"fmt"
	"iter"
	"log"
	"strings"

	"example.com/app/greet"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

type greeter struct{}

func (greeter) Hello(_ context.Context, name string) (string, error) {
	return "hello, " + name, nil
}

func (greeter) Countdown(_ context.Context, from int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for ; from > 0 && yield(from, nil); from-- {
		}
	}
}

func main() {
	ctx := context.Background()
	srv := ipc.NewServer(nil)
	greet.RegisterGreeter(srv, greeter{})
	l, err := srv.Listen(ctx, "mem:app")
	if err != nil {
		log.Fatal(err)
	}
	go srv.Serve(ctx, l)
	cl, err := ipc.Dial(ctx, "mem:app", nil)
	if err != nil {
		log.Fatal(err)
	}
	g := greet.NewGreeterClient(cl)
	s, err := g.Hello(ctx, "Ada")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s)
	var numbers []string
	for n, err := range g.Countdown(ctx, 3) {
		if err != nil {
			log.Fatal(err)
		}
		numbers = append(numbers, fmt.Sprint(n))
	}
	fmt.Println(strings.Join(numbers, " "))
	cl.Close()
	srv.Close()
}
`

type consumer struct {
	dir string
	env []string
}

func (c *consumer) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run returns what the command printed to stdout.
func (c *consumer) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env, cmd.Stderr = c.dir, c.env, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

// environment is that of a machine which has never seen this project: no
// workspace, a module cache of its own, and a proxy that has the project as it
// is in this checkout. The dependencies come from the cache of this machine if
// they are there, else from where it usually gets them.
func environment(t *testing.T, dir string) []string {
	t.Helper()
	proxy := filepath.Join(dir, "proxy")
	publish(t, proxy)
	downloaded := filepath.Join(goEnv(t, "GOMODCACHE"), "cache", "download")
	return append(os.Environ(),
		"GOWORK=off",
		"GOFLAGS=-modcacherw",
		"GOMODCACHE="+filepath.Join(dir, "modcache"),
		"GONOSUMDB="+self.Path,
		"GOPROXY=file://"+filepath.ToSlash(proxy)+",file://"+filepath.ToSlash(downloaded)+","+goEnv(t, "GOPROXY"),
	)
}

// publish writes the checkout into a proxy's folder.
func publish(t *testing.T, proxy string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	versions := filepath.Join(proxy, filepath.FromSlash(self.Path), "@v")
	if err := os.MkdirAll(versions, 0o755); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for suffix, text := range map[string]string{".mod": string(mod), ".info": `{"Version":"` + self.Version + `"}`} {
		if err := os.WriteFile(filepath.Join(versions, self.Version+suffix), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Create(filepath.Join(versions, self.Version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := zip.CreateFromDir(f, self, root); err != nil {
		t.Fatal(err)
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
