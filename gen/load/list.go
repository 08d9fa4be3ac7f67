package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Config says what to load and how to run the go command.
type Config struct {
	Dir      string       // where patterns are resolved; empty: the current directory
	Patterns []string     // none: "."
	Flags    []string     // build flags, like -tags=x
	Env      []string     // nil: that of the process
	Progress func(string) // nil: nobody listens; else see [Config.announce]
}

// A listing is what go list says of one package.
type listing struct {
	ImportPath, Name, Dir string
	Standard, DepOnly     bool
	Module                *module
	Match                 []string // the patterns that name it

	GoFiles, CgoFiles, TestGoFiles, XTestGoFiles []string
	IgnoredGoFiles                               []string // constraints keep them out

	Imports   []string          // resolved; empty where Error is set
	ImportMap map[string]string // import path as written to the one it resolves to
	Export    string            // file of export data, where asked for
	Error     *listError
}

type module struct {
	Dir, Version, GoVersion string

	Main    bool
	Replace *struct{ Dir, Version string }
}

type listError struct {
	Pos string // file:line:col, or empty
	Err string
}

const (
	graphFields  = "ImportPath,Name,Dir,Standard,DepOnly,Module,Match,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,IgnoredGoFiles,Imports,ImportMap,Error"
	exportFields = "ImportPath,Export,Error"
)

// list runs go list for the packages that args name and all they depend on.
// Mistakes in packages are in the listings; an error means that the command
// itself failed.
func (c *Config) list(ctx context.Context, fields string, args ...string) ([]*listing, error) {
	stdout, err := c.run(ctx, fields, args)
	if err != nil {
		return nil, err
	}
	return decodeListings(stdout)
}

// run returns what go list prints.
func (c *Config) run(ctx context.Context, fields string, args []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", c.arguments(fields, args)...)
	cmd.Dir = c.Dir
	cmd.Env = c.environment()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && stderr.Len() > 0:
		return nil, fmt.Errorf("go list: %s", strings.TrimSpace(stderr.String()))
	case err != nil:
		return nil, fmt.Errorf("go list: %w", err)
	}
	return stdout, nil
}

// arguments returns those of go list. A profile of the main package and the
// state of the version control would cost time and say nothing of types.
func (c *Config) arguments(fields string, args []string) []string {
	out := []string{"list", "-e", "-deps", "-json=" + fields, "-pgo=off", "-buildvcs=false"}
	if fields == exportFields {
		out = append(out, "-export")
	}
	out = append(out, c.Flags...)
	out = append(out, "--")
	return append(out, args...)
}

// environment returns that of the go command, which trusts PWD to name its
// directory in the user's words.
func (c *Config) environment() []string {
	if c.Env == nil {
		return nil // os/exec sees to PWD itself
	}
	return append(c.Env[:len(c.Env):len(c.Env)], "PWD="+c.Dir)
}

func decodeListings(stdout []byte) ([]*listing, error) {
	var all []*listing
	for dec := json.NewDecoder(bytes.NewReader(stdout)); ; {
		l := new(listing)
		err := dec.Decode(l)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("go list: read its output: %w", err)
		}
		all = append(all, l)
	}
}

// own says whether the package stands in a module that is being worked on: a
// main module, or one replaced by a directory. Those may not compile yet.
func (l *listing) own() bool {
	m := l.Module
	switch {
	case l.Standard:
		return false
	case m == nil:
		return true
	}
	return m.Main || m.Replace != nil && m.Replace.Version == ""
}

// named says whether a pattern names just this package, and not all of a kind.
func (l *listing) named() bool {
	return slices.ContainsFunc(l.Match, func(pattern string) bool {
		return !wild(pattern)
	})
}

// wild says whether pattern is for as many packages as there are, and perhaps
// for none. Of one package that is missing go list says so itself.
func wild(pattern string) bool {
	return strings.Contains(pattern, "...") || slices.Contains(metaPatterns, pattern)
}

// metaPatterns are the go command's names for many packages.
var metaPatterns = []string{"all", "cmd", "std", "tool", "work"}

// unmatched returns the patterns that no listing matches. The go command cleans
// patterns before it repeats them.
func (c *Config) unmatched(listings []*listing) []string {
	clean := func(pattern string) string { return path.Clean(filepath.ToSlash(pattern)) }
	matched := make(map[string]bool)
	for _, l := range listings {
		for _, pattern := range l.Match {
			matched[clean(pattern)] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(c.Patterns), func(pattern string) bool {
		return !wild(pattern) || matched[clean(pattern)]
	})
}

// goVersion returns the language version for the type checker, "" if unknown.
func (l *listing) goVersion() string {
	if l.Module == nil || l.Module.GoVersion == "" {
		return ""
	}
	return "go" + l.Module.GoVersion
}
