package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

const (
	// exitGrace is how long a child may take to exit by itself once its stdin
	// is closed, before it is killed.
	exitGrace = 500 * time.Millisecond

	// stderrGrace is how long its stderr may stay open after it has exited:
	// a grandchild may hold it.
	stderrGrace = 250 * time.Millisecond

	// obituaryGrace is how long a Read that met the end of the stream waits
	// to learn why.
	obituaryGrace = 250 * time.Millisecond
)

// Command returns a function that starts a copy of cmd and connects to it by
// its stdin and stdout, where it calls [Listen] with stdio:. Each call starts
// another process. cmd itself is never started; its Stdin and Stdout must be
// unset. The child's stderr goes to cmd.Stderr, or os.Stderr if that is nil.
//
// What the child prints to stdout before it listens is skipped and logged. If
// more than 64 KiB come, or it exits, the error wraps ErrNoProtocol and quotes
// what it printed.
//
// Closing the connection closes the child's stdin, which ends its own end of
// the connection. If it has not exited half a second later it is killed. Close
// returns when it is gone.
func Command(cmd *exec.Cmd) func(ctx context.Context, o *Options) (Conn, error) {
	return func(ctx context.Context, o *Options) (Conn, error) {
		s, err := settle(o)
		if err != nil {
			return nil, err
		}
		c, err := startChild(cmd, s)
		if err != nil {
			return nil, fmt.Errorf("transport: start %s: %w", cmd.Path, err)
		}
		if err := c.Handshake(ctx); err != nil {
			err = c.obituary(err)
			c.Close(0, "")
			return nil, err
		}
		return c, nil
	}
}

// childConn is a connection to a process that lives as long as it does.
type childConn struct {
	*framedConn
	cmd     *exec.Cmd
	exited  chan struct{} // closed when the process was waited for
	waitErr error         // set before exited is closed
	closing sync.Once
}

func startChild(template *exec.Cmd, o *Options) (*childConn, error) {
	cmd, err := copyCommand(template)
	if err != nil {
		return nil, err
	}
	conn, err := startPiped(cmd)
	if err != nil {
		return nil, err
	}
	c := &childConn{framedConn: newFramed(conn, stdioAddress, o, dialing), cmd: cmd, exited: make(chan struct{})}
	c.spawned = true
	go c.wait()
	return c, nil
}

// copyCommand copies what a caller can set. A started Cmd cannot be used again.
func copyCommand(cmd *exec.Cmd) (*exec.Cmd, error) {
	if cmd.Err != nil {
		return nil, cmd.Err
	}
	if cmd.Stdin != nil || cmd.Stdout != nil {
		return nil, errors.New("stdin and stdout are for the connection: leave them unset")
	}
	c := &exec.Cmd{
		Path:        cmd.Path,
		Args:        slices.Clone(cmd.Args),
		Env:         slices.Clone(cmd.Env),
		Dir:         cmd.Dir,
		Stderr:      cmd.Stderr,
		ExtraFiles:  cmd.ExtraFiles,
		SysProcAttr: cmd.SysProcAttr,
		WaitDelay:   cmd.WaitDelay,
	}
	if c.Stderr == nil {
		c.Stderr = os.Stderr
	}
	if c.WaitDelay == 0 {
		c.WaitDelay = stderrGrace
	}
	return c, nil
}

// startPiped starts cmd with a pipe each way. The pipes are ours, not those of
// package exec, because Wait would close them under a reader.
func startPiped(cmd *exec.Cmd) (*stdio, error) {
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		closeAll(theirIn, ourOut)
		return nil, err
	}
	cmd.Stdin, cmd.Stdout = theirIn, theirOut
	err = cmd.Start()
	closeAll(theirIn, theirOut)
	if err != nil {
		closeAll(ourIn, ourOut)
		return nil, err
	}
	remote := stdioAddr(fmt.Sprintf("%s, pid %d", cmd.Path, cmd.Process.Pid))
	return &stdio{in: ourIn, out: ourOut, remote: remote}, nil
}

func closeAll(files ...*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// wait reaps the process, whenever and however it ends. Close waits for it.
func (c *childConn) wait() {
	c.waitErr = c.cmd.Wait()
	close(c.exited)
}

func (c *childConn) Read(buf []byte) ([]byte, error) {
	msg, err := c.framedConn.Read(buf)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = c.obituary(err)
	}
	return msg, err
}

// obituary adds to err how the child ended, if it has.
func (c *childConn) obituary(err error) error {
	timer := time.NewTimer(obituaryGrace)
	defer timer.Stop()
	select {
	case <-c.exited:
		return fmt.Errorf("%w (child: %v)", err, c.cmd.ProcessState)
	case <-timer.C:
		return err
	}
}

func (c *childConn) Close(code uint16, reason string) error {
	c.closing.Do(func() {
		c.framedConn.Close(code, reason)
		timer := time.NewTimer(exitGrace)
		defer timer.Stop()
		select {
		case <-c.exited:
		case <-timer.C:
			c.cmd.Process.Kill()
			<-c.exited
		}
	})
	return nil
}
