package load

import (
	"context"
	"go/parser"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"
)

// A plan says what is type-checked from source, in which order, and what is
// read from export data for it.
type plan struct {
	prog     *Program
	seeds    []string // imported by what is going to be added to the roots
	roots    map[*Package]bool
	order    []*Package      // a package comes after those it waits for
	external map[string]bool // paths of which export data is needed
}

// plan follows what roots import, wave by wave: a wave is the packages met in
// the last one that need source.
func (prog *Program) plan(ctx context.Context, roots []*Package, seeds []string) (*plan, error) {
	pl := &plan{prog: prog, seeds: seeds, roots: make(map[*Package]bool), external: make(map[string]bool)}
	for _, p := range roots {
		pl.roots[p] = true
		if !p.Test {
			prog.sources[p.Path] = p
		}
	}
	for wave := roots; len(wave) > 0; {
		if err := pl.read(ctx, wave); err != nil {
			return nil, err
		}
		wave = pl.follow(wave)
	}
	pl.sort(roots)
	return pl, nil
}

// read parses the packages of a wave and sees to it that the graph holds all
// that they import.
func (pl *plan) read(ctx context.Context, wave []*Package) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for _, p := range wave {
		g.Go(func() error {
			for _, f := range p.Files {
				f.parse(pl.prog, parser.ParseComments) // what is wrong comes up where it matters
			}
			return gctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return pl.prog.learn(ctx, pl.paths(wave))
}

// paths returns what the files of a wave import.
func (pl *plan) paths(wave []*Package) []string {
	paths := slices.Clone(pl.seeds)
	for _, p := range wave {
		for _, file := range p.Syntax() {
			for _, spec := range file.Imports {
				paths = append(paths, p.resolve(importPath(spec)))
			}
		}
	}
	return paths
}

// follow sets what the packages of a wave wait for, and returns those of them
// that are met for the first time.
func (pl *plan) follow(wave []*Package) []*Package {
	var met []*Package
	for _, p := range wave {
		if pl.roots[p] {
			p.findImports(pl.seeds)
		} else {
			p.findImports(nil)
		}
		if pl.roots[p.base] {
			p.waits = append(p.waits, p.base)
		}
		met = append(met, pl.followImports(p)...)
	}
	return met
}

func (pl *plan) followImports(p *Package) []*Package {
	var met []*Package
	for _, written := range slices.Sorted(maps.Keys(p.imports)) {
		imported := p.imports[written]
		switch {
		case !imported.needed:
		case pl.prog.needsSource(imported.path):
			dep, known := pl.prog.source(imported.path)
			p.waits = append(p.waits, dep)
			if !known {
				met = append(met, dep)
			}
		case builtIn[imported.path]:
		default:
			pl.external[imported.path] = true
		}
	}
	return met
}

// source returns the package that is type-checked from source for path, and
// whether it was known.
func (prog *Program) source(path string) (p *Package, known bool) {
	if p, ok := prog.sources[path]; ok {
		return p, true
	}
	i := slices.IndexFunc(prog.Packages, func(p *Package) bool { return p.Path == path })
	if i >= 0 {
		p = prog.Packages[i]
	} else {
		p = newPackage(prog, prog.graph[path])
	}
	prog.sources[path] = p
	return p, false
}

// sort orders what roots wait for, depth first. Of an import cycle it leaves
// one edge out: the type checker is told there.
func (pl *plan) sort(roots []*Package) {
	const walking, walked = 1, 2
	state := make(map[*Package]int)
	var walk func(p *Package)
	walk = func(p *Package) {
		state[p] = walking
		p.waits = slices.DeleteFunc(p.waits, func(dep *Package) bool { return state[dep] == walking })
		for _, dep := range p.waits {
			if state[dep] == 0 {
				walk(dep)
			}
		}
		state[p] = walked
		pl.order = append(pl.order, p)
	}
	for _, p := range roots {
		if state[p] == 0 {
			walk(p)
		}
	}
}
