package load

import (
	"context"
	"errors"
	"fmt"
	"go/types"
	"os"
	"slices"
	"sync"

	"golang.org/x/tools/go/gcexportdata"
)

// exports reads the packages that are not being worked on from the export data
// of the go command's build cache.
type exports struct {
	prog *Program

	mu       sync.Mutex
	files    map[string]*listing       // whose export data, or the reason for none, is known
	packages map[string]*types.Package // complete, or in part, by the data of others
}

func newExports(prog *Program) *exports {
	return &exports{
		prog:     prog,
		files:    make(map[string]*listing),
		packages: make(map[string]*types.Package),
	}
}

// find has the go command bring the export data of paths, and of all they
// depend on, up to date. With a cold cache that is a compilation.
func (x *exports) find(ctx context.Context, paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	defer x.prog.cfg.announce("compiling imported packages; only the first time takes this long")()
	slices.Sort(paths)
	listings, err := x.prog.cfg.list(ctx, exportFields, slices.Compact(paths)...)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, l := range listings {
		x.files[l.ImportPath] = l
	}
	return nil
}

// load returns the package of path, which find must have found.
func (x *exports) load(path string) (*types.Package, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if pkg := x.packages[path]; pkg != nil && pkg.Complete() {
		return pkg, nil
	}
	l := x.files[path]
	switch {
	case l == nil:
		return nil, errors.New("it is among no package's imports")
	case l.Export == "" && l.Error != nil:
		return nil, errors.New(l.Error.Err)
	case l.Export == "":
		return nil, errors.New("it does not compile")
	}
	return x.read(path, l.Export)
}

func (x *exports) read(path, name string) (*types.Package, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// The go command still hands out the compiler's archives, with the export
	// data inside, to which the deprecated NewReader finds the way.
	//lint:ignore SA1019 Read alone does not take an archive
	r, err := gcexportdata.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read export data: %w", err)
	}
	pkg, err := gcexportdata.Read(r, x.prog.Fset, x.packages, path)
	if err != nil {
		return nil, fmt.Errorf("read export data: %w", err)
	}
	return pkg, nil
}
