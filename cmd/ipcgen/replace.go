package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// replace gives the file at path new content in one step: whoever looks sees
// the old one or the new one, whole. On failure nothing has changed, and
// nothing stays behind.
func replace(path string, content []byte) error {
	dir := filepath.Dir(path)
	// The go command ignores names with a dot in front.
	temp := filepath.Join(dir, "."+filepath.Base(path)+"."+rand.Text())
	err := writeNew(temp, content, modeOf(path))
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		os.Remove(temp)
		return fmt.Errorf("write %s: folder %s: %w", filepath.Base(path), dir, cause(err))
	}
	return nil
}

// writeNew creates the file at path. A mode of 0 means that of any new file.
func writeNew(path string, content []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if mode != 0 {
		err = errors.Join(err, f.Chmod(mode))
	}
	return errors.Join(err, f.Close())
}

// modeOf returns the permissions of the file at path, 0 if there is none.
func modeOf(path string) fs.FileMode {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Mode().Perm()
}

// cause leaves the temporary name out of err, which says nothing to people.
func cause(err error) error {
	var link *os.LinkError
	var path *fs.PathError
	switch {
	case errors.As(err, &link):
		return link.Err
	case errors.As(err, &path):
		return path.Err
	}
	return err
}
