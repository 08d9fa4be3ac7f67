package load

import (
	"context"
	"fmt"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// A Program is the packages that match the patterns, and what the go command
// knows of everything they import.
type Program struct {
	Fset *token.FileSet
	// Packages are those that match and belong to a module being worked on,
	// sorted by path. Their files are scanned, not parsed.
	Packages []*Package
	// Unmatched are the patterns that match no package anywhere.
	Unmatched []string

	cfg     Config
	graph   map[string]*listing // by resolved import path
	sources map[string]*Package // those type-checked from source, by path
	exports *exports
	texts   *texts
	printed []byte // what go list said of the patterns
	learned bool   // and was asked for more
	// fromSource remembers the answers of needsSource.
	fromSource map[string]bool
}

// List asks the go command which packages match and scans their files for
// directives. A package that cannot be loaded has its reason in Err.
func List(ctx context.Context, cfg Config) (*Program, error) {
	prog := &Program{
		Fset:       token.NewFileSet(),
		cfg:        cfg,
		graph:      make(map[string]*listing),
		sources:    make(map[string]*Package),
		fromSource: make(map[string]bool),
	}
	if err := prog.cfg.normalize(); err != nil {
		return nil, err
	}
	prog.exports = newExports(prog)
	prog.texts = newTexts()
	listings, err := prog.listPatterns(ctx)
	if err != nil {
		return nil, err
	}
	prog.know(listings)
	prog.Unmatched = prog.cfg.unmatched(listings)
	for _, l := range listings {
		if !l.DepOnly && l.own() {
			prog.Packages = append(prog.Packages, newPackage(prog, l))
		}
	}
	slices.SortFunc(prog.Packages, func(a, b *Package) int { return strings.Compare(a.Path, b.Path) })
	return prog, prog.scan(ctx)
}

func (prog *Program) listPatterns(ctx context.Context) ([]*listing, error) {
	defer prog.cfg.announce("listing packages")()
	printed, err := prog.cfg.run(ctx, graphFields, prog.cfg.Patterns)
	if err != nil {
		return nil, err
	}
	prog.printed = printed
	listings, err := decodeListings(printed)
	if err != nil {
		return nil, err
	}
	for _, l := range listings {
		if l.ImportPath == "command-line-arguments" {
			return nil, fmt.Errorf("go list: %s: name packages, not files", strings.Join(prog.cfg.Patterns, " "))
		}
	}
	return listings, nil
}

// normalize replaces zero values by what they mean.
func (c *Config) normalize() error {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return fmt.Errorf("find the current directory: %w", err)
	}
	c.Dir = dir
	if len(c.Patterns) == 0 {
		c.Patterns = []string{"."}
	}
	return nil
}

// know adds listings to the graph. What is known already stays: packages in
// use point to it.
func (prog *Program) know(listings []*listing) {
	for _, l := range listings {
		if _, ok := prog.graph[l.ImportPath]; !ok {
			prog.graph[l.ImportPath] = l
		}
	}
}

// learn lists those of paths that the graph does not hold yet: what test files
// import, or what our output will.
func (prog *Program) learn(ctx context.Context, paths []string) error {
	unknown := slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		return prog.graph[path] != nil || builtIn[path]
	})
	if len(unknown) == 0 {
		return nil
	}
	prog.learned = true
	defer prog.cfg.announce("listing imports")()
	slices.Sort(unknown)
	listings, err := prog.cfg.list(ctx, graphFields, slices.Compact(unknown)...)
	if err != nil {
		return err
	}
	prog.know(listings)
	return nil
}

// needsSource says whether path is to be type-checked from source: it belongs
// to a module being worked on, or depends on one that does. Such a package may
// not compile before ours is generated, and then has no export data.
func (prog *Program) needsSource(path string) bool {
	l := prog.graph[path]
	if l == nil || l.Standard || l.Dir == "" {
		return false
	}
	if known, ok := prog.fromSource[path]; ok {
		return known
	}
	prog.fromSource[path] = l.own() // also ends the walk in an import cycle
	if !l.own() {
		prog.fromSource[path] = slices.ContainsFunc(l.Imports, prog.needsSource)
	}
	return prog.fromSource[path]
}

// DependsOn says whether the package at path imports the one at other, directly
// or not, for any purpose. A package depends on itself.
func (prog *Program) DependsOn(path, other string) bool {
	seen := make(map[string]bool)
	var walk func(path string) bool
	walk = func(path string) bool {
		l := prog.graph[path]
		if path == other || l == nil || seen[path] {
			return path == other
		}
		seen[path] = true
		return slices.ContainsFunc(l.Imports, walk)
	}
	return walk(path)
}

// scan looks into the files of the packages for directives and our header.
func (prog *Program) scan(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for _, p := range prog.Packages {
		g.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return p.scan()
		})
	}
	return g.Wait()
}
