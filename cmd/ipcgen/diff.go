package main

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"
)

// printDiff prints c as a patch.
func (t *tool) printDiff(c change) {
	name := filepath.ToSlash(t.short(c.path))
	from, to := "a/"+name, "b/"+name
	if c.old == nil {
		from = os.DevNull
	}
	if c.new == nil {
		to = os.DevNull
	}
	colors := colorsFor(t.stdout)
	for line := range bytes.Lines(diff.Diff(from, c.old, to, c.new)) {
		if _, err := t.stdout.WriteString(colors.diff(string(line))); err != nil {
			t.complain(err)
			return
		}
	}
}
