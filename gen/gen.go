package gen

import (
	"context"
	"go/token"
	"slices"

	"github.com/ipcgen/ipcgen/annotations"
	"github.com/ipcgen/ipcgen/gen/load"
)

// Config says what to generate from. The zero value means the package of the
// current directory.
type Config struct {
	// Dir is where the patterns are resolved. Empty means the current directory.
	Dir string
	// Patterns name packages as the go command's do. None means ".". Of what
	// matches, packages outside of the modules being worked on are left alone;
	// a pattern that matches nothing is a problem.
	Patterns []string
	// Flags are build flags for the go command, like -tags=integration.
	Flags []string
	// Env is the environment of the go command. Nil means that of the process.
	Env []string
	// Progress, if set, is told what takes long, in words for people. It is
	// never called by two goroutines at once, nor after Generate has returned.
	Progress func(string)
	// Cache, if set, is a directory of the user's in which it is remembered that
	// nothing was to be done, so that the next run need not find out again. It
	// takes at most 128 KiB, and may be deleted or unwritable at any time.
	Cache string
}

// Result is what is to be done to the file tree, and what keeps it from being
// done.
type Result struct {
	// Files are to be written where their content differs, sorted by path.
	Files []File
	// Remove names files that bear our header and are no longer wanted, sorted.
	Remove []string
	// Problems are all mistakes of all packages, sorted by position. A package
	// with a problem has no file in Files and none in Remove.
	Problems []annotations.Problem
	// Notes are worth telling people, but nothing is wrong. Sorted.
	Notes []string
}

// File is one generated file.
type File struct {
	Path    string // absolute
	Package string // import path
	Content []byte // as gofmt has it
}

// Generate reads the packages that match and returns what is to be generated
// for them. It writes nothing, and the same sources give the same result.
//
// Mistakes in the sources are in the result. An error means that the run
// itself failed: no go command, a broken go.mod, an ended context.
func Generate(ctx context.Context, cfg Config) (*Result, error) {
	prog, err := load.List(ctx, cfg.load())
	if err != nil {
		return nil, err
	}
	seen := newMemory(cfg.Cache)
	now, known := seen.state(prog)
	if known && seen.knows(now) {
		return upToDate(prog), nil
	}
	r := &run{prog: prog}
	if err := r.read(ctx); err != nil {
		return nil, err
	}
	if err := r.generate(ctx); err != nil {
		return nil, err
	}
	r.compareRoutes()
	res := r.result()
	if known && res.isUpToDate(prog) {
		seen.remember(now)
	}
	return res, nil
}

// matchesNothing is a mistake: a check of no package at all would always pass.
func matchesNothing(pattern string) annotations.Problem {
	return annotations.Problem{
		Pos:     token.Position{Filename: pattern},
		Code:    cannotLoad,
		Message: "the pattern matches no packages: is it misspelt?",
	}
}

func (cfg Config) load() load.Config {
	return load.Config{Dir: cfg.Dir, Patterns: cfg.Patterns, Flags: cfg.Flags, Env: cfg.Env, Progress: cfg.Progress}
}

// result gathers what the jobs came to.
func (r *run) result() *Result {
	res := new(Result)
	for _, j := range r.jobs {
		res.Problems = append(res.Problems, j.problems...)
		res.Notes = append(res.Notes, j.notes...)
		if len(j.problems) == 0 {
			res.Files = append(res.Files, j.files...)
			res.Remove = append(res.Remove, j.unwanted()...)
		}
	}
	for _, pattern := range r.prog.Unmatched {
		res.Problems = append(res.Problems, matchesNothing(pattern))
	}
	if len(r.jobs) == 0 && len(r.prog.Unmatched) == 0 {
		res.Notes = append(res.Notes, "no package that matches stands in a module that is being worked on")
	}
	annotations.Sort(res.Problems)
	res.Problems = slices.Compact(res.Problems)
	slices.SortFunc(res.Files, byPath)
	slices.Sort(res.Remove)
	slices.Sort(res.Notes)
	res.Notes = slices.Compact(res.Notes)
	return res
}
