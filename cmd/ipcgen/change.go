package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ipcgen/ipcgen/gen"
	"github.com/ipcgen/ipcgen/gen/load"
)

// A change is what is to happen to one file.
type change struct {
	path     string // absolute
	old, new []byte // nil: there is no file
}

// changes returns what has to happen to the files on disk so that they are as
// result wants them. It complains of those it must not or cannot change.
func (t *tool) changes(result *gen.Result) []change {
	var changes []change
	add := func(path string, content []byte) {
		switch c, err := newChange(path, content); {
		case err != nil:
			t.complain(err)
		case !bytes.Equal(c.old, c.new):
			changes = append(changes, c)
		}
	}
	for _, f := range result.Files {
		add(f.Path, f.Content)
	}
	for _, path := range result.Remove {
		add(path, nil)
	}
	return changes
}

// newChange compares the file at path with what it should hold. One that
// somebody wrote by hand is refused.
func newChange(path string, content []byte) (change, error) {
	old, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return change{path: path, new: content}, nil
	case err != nil:
		return change{}, err
	case !load.Ours(path, old):
		return change{}, fmt.Errorf("%s was not written by ipcgen, which needs that name: rename it", path)
	}
	return change{path: path, old: old, new: content}, nil
}

func (c change) apply() error {
	if c.new == nil {
		return os.Remove(c.path)
	}
	return replace(c.path, c.new)
}
