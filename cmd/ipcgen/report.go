package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ipcgen/ipcgen/annotations"
)

// A report is what a run found and did; -json prints it.
type report struct {
	Problems []problem `json:"problems"`
	Written  []string  `json:"written,omitempty"`
	Removed  []string  `json:"removed,omitempty"`
	Stale    []string  `json:"stale,omitempty"`
}

type problem struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// add notes that c has happened to the file called name.
func (r *report) add(c change, name string) {
	if c.new == nil {
		r.Removed = append(r.Removed, name)
	} else {
		r.Written = append(r.Written, name)
	}
}

// show ends a run: it tells what r and problems say.
func (t *tool) show(r report, problems []annotations.Problem) {
	if len(problems) > 0 {
		t.raise(failed)
	}
	if t.json {
		t.showJSON(r, problems)
		return
	}
	for _, name := range r.Written {
		t.say("wrote %s", name)
	}
	for _, name := range r.Removed {
		t.say("removed %s", name)
	}
	colors := colorsFor(t.stderr)
	for _, p := range problems {
		p.Pos.Filename = t.short(p.Pos.Filename)
		fmt.Fprintf(t.stderr, "%s %s %s\n", colors.bold(p.Pos.String()+":"), colors.red(p.Code+":"), t.shorten(p.Message))
	}
}

func (t *tool) showJSON(r report, problems []annotations.Problem) {
	r.Problems = []problem{} // not null
	for _, p := range problems {
		r.Problems = append(r.Problems, problem{t.short(p.Pos.Filename), p.Pos.Line, p.Pos.Column, p.Code, t.shorten(p.Message)})
	}
	out := json.NewEncoder(t.stdout)
	out.SetIndent("", "\t")
	out.SetEscapeHTML(false)
	if err := out.Encode(r); err != nil {
		t.complain(err)
	}
}

// say tells people something.
func (t *tool) say(format string, args ...any) {
	fmt.Fprintf(t.stderr, "ipcgen: "+format+"\n", args...)
}

// complain tells people of err; the run has failed.
func (t *tool) complain(err error) {
	t.say("%v", err)
	t.raise(failed)
}

func (t *tool) raise(status int) { t.status = max(t.status, status) }

// short returns path relative to the current directory, or that of -C, where
// this is shorter.
func (t *tool) short(path string) string {
	dir, err := filepath.Abs(t.dir)
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(dir, path); err == nil && len(rel) < len(path) {
		return rel
	}
	return path
}

// shorten is short for a message, which may name a path inside.
func (t *tool) shorten(message string) string {
	dir, err := filepath.Abs(t.dir)
	if err != nil {
		return message
	}
	return strings.ReplaceAll(message, " "+dir+string(filepath.Separator), " ")
}
