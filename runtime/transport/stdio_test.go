package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestChildEchoes(t *testing.T) {
	c, _ := spawn(t, "echo", nil)
	mustEcho(t, c, "hello")
	mustEcho(t, c, strings.Repeat("x", 1<<20))
	c.Close(3000, "bye")
	if err := c.(*childConn).waitErr; err != nil || !isGone(c) {
		t.Errorf("the child did not exit by itself: %v, gone: %v", err, isGone(c))
	}
}

func TestCommandStartsAnotherChildEachTime(t *testing.T) {
	cmd := childCommand("echo")
	dial := Command(cmd)
	var pids []int
	for range 2 {
		c, err := dial(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		mustEcho(t, c, "hello")
		pids = append(pids, c.(*childConn).cmd.Process.Pid)
		c.Close(0, "")
	}
	if pids[0] == pids[1] || cmd.Process != nil {
		t.Errorf("pids %v, template started: %v", pids, cmd.Process != nil)
	}
}

// TestStrayPrints is the first part of case E7.
func TestStrayPrints(t *testing.T) {
	var log bytes.Buffer
	o := &Options{Log: slog.New(slog.NewTextHandler(&log, nil))}
	c, stderr := spawn(t, "greeter", o)
	mustEcho(t, c, "hello")
	c.Close(0, "")
	if got := log.String(); !strings.Contains(got, "child printed to stdout") || !strings.Contains(got, "starting up") {
		t.Errorf("log does not tell what was printed before: %s", got)
	}
	if got := stderr.String(); got != "printed by fmt\nprinted by descriptor\n" {
		t.Errorf("stderr is %q", got)
	}
}

func TestChildrenThatDoNotSpeak(t *testing.T) {
	tests := []struct {
		role string
		is   error
		says []string
	}{
		{"usage", ErrNoProtocol, []string{`"usage: greeter [flags]\n"`, "exit status 2"}},
		{"chatter", ErrNoProtocol, []string{"lorem ipsum"}},
		{"other", ErrRefused, []string{"offered messages, spoken here v9"}},
	}
	for _, test := range tests {
		t.Run(test.role, func(t *testing.T) {
			cmd := childCommand(test.role)
			cmd.Stderr = io.Discard
			_, err := Command(cmd)(t.Context(), nil)
			if !errors.Is(err, test.is) {
				t.Fatalf("error %v, want %v", err, test.is)
			}
			for _, text := range test.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("error %q does not say %q", err, text)
				}
			}
		})
	}
}

func TestPrintsAmongMessagesAreNamed(t *testing.T) {
	c, _ := spawn(t, "stranger", nil)
	_, err := c.Read(nil)
	if !errors.Is(err, ErrNoProtocol) || !strings.Contains(err.Error(), "hello, world") {
		t.Errorf("read: %v, want what was printed", err)
	}
}

func TestChildIsKilled(t *testing.T) {
	c, _ := spawn(t, "echo", nil)
	mustEcho(t, c, "hello")
	kill(t, c)
	_, err := c.Read(nil)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "killed") {
		t.Errorf("read: %v, want a cut by a signal", err)
	}
}

func TestStubbornChildIsKilled(t *testing.T) {
	c, _ := spawn(t, "stubborn", nil)
	c.Close(0, "") // the child would stay for an hour
	if !isGone(c) {
		t.Error("the child is still there after Close")
	}
}

// TestParentDies is the second part of case E7: whoever is at the far end of
// its stdin is gone, and the child goes too.
func TestParentDies(t *testing.T) {
	witness, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer witness.Close()
	cmd := childCommand("parent")
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Stderr = io.Discard
	c, err := Command(cmd)(t.Context(), nil)
	theirs.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(0, "")
	kill(t, c)
	witness.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := witness.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the grandchild did not exit: %v", err)
	}
}

// TestMuchStderr is the third part of case E7.
func TestMuchStderr(t *testing.T) {
	cmd := childCommand("complainer")
	sink, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	cmd.Stderr = struct{ io.Writer }{sink} // through a pipe, not by inheritance
	c, err := Command(cmd)(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(0, "")
	mustEcho(t, c, "still there")
}

func TestCommandRefuses(t *testing.T) {
	taken := exec.Command("true")
	taken.Stdin = strings.NewReader("")
	for name, cmd := range map[string]*exec.Cmd{
		"stdin is taken": taken,
		"no such file":   exec.Command("/nonexistent/program"),
		"not in PATH":    exec.Command("nonexistent-program"),
	} {
		if c, err := Command(cmd)(t.Context(), nil); err == nil {
			c.Close(0, "")
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCommandContextBoundsTheHandshake(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	cmd := exec.Command("sleep", "60")
	if _, err := Command(cmd)(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// stdioPair is two ends in this process, joined by two pipes.
func stdioPair(t testing.TB) (*stdio, *stdio) {
	t.Helper()
	in1, out1, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in2, out2, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return &stdio{in: in1, out: out2}, &stdio{in: in2, out: out1}
}

// overStdio connects two ends in this process.
func overStdio(t testing.TB, o *Options) (dialer, acceptor Conn) {
	t.Helper()
	s, err := settle(o)
	if err != nil {
		t.Fatal(err)
	}
	near, far := stdioPair(t)
	l := newStdioListener(far, s)
	defer l.Close()
	return join(t, newFramed(near, stdioAddress, s, dialing), l)
}

func TestStdioListenerYieldsOneConnection(t *testing.T) {
	near, far := stdioPair(t)
	defer near.Close()
	synctest.Test(t, func(t *testing.T) {
		s, _ := settle(nil)
		l := newStdioListener(far, s)
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(0, "")
		second := make(chan error, 1)
		go func() {
			_, err := l.Accept()
			second <- err
		}()
		synctest.Wait() // it waits, or has returned
		if len(second) > 0 {
			t.Fatalf("second Accept returned %v before Close", <-second)
		}
		l.Close()
		if err := <-second; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept after Close: %v", err)
		}
	})
}

// TestChildDials has the child take the dialer's part.
func TestChildDials(t *testing.T) {
	cmd, err := copyCommand(childCommand("dialer"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := startPiped(cmd)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := settle(nil)
	l := newStdioListener(conn, s)
	defer l.Close()
	c := mustGet(t, acceptOne(t, l))
	mustEcho(t, c, "hello")
	c.Close(0, "")
	if err := cmd.Wait(); err != nil {
		t.Errorf("the child failed: %v", err)
	}
}

func TestStdioAdmit(t *testing.T) {
	near, far := stdioPair(t)
	defer near.Close()
	s, _ := settle(&Options{Admit: func(net.Addr) error { return errors.New("no") }})
	l := newStdioListener(far, s)
	defer l.Close()
	if err := newFramed(near, stdioAddress, s, dialing).Handshake(t.Context()); err == nil {
		t.Error("the handshake succeeded")
	}
}
