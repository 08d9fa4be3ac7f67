package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// tour is what is made on the way.
type tour struct {
	page
	dir     string // all that is written is in there
	module  *module
	program string   // the demo, compiled
	env     []string // of the processes
	running []*process
	hub     [2]string                  // its URLs: a Unix socket, a WebSocket
	times   map[string][]time.Duration // by act: over unix, ws, stdio
}

// run takes the tour, and takes away what that leaves.
func run(ctx context.Context, out io.Writer) error {
	begin := time.Now()
	dir, err := os.MkdirTemp("", "ipcgen-tour-")
	if err != nil {
		return err
	}
	t := &tour{
		page:  page{out: out},
		dir:   dir,
		env:   append(os.Environ(), "TOUR_SECRET="+rand.Text()),
		times: map[string][]time.Duration{},
	}
	fmt.Fprintf(out, "A tour of ipcgen, with %s on %s/%s.\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	err = errors.Join(t.take(ctx), t.end(), os.RemoveAll(dir))
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx) // all else follows from that
	case err != nil:
		return err
	}
	fmt.Fprintf(out, "\nThat was all, in %s. Nothing of it is left.\n", short(time.Since(begin)))
	return nil
}

// take takes the steps.
func (t *tour) take(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		t.annotate, t.refuse, t.generate, t.compile, t.connect, t.visit, t.compare,
	} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("step %d: %w", t.steps, err)
		}
	}
	return nil
}

// end ends the processes.
func (t *tour) end() (err error) {
	for _, p := range t.running {
		err = errors.Join(err, p.end())
	}
	return err
}

func (t *tour) annotate(ctx context.Context) (err error) {
	t.step("You annotate a Go interface.")
	_, code, _ := strings.Cut(text("weather/weather.go"), ")\n\n") // after the imports
	t.show(code)
	begin := time.Now()
	t.module, err = newModule(ctx, t.dir)
	if err != nil {
		return err
	}
	t.result(time.Since(begin), "package weather, in %s", t.dir)
	return nil
}

func (t *tour) refuse(ctx context.Context) error {
	t.step("ipcgen finds what is wrong: all at once, where it is, and what to do.")
	t.show(text("typo/typo.go"))
	begin := time.Now()
	result, err := t.module.generate(ctx, "./typo")
	if err != nil {
		return err
	}
	took := time.Since(begin)
	if len(result.Problems) == 0 {
		return errors.New("the mistakes in package typo were not found")
	}
	t.show("\n")
	for _, p := range result.Problems {
		t.show(fmt.Sprintf("%s:%d:%d: %s: %s", filepath.Base(p.Pos.Filename), p.Pos.Line, p.Pos.Column, p.Code, p.Message))
	}
	t.result(took, "%d mistakes", len(result.Problems))
	return nil
}

// constructors are the first lines of the functions that make or register
// what was generated.
var constructors = regexp.MustCompile(`(?m)^func (?:New|Register).*\)[^{]*`)

func (t *tour) generate(ctx context.Context) error {
	t.step("Where nothing is wrong it generates a client and a dispatcher.")
	begin := time.Now()
	result, err := t.module.generate(ctx, "./weather")
	if err != nil {
		return err
	}
	if len(result.Problems) > 0 || len(result.Files) != 1 {
		return fmt.Errorf("%d files and these problems: %v", len(result.Files), result.Problems)
	}
	took := time.Since(begin)
	code := string(result.Files[0].Content)
	t.show(strings.Join(constructors.FindAllString(code, -1), "\n"))
	t.result(took, "weather/ipc_gen.go, %d lines", strings.Count(code, "\n"))
	return nil
}

func (t *tour) compile(ctx context.Context) (err error) {
	t.step("Go compiles it, with a program that uses it.")
	begin := time.Now()
	t.program, err = t.module.build(ctx)
	if err != nil {
		return err
	}
	t.result(time.Since(begin), "go build")
	return nil
}

func (t *tour) connect(ctx context.Context) error {
	t.step("A hub listens, stations connect to it, each a process of its own.")
	t.show(body("hub.go", "newHub"))
	t.show("\n// and a station:\n" + body("station.go", "newStation"))
	begin := time.Now()
	hub, err := t.start(ctx, "hub", "unix:"+filepath.Join(t.dir, "hub.sock"), "ws://127.0.0.1:0/ipc")
	if err != nil {
		return err
	}
	if t.hub[0], err = hub.line(); err != nil {
		return err
	}
	if t.hub[1], err = hub.line(); err != nil {
		return err
	}
	for i, place := range [][]string{{"oslo", "4.5"}, {"lima", "18"}, {"cairo", "30.5"}} {
		station, err := t.start(ctx, "station", t.hub[i%2], place[0], place[1])
		if err != nil {
			return err
		}
		if _, err := station.line(); err != nil {
			return err
		}
	}
	t.result(time.Since(begin), "4 processes, over a Unix socket and WebSocket")
	return nil
}
