package main

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// cell is what is measured at once.
type cell struct {
	Kind     string  // call, download, upload, fanout or that of a growth
	Payload  payload // of each call, item or event
	Inflight int     // calls or streams at once; connections that are told; what a growth counts
}

// timed reports whether the time of one call says something.
func (c cell) timed() bool { return c.Kind != "download" && c.Kind != "upload" }

// callers returns what keeps the cell's calls in flight, or streams of so many
// items, one for a goroutine.
func (c cell) callers(to client, items int) ([]caller, error) {
	if c.Kind == "fanout" || growthOf(c.Kind) != nil {
		return []caller{to.caller(c.Payload)}, nil
	}
	if b, ok := to.(batcher); ok && c.Kind == "call" {
		return []caller{b.batch(c.Payload, c.Inflight)}, nil
	}
	make, err := c.maker(to, items)
	if err != nil {
		return nil, err
	}
	var all []caller
	for range c.Inflight {
		all = append(all, make())
	}
	return all, nil
}

func (c cell) maker(to client, items int) (func() caller, error) {
	s, streams := to.(streamer)
	switch {
	case c.Kind == "call":
		return func() caller { return to.caller(c.Payload) }, nil
	case c.Kind == "download" && streams:
		return func() caller { return s.downloader(c.Payload, items) }, nil
	case c.Kind == "upload" && streams:
		return func() caller { return s.uploader(c.Payload, items) }, nil
	}
	return nil, fmt.Errorf("no %s", c.Kind)
}

// usage is what a process has used since it began.
type usage struct {
	CPU     time.Duration
	Mallocs uint64
}

func used() usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{CPU: processorTime(), Mallocs: m.Mallocs}
}

func (u usage) since(before usage) usage {
	return usage{CPU: u.CPU - before.CPU, Mallocs: u.Mallocs - before.Mallocs}
}

func (u usage) plus(other usage) usage {
	return usage{CPU: u.CPU + other.CPU, Mallocs: u.Mallocs + other.Mallocs}
}

// measured is what a client can tell of a cell.
type measured struct {
	Count    int // calls or items
	Elapsed  time.Duration
	P50, P99 time.Duration // of one call of a caller
	Usage    usage
}

// measure keeps all callers calling for d, and waits for the last ones.
func measure(callers []caller, d time.Duration) (measured, error) {
	workers := make([]*worker, len(callers))
	for i, call := range callers {
		workers[i] = &worker{call: call}
	}
	before := used()
	start := time.Now()
	var running sync.WaitGroup
	for _, w := range workers {
		running.Go(func() { w.run(start, start.Add(d)) })
	}
	running.Wait()
	m := measured{Elapsed: time.Since(start), Usage: used().since(before)}
	return m, m.collect(workers)
}

func (m *measured) collect(workers []*worker) error {
	var all histogram
	var errs []error
	for _, w := range workers {
		m.Count += w.count
		all.merge(&w.took)
		if w.err != nil {
			errs = append(errs, w.err)
		}
	}
	m.P50, m.P99 = all.quantile(0.5), all.quantile(0.99)
	if len(errs) > 1 {
		return fmt.Errorf("%d of %d callers failed, the first with: %w", len(errs), len(workers), errs[0])
	}
	return errors.Join(errs...)
}

// worker makes one call after the other.
type worker struct {
	call  caller
	took  histogram
	count int
	err   error
}

// run calls until the time is over, at least once.
func (w *worker) run(start, end time.Time) {
	for last := start; w.err == nil; {
		var n int
		n, w.err = w.call(int64(w.count))
		w.count += n
		now := time.Now()
		w.took.add(now.Sub(last))
		if last = now; now.After(end) {
			return
		}
	}
}
