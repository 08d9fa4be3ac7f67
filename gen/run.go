package gen

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/ipcgen/ipcgen/gen/check"
	"github.com/ipcgen/ipcgen/gen/load"
	"github.com/ipcgen/ipcgen/gen/model"
)

// A run is one call of Generate.
type run struct {
	prog *load.Program
	jobs []*job // by import path
}

// read makes the jobs and reads the directives of their packages.
func (r *run) read(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range r.prog.Packages {
		j := &job{pkg: p}
		r.jobs = append(r.jobs, j)
		g.Go(func() error {
			j.read(r.prog)
			return ctx.Err()
		})
	}
	return g.Wait()
}

// generate type-checks what is annotated and generates for it.
func (r *run) generate(ctx context.Context) error {
	jobs := make(map[*load.Package]*job)
	var roots []*load.Package
	for _, j := range r.jobs {
		for _, p := range []*load.Package{j.pkg, j.tests} {
			if j.said[p] != nil {
				jobs[p] = j
				roots = append(roots, p)
			}
		}
	}
	if len(roots) == 0 {
		return nil
	}
	return r.prog.Check(ctx, roots, r.imports(), func(p *load.Package) error {
		jobs[p].generate(r.prog, p)
		return nil
	})
}

// imports are the packages that generated files import beside those of the
// types in them. Those that only some need are loaded only for these: what a
// package does not import yet costs another call of the go command.
func (r *run) imports() []string {
	paths := []string{"context", "iter", "time", ipcPath, wirePath}
	for _, j := range r.jobs {
		for _, said := range j.said {
			if len(said.Metadata) > 0 {
				return append(paths, queryPath)
			}
		}
	}
	return paths
}

// compareRoutes holds the routes of all packages against each other.
func (r *run) compareRoutes() {
	var models []*model.Package
	for _, j := range r.jobs {
		models = append(models, j.models...)
	}
	problems := check.Routes(models)
	for _, j := range r.jobs {
		for _, m := range j.models {
			j.problems = append(j.problems, problems[m]...)
		}
	}
}
