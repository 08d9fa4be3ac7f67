package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// request is what a child process is asked, one JSON object a line.
type request struct {
	Op       string // serve, grow, usage, memory, dial, run, hangup
	Address  string
	Cell     cell
	Items    int // of a stream
	Duration time.Duration
	Grace    time.Duration // how much longer it may take at least
}

// response is its answer.
type response struct {
	Error    string
	Address  string
	Usage    usage
	Memory   int // in use, in bytes
	Measured measured
}

// childEnv names the contender whose client or server this process is.
const childEnv = "BENCH_CHILD"

// child is one contender's client or server process.
type child struct {
	contender contender
	client    client
	callers   []caller
}

// runChild answers what is asked on standard input until that ends.
func runChild(name string) error {
	c, err := newChild(name)
	if err != nil {
		return err
	}
	stop, err := profileFromEnv(name)
	if err != nil {
		return err
	}
	requests, responses := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var q request
		if err := requests.Decode(&q); err != nil {
			return stop()
		}
		r, err := c.answer(q)
		if err != nil {
			r.Error = err.Error()
		}
		if err := responses.Encode(r); err != nil {
			return err
		}
	}
}

func newChild(name string) (*child, error) {
	for _, c := range contenders() {
		if c.String() == name {
			return &child{contender: c}, nil
		}
	}
	return nil, fmt.Errorf("%s is no contender", name)
}

func (c *child) answer(q request) (r response, err error) {
	switch q.Op {
	case "serve":
		r.Address, err = c.contender.serve(q.Address)
	case "grow":
		r.Address, err = c.contender.grow(q.Address, q.Cell)
	case "memory":
		r.Memory = memory()
	case "usage":
		r.Usage = used()
	case "dial":
		err = c.dial(q)
	case "run":
		r.Measured, err = measure(c.callers, q.Duration)
	case "hangup":
		err = c.hangUp()
	default:
		err = fmt.Errorf("%q is no request", q.Op)
	}
	return r, err
}

func (c *child) dial(q request) error {
	client, err := c.connect(q.Address, q.Cell)
	if err != nil {
		return err
	}
	c.client = client
	c.callers, err = q.Cell.callers(client, q.Items)
	return err
}

func (c *child) connect(address string, at cell) (client, error) {
	switch at.Kind {
	case "fanout":
		return gather(c.contender, address, at.Payload, at.Inflight)
	case "peers", "idle":
		return assemble(c.contender, address, at.Inflight)
	case "routes", "pending":
		return c.contender.growing(address, at)
	case "generate":
		return c.contender.generate(at.Inflight)
	}
	return c.contender.dial(address, at.Inflight)
}

func (c *child) hangUp() error {
	client := c.client
	c.client, c.callers = nil, nil
	if client == nil {
		return nil
	}
	return client.Close()
}
