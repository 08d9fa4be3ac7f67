package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	if name := os.Getenv(childEnv); name != "" {
		exitOn(runChild(name))
		return
	}
	exitOn(run(os.Args[1:], os.Stdout, os.Stderr))
}

func exitOn(err error) {
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		log.Fatal("bench: ", err)
	}
}

// options are what the command line says.
type options struct {
	contenders, kinds, payloads, inflight string
	sizes                                 string
	rounds, connections                   int
	lengths                               lengths
	short, json, scale                    bool
	markdown, svg                         string
	profiles                              profiles
}

func parse(args []string, stderr io.Writer) (*options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.BoolVar(&o.short, "short", false, "take a look only: one round of a few short cells, unless other flags say so")
	f.StringVar(&o.contenders, "contenders", "", "who takes part: library, library/transport or library/transport/codec, `list`ed with commas (default all)")
	f.StringVar(&o.kinds, "kinds", "call,download,upload,fanout", "`list` of what is measured; also "+scaleKinds)
	f.StringVar(&o.payloads, "payloads", "0,64,1024,65536,nested", "`list` of the payloads of calls, in bytes or nested")
	f.StringVar(&o.inflight, "inflight", "1,16,256", "`list` of how many calls are in flight")
	f.BoolVar(&o.scale, "scale", false, "measure how cost grows: kinds "+scaleKinds+" of a few contenders, unless other flags say so")
	f.StringVar(&o.sizes, "sizes", "1,10,100,1000,10000", "`list` of how many routes, connections or pending calls there are where cost grows")
	f.IntVar(&o.rounds, "rounds", 5, "how often everything is measured")
	f.DurationVar(&o.lengths.duration, "duration", 300*time.Millisecond, "how long a cell is measured, in each round")
	f.DurationVar(&o.lengths.warmup, "warmup", 300*time.Millisecond, "how long a cell runs before it is measured")
	f.IntVar(&o.connections, "connections", 1000, "how many connections are told an event in a fanout")
	f.IntVar(&o.lengths.items, "items", 5000, "how many items a stream has")
	f.BoolVar(&o.json, "json", false, "print each measurement as a JSON object on a line as soon as it is there, no table")
	f.StringVar(&o.markdown, "markdown", "", "write the tables to `file`, too, as Markdown")
	f.StringVar(&o.svg, "svg", "", "draw charts into `directory`, too")
	f.StringVar(&o.profiles.cpu, "cpuprofile", "", "write CPU profiles of all clients and servers into `directory`")
	f.StringVar(&o.profiles.memory, "memprofile", "", "write profiles of what all clients and servers allocated into `directory`")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if o.short {
		o.preset(f, shortened)
	}
	if o.scale {
		o.preset(f, scaled)
	}
	return &o, o.check()
}

// check refuses numbers with which there is nothing to measure.
func (o *options) check() error {
	for _, n := range []struct {
		flag  string
		value int
	}{{"rounds", o.rounds}, {"connections", o.connections}, {"items", o.lengths.items}} {
		if n.value < 1 {
			return fmt.Errorf("-%s %d: want a number from 1 on", n.flag, n.value)
		}
	}
	for _, d := range []struct {
		flag  string
		value time.Duration
	}{{"duration", o.lengths.duration}, {"warmup", o.lengths.warmup}} {
		if d.value <= 0 {
			return fmt.Errorf("-%s %v: want more than 0, such as 300ms", d.flag, d.value)
		}
	}
	return nil
}

// split returns what is between the commas of a list, without spaces.
func split(list string) []string {
	all := strings.Split(list, ",")
	for i, s := range all {
		all[i] = strings.TrimSpace(s)
	}
	return all
}

// What -short and -scale say about other flags.
var (
	shortened = map[string]string{
		"payloads": "64", "inflight": "1,16", "rounds": "1", "duration": "100ms", "warmup": "20ms", "connections": "100",
		"sizes": "1,10,100",
	}
	scaled = map[string]string{"kinds": scaleKinds, "contenders": scaleContenders}
)

// preset sets what was not set by now.
func (o *options) preset(f *flag.FlagSet, values map[string]string) {
	given := map[string]bool{}
	f.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range values {
		if !given[name] {
			f.Set(name, value)
		}
	}
}

// contest is what the options ask for.
func (o *options) contest() (*contest, error) {
	c := &contest{rounds: o.rounds, lengths: o.lengths, profiles: o.profiles}
	for _, kind := range split(o.kinds) {
		cells, err := o.cells(kind)
		if err != nil {
			return nil, err
		}
		c.cells = append(c.cells, cells...)
	}
	chosen, err := choose(o.contenders)
	if err != nil {
		return nil, fmt.Errorf("-contenders %w", err)
	}
	for _, one := range chosen {
		if slices.ContainsFunc(c.cells, one.offers) {
			c.contenders = append(c.contenders, one)
		}
	}
	if len(c.contenders) == 0 {
		return nil, fmt.Errorf("none of the contenders has what is asked for: -kinds %s -contenders %q", o.kinds, o.contenders)
	}
	return c, nil
}

// cells are those of one kind.
func (o *options) cells(kind string) (cells []cell, err error) {
	if g := growthOf(kind); g != nil {
		return g.cells(o.sizes)
	}
	switch kind {
	case "call":
	case "download", "upload":
		return []cell{{Kind: kind, Payload: 1024, Inflight: 1}}, nil
	case "fanout":
		return []cell{{Kind: kind, Payload: 256, Inflight: o.connections}}, nil
	default:
		return nil, fmt.Errorf("-kinds %q: want call, download, upload, fanout or one of "+scaleKinds, kind)
	}
	for _, s := range split(o.payloads) {
		p, err := parsePayload(s)
		if err != nil {
			return nil, fmt.Errorf("-payloads %q: want nested, or a number of bytes from 0 to %d", s, maxPayload)
		}
		for _, s := range split(o.inflight) {
			n, err := strconv.Atoi(s)
			if err != nil || n < 1 {
				return nil, fmt.Errorf("-inflight %q: want a number from 1 on", s)
			}
			cells = append(cells, cell{Kind: kind, Payload: p, Inflight: n})
		}
	}
	return cells, nil
}

// run measures and reports. What was measured is reported even if some of it
// failed.
func run(args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	c, err := o.contest()
	if err != nil {
		return err
	}
	c.progress = func(int, int, string) {}
	c.deliver = func(result) error { return nil }
	if o.json {
		c.deliver = jsonLines(stdout)
	}
	if isTerminal(stderr) && !(o.json && isTerminal(stdout)) { // the lines say it, too
		c.progress = progressOn(stderr)
	}
	results, failed := c.run()
	return errors.Join(o.report(c, results, stdout), failed)
}

// progressOn returns what shows on a terminal how far we are.
func progressOn(w io.Writer) func(done, all int, what string) {
	return func(done, all int, what string) {
		fmt.Fprintf(w, "\r\x1b[K%d/%d %s", done, all, what)
		if done == all {
			fmt.Fprint(w, "\r\x1b[K")
		}
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (o *options) report(c *contest, results []result, stdout io.Writer) error {
	s := summarize(c.contenders, c.cells, results)
	if !o.json {
		s.text(stdout)
	}
	return errors.Join(s.markdownFile(o.markdown), s.charts(o.svg))
}

// markdownFile writes the tables to the file of that name, if it has one.
func (s *summary) markdownFile(name string) error {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	s.markdown(f)
	return f.Close()
}
