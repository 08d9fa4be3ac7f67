package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// process is a child as its parent sees it.
type process struct {
	cmd       *exec.Cmd
	in        io.Closer
	requests  *json.Encoder
	responses *json.Decoder
}

// start starts a child. side is client or server.
func start(c contender, side string, p profiles) (*process, error) {
	binary, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), append(p.environment(side), childEnv+"="+c.String())...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &process{cmd: cmd, in: in, requests: json.NewEncoder(in), responses: json.NewDecoder(out)}, nil
}

// grace is how much longer than asked a child may take before it is killed,
// unless it is given more.
const grace = 20 * time.Second

// ask waits for the answer to q.
func (p *process) ask(q request) (r response, err error) {
	overdue := time.AfterFunc(q.Duration+max(grace, q.Grace), func() { p.cmd.Process.Kill() })
	defer overdue.Stop()
	if err := p.requests.Encode(q); err != nil {
		return r, fmt.Errorf("%s: %w", q.Op, err)
	}
	if err := p.responses.Decode(&r); err != nil {
		return r, fmt.Errorf("%s: %w", q.Op, err)
	}
	if r.Error != "" {
		err = fmt.Errorf("%s: %s", q.Op, r.Error)
	}
	return r, err
}

// stop ends the child by ending its input.
func (p *process) stop() error {
	overdue := time.AfterFunc(grace, func() { p.cmd.Process.Kill() })
	defer overdue.Stop()
	return errors.Join(p.in.Close(), p.cmd.Wait())
}
