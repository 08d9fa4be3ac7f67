package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// process is one of the demo's. It ends with its stdin, or with the tour's
// context.
type process struct {
	role   string
	cmd    *exec.Cmd
	stdin  io.Closer
	stdout *bufio.Scanner
	stderr strings.Builder // to be read when it has ended
	ended  bool
}

// grace is how long a process may take to end.
const grace = 3 * time.Second

// start runs the demo in a role.
func (t *tour) start(ctx context.Context, role ...string) (*process, error) {
	p := &process{role: role[0], cmd: exec.CommandContext(ctx, t.program, role...)}
	p.cmd.Env, p.cmd.Stderr, p.cmd.WaitDelay = t.env, &p.stderr, grace
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.stdin, p.stdout = stdin, bufio.NewScanner(stdout)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	t.running = append(t.running, p)
	return p, nil
}

// line returns the next line that the process prints.
func (p *process) line() (string, error) {
	if p.stdout.Scan() {
		return p.stdout.Text(), nil
	}
	if err := p.end(); err != nil {
		return "", err
	}
	return "", fmt.Errorf("%s: it ended too early", p.role)
}

// end ends the process, and returns what it complained of.
func (p *process) end() error {
	if p.ended {
		return nil
	}
	p.ended = true
	p.stdin.Close()
	defer time.AfterFunc(grace, func() { p.cmd.Process.Kill() }).Stop()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w: %s", p.role, err, strings.TrimSpace(p.stderr.String()))
	}
	return nil
}
