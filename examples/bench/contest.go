package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"
)

// lengths say how long a cell is measured.
type lengths struct {
	warmup, duration time.Duration
	items            int // of a stream, which ends with the last
}

// contest is a comparison: who takes part, and what is measured how often.
type contest struct {
	contenders []contender
	cells      []cell
	rounds     int
	lengths    lengths
	profiles   profiles
	// progress is told how many of all are done, and what is next.
	progress func(done, all int, what string)
	// deliver is given each result when it is there. Its error ends the contest.
	deliver func(result) error
}

// result is what one cell gave in one round.
type result struct {
	Contender string `json:"contender"` // the library
	Transport string `json:"transport"`
	Codec     string `json:"codec"`
	Kind      string `json:"kind"`
	Payload   string `json:"payload"`
	// Calls in flight; what else it counts doc.go says.
	Inflight int `json:"inflight"`
	// Rate is in calls, items or events told a second.
	Rate float64 `json:"calls_per_s"`
	// How long a call took, in microseconds; 0 for streams.
	P50 float64 `json:"p50_us"`
	P99 float64 `json:"p99_us"`
	// For each call or item, client and server together; CPU in microseconds.
	Allocs float64 `json:"allocs"`
	CPU    float64 `json:"cpu_us"`
	// Of the server for each connection, in bytes; of idle connections only.
	Memory float64 `json:"memory,omitempty"`
	Round  int     `json:"round"`
}

// run measures every cell of everybody once a round. What fails is left out of
// the results and is in the error.
func (c *contest) run() (results []result, err error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	pairs, err := c.start(dir)
	defer func() { err = errors.Join(err, stopAll(pairs)) }()
	if err != nil {
		return nil, err
	}
	return c.measureAll(pairs)
}

func (c *contest) measureAll(pairs []*pair) (results []result, err error) {
	var failed failures
	done, all := 0, c.rounds*len(c.cells)*len(pairs)
	for round := range c.rounds {
		for _, at := range c.cells {
			for _, p := range inTurn(pairs, round) {
				c.progress(done, all, fmt.Sprintf("%v %v", p.contender, at))
				done++
				if !p.contender.offers(at) {
					continue
				}
				r, err := p.measure(at, c.lengths)
				if err != nil {
					failed.add(entry{p.contender.String(), at}, err)
					continue
				}
				r.Round = round + 1
				results = append(results, r)
				if err := c.deliver(r); err != nil {
					return results, errors.Join(failed.all(c.rounds), err)
				}
			}
		}
	}
	c.progress(all, all, "")
	return results, failed.all(c.rounds)
}

// inTurn turns the order around every other round, so that nobody always comes
// after the same.
func inTurn(pairs []*pair, round int) []*pair {
	pairs = slices.Clone(pairs)
	if round%2 == 1 {
		slices.Reverse(pairs)
	}
	return pairs
}

func (c *contest) start(dir string) (pairs []*pair, err error) {
	for i, contender := range c.contenders {
		p, err := startPair(contender, filepath.Join(dir, fmt.Sprint(i)), c.profiles)
		if err != nil {
			return pairs, fmt.Errorf("%v: %w", contender, err)
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// stopAll stops all at once.
func stopAll(pairs []*pair) error {
	errs := make([]error, len(pairs))
	var stopping sync.WaitGroup
	for i, p := range pairs {
		stopping.Go(func() { errs[i] = p.stop() })
	}
	stopping.Wait()
	return errors.Join(errs...)
}

// String names a cell in messages.
func (c cell) String() string {
	return fmt.Sprintf("%s %s x%d", c.Kind, c.Payload.title(), c.Inflight)
}

// pair is the two processes of a contender.
type pair struct {
	contender      contender
	server, client *process
	place          string // where the server was told to serve
	address        string // where it does
}

func startPair(c contender, socket string, profiles profiles) (*pair, error) {
	server, err := start(c, "server", profiles)
	if err != nil {
		return nil, err
	}
	client, err := start(c, "client", profiles)
	if err != nil {
		return nil, errors.Join(err, server.stop())
	}
	p := &pair{contender: c, server: server, client: client, place: socket}
	if c.transport != "unix" {
		p.place = "127.0.0.1:0"
	}
	r, err := server.ask(request{Op: "serve", Address: p.place})
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	p.address = r.Address
	return p, nil
}

func (p *pair) stop() error { return errors.Join(p.client.stop(), p.server.stop()) }

// measure connects, warms up and measures.
func (p *pair) measure(at cell, l lengths) (r result, err error) {
	if at.Kind == "idle" {
		return p.weigh(at)
	}
	defer func() {
		_, hangupErr := p.client.ask(request{Op: "hangup", Grace: at.grace()})
		if err == nil {
			err = hangupErr
		}
	}()
	address, err := p.addressFor(at)
	if err != nil {
		return r, err
	}
	if _, err := p.client.ask(request{Op: "dial", Address: address, Cell: at, Items: l.items, Grace: at.grace()}); err != nil {
		return r, err
	}
	if _, err := p.client.ask(request{Op: "run", Duration: l.warmup, Grace: at.grace()}); err != nil {
		return r, fmt.Errorf("warm up: %w", err)
	}
	before, err := p.server.ask(request{Op: "usage"})
	if err != nil {
		return r, err
	}
	got, err := p.client.ask(request{Op: "run", Duration: l.duration, Grace: at.grace()})
	if err != nil {
		return r, err
	}
	after, err := p.server.ask(request{Op: "usage"})
	if err != nil {
		return r, err
	}
	return p.result(at, got.Measured, after.Usage.since(before.Usage)), nil
}

// addressFor has the cell served and returns where.
func (p *pair) addressFor(at cell) (string, error) {
	if at.Kind != "routes" && at.Kind != "pending" {
		return p.address, nil
	}
	place := p.place
	if p.contender.transport == "unix" {
		place += "-" + at.Kind + strconv.Itoa(at.Inflight)
	}
	r, err := p.server.ask(request{Op: "grow", Address: place, Cell: at})
	return r.Address, err
}

func (p *pair) result(at cell, m measured, server usage) result {
	n := float64(m.Count)
	both := m.Usage.plus(server)
	r := result{
		Contender: p.contender.library, Transport: p.contender.transport, Codec: p.contender.codec,
		Kind: at.Kind, Payload: at.Payload.String(), Inflight: at.Inflight,
		Rate:   n / m.Elapsed.Seconds(),
		Allocs: float64(both.Mallocs) / n,
		CPU:    microseconds(both.CPU) / n,
	}
	if at.timed() {
		r.P50, r.P99 = microseconds(m.P50), microseconds(m.P99)
	}
	return r
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
