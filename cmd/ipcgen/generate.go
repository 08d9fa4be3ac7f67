package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/ipcgen/ipcgen/gen"
)

// generate writes what is to be written for the packages.
func (t *tool) generate(ctx context.Context, packages []string) {
	result, ok := t.load(ctx, packages)
	if !ok {
		return
	}
	var r report
	for _, c := range t.changes(result) {
		if err := c.apply(); err != nil {
			t.complain(err)
			continue
		}
		r.add(c, t.short(c.path))
	}
	t.show(r, result.Problems)
}

// check says what generate would change.
func (t *tool) check(ctx context.Context, packages []string) {
	result, ok := t.load(ctx, packages)
	if !ok {
		return
	}
	changes := t.changes(result)
	var r report
	for _, c := range changes {
		t.raise(stale)
		r.Stale = append(r.Stale, t.short(c.path))
		if !t.json {
			t.printDiff(c)
		}
	}
	t.show(r, result.Problems)
}

// cacheDir returns where the generator may remember things, empty if nowhere.
func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "ipcgen")
}

// load runs the generator.
func (t *tool) load(ctx context.Context, packages []string) (*gen.Result, bool) {
	cfg := gen.Config{Dir: t.dir, Patterns: packages, Cache: cacheDir()}
	if isTerminal(t.stderr) { // a log needs no waiting
		cfg.Progress = func(step string) { t.say("%s…", step) }
	}
	if t.tags != "" {
		cfg.Flags = []string{"-tags=" + t.tags}
	}
	result, err := gen.Generate(ctx, cfg)
	if ctx.Err() != nil {
		err = context.Cause(ctx) // names the signal
	}
	if err != nil {
		t.complain(err)
		return nil, false
	}
	for _, note := range result.Notes {
		t.say("%s", note)
	}
	return result, true
}
