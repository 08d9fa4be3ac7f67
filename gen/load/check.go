package load

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/types"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"
)

// builtIn are the import paths that no package stands behind.
var builtIn = map[string]bool{"": true, "C": true, "unsafe": true}

// Check type-checks roots, which must be parsed, bodies ignored. It calls visit
// for each: after what the package imports was checked and visited, before what
// imports it is. Hence an importer sees what visit adds to the package.
// Packages that do not depend on each other are visited concurrently.
//
// Seeds are the paths that the files to be added import beside the root's own.
//
// Mistakes in packages are in Package.Errors. Check returns the first error of
// visit or of the go command, after all that it started has ended.
func (prog *Program) Check(ctx context.Context, roots []*Package, seeds []string, visit func(*Package) error) error {
	pl, err := prog.plan(ctx, roots, seeds)
	if err != nil {
		return err
	}
	if err := prog.exports.find(ctx, slices.Collect(maps.Keys(pl.external))); err != nil {
		return err
	}
	for _, p := range pl.order {
		p.done = make(chan struct{})
		for _, dep := range p.waits {
			dep.imported = true
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, p := range pl.order {
		g.Go(func() error {
			if err := p.await(ctx); err != nil {
				return err
			}
			defer close(p.done)
			p.check()
			if pl.roots[p] {
				return visit(p)
			}
			return nil
		})
	}
	return g.Wait()
}

// await returns when all that p waits for is done.
func (p *Package) await(ctx context.Context) error {
	for _, dep := range p.waits {
		select {
		case <-dep.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// isDone says whether importers may use p.
func (p *Package) isDone() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// check type-checks the declarations of p.
func (p *Package) check() {
	p.Types = types.NewPackage(p.Path, p.Name)
	conf := p.config(importer{p, p.imports}, &p.Errors)
	conf.IgnoreFuncBodies = true
	conf.FakeImportC = true
	// What is wrong is in p.Errors.
	_ = types.NewChecker(conf, p.prog.Fset, p.Types, nil).Files(p.Syntax())
}

// Add type-checks a file as one more of p's, bodies included, and returns what
// is wrong in it, sorted. It may only be called while p is visited.
//
// Functions that before, which may be nil, holds word for word were checked
// when that was written: their bodies are left to the compiler. After an edit
// that is most of them.
func (p *Package) Add(path string, text, before []byte) []error {
	file, err := parser.ParseFile(p.prog.Fset, path, text, parser.SkipObjectResolution)
	if err != nil {
		return []error{err}
	}
	var mistakes []types.Error
	conf := p.config(importer{p, nil}, &mistakes)
	conf.DisableUnusedImportCheck = p.dropBodies(file, text, functions(before))
	_ = types.NewChecker(conf, p.prog.Fset, p.Types, nil).Files([]*ast.File{file})
	p.added = append(p.added, file)
	slices.SortStableFunc(mistakes, func(a, b types.Error) int { return cmp.Compare(a.Pos, b.Pos) })
	var errs []error
	for _, m := range mistakes {
		if file.FileStart <= m.Pos && m.Pos <= file.FileEnd {
			errs = append(errs, m)
		}
	}
	return errs
}

// dropBodies drops the bodies of the functions that are known, and says whether
// there are any.
func (p *Package) dropBodies(file *ast.File, text []byte, known map[string]bool) (dropped bool) {
	offset := p.prog.Fset.File(file.FileStart).Offset
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if ok && known[string(text[offset(f.Pos()):offset(f.End())])] {
			f.Body, dropped = nil, true
		}
	}
	return dropped
}

// functions returns those of a file in gofmt's form, each from its func to its
// last brace, without parsing it.
func functions(text []byte) map[string]bool {
	found := make(map[string]bool)
	start, at := -1, 0
	for line := range bytes.Lines(text) {
		head := bytes.HasPrefix(line, []byte("func "))
		if head {
			start = at
		}
		at += len(line)
		if start >= 0 && (line[0] == '}' || head && bytes.HasSuffix(line, []byte("}\n"))) {
			found[string(bytes.TrimSuffix(text[start:at], []byte("\n")))] = true
			start = -1
		}
	}
	return found
}

func (p *Package) config(im types.Importer, mistakes *[]types.Error) *types.Config {
	return &types.Config{
		GoVersion: p.listed.goVersion(),
		Importer:  im,
		Error: func(err error) {
			var mistake types.Error
			if errors.As(err, &mistake) {
				*mistakes = append(*mistakes, mistake)
			}
		},
	}
}

// An importer gives a package what it imports.
type importer struct {
	p *Package
	// imports says which are needed. Nil means that all are.
	imports map[string]imported
}

func (im importer) Import(written string) (*types.Package, error) {
	path := im.p.resolve(written)
	prog := im.p.prog
	switch dep, source := prog.sources[path]; {
	case written == "unsafe":
		return types.Unsafe, nil
	case im.imports != nil && !im.imports[written].needed:
		return prog.hollow(path), nil
	case !source:
		return prog.exports.load(path)
	case dep.isDone():
		return dep.Types, nil
	}
	return nil, errors.New("import cycle not allowed")
}

// Imported says whether a package of the same check imports p, and so needs
// what is added to it.
func (p *Package) Imported() bool { return p.imported }

// Importable says why a file added to p could not import path, or nil. It may
// only be called while p is visited.
func (p *Package) Importable(path string) error {
	_, err := p.Import(path)
	return err
}

// Import returns the package that a file added to p would import by path. It
// may only be called while p is visited.
func (p *Package) Import(path string) (*types.Package, error) {
	return importer{p, nil}.Import(path)
}

// hollow returns a package in which nobody looks for anything.
func (prog *Program) hollow(path string) *types.Package {
	pkg := types.NewPackage(path, prog.graph[path].Name)
	pkg.MarkComplete()
	return pkg
}
