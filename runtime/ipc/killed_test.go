package ipc_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// Processes that are killed, not closed: nothing of them says goodbye but the
// operating system. No heartbeat helps to notice: all are an hour apart.

// mortalEnv makes the test binary one of mortals, at that URL.
const mortalEnv = "IPC_MORTAL"

var mortals = map[string]func(url string) error{
	"server that hangs": func(url string) error { return mortalServer(url, handleBlock) },
	"server": func(url string) error {
		return mortalServer(url, func(context.Context, *noArgs) (string, error) { return "done", nil })
	},
	"client": mortalClient,
}

var (
	mortalLimits = ipc.Limits{Heartbeat: time.Hour, Silence: 2 * time.Hour}
	mortalID     = ipc.Identity{Group: "bots", Name: "mortal"}

	mortalAgain = &ipc.Method[noArgs, string]{Route: &ipc.Route{Name: "Test.Again", Idempotent: true}}
	mortalTicks = method[noArgs, int]("Test.Ticks", ipc.KindStream) // one, and then nothing more
)

// ticks serves mortalTicks, and sends on ended why it was stopped.
func ticks(ended chan<- error) *ipc.Handler {
	return mortalTicks.HandleStream(func(ctx context.Context, _ *noArgs) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			yield(1, nil)
			<-ctx.Done()
			ended <- context.Cause(ctx)
		}
	})
}

// telling is a handler that says when it begins.
func telling(m *ipc.Method[noArgs, string], fn func(context.Context, *noArgs) (string, error), say func(string)) *ipc.Handler {
	return m.Handle(func(ctx context.Context, a *noArgs) (string, error) {
		say(m.Route.Name)
		return fn(ctx, a)
	})
}

func sayLine(line string) { fmt.Println(line) }

func mortalServer(url string, again func(context.Context, *noArgs) (string, error)) error {
	srv := ipc.NewServer(&ipc.ServerOptions{Insecure: true, Limits: mortalLimits, Logger: quiet})
	srv.Register(telling(block, handleBlock, sayLine), telling(mortalAgain, again, sayLine), ticks(make(chan error, 1)), echo.Handle(handleEcho))
	l, err := srv.Listen(context.Background(), url)
	if err != nil {
		return err
	}
	sayLine(l.URL())
	return srv.Serve(context.Background(), l)
}

func mortalClient(url string) error {
	cl := ipc.NewClient(url, &ipc.ClientOptions{Identity: mortalID, Limits: mortalLimits, Logger: quiet})
	cl.Register(telling(block, handleBlock, sayLine))
	if err := cl.Connect(context.Background()); err != nil {
		return err
	}
	block.Start(context.Background(), cl, &noArgs{})
	for range mortalTicks.Stream(context.Background(), cl, &noArgs{}) {
		sayLine("ticking")
	}
	return errors.New("the stream has ended")
}

// mortal is a process that a test may kill.
type mortal struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

// startMortal starts one of mortals. It ends with the test, however that ends.
func startMortal(t *testing.T, role, url string) *mortal {
	t.Helper()
	cmd := exec.Command(os.Args[0], role)
	cmd.Env, cmd.Stderr = append(os.Environ(), mortalEnv+"="+url), os.Stderr
	_, noInput := cmd.StdinPipe() // whose end ends the process
	out, noOutput := cmd.StdoutPipe()
	if err := errors.Join(noInput, noOutput, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	m := &mortal{t, cmd, bufio.NewScanner(out)}
	t.Cleanup(m.kill)
	return m
}

// beMortal is what the process does.
func beMortal(role, url string) int {
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Fprintf(os.Stderr, "%s: %v\n", role, mortals[role](url))
	return 1
}

// says waits for the next line that the process prints.
func (m *mortal) says() string {
	m.t.Helper()
	if !m.lines.Scan() {
		m.t.Fatal("the process has ended before it was killed")
	}
	return m.lines.Text()
}

// kill kills the process, as kill -9 does, and waits until it is gone.
func (m *mortal) kill() {
	m.cmd.Process.Kill()
	m.cmd.Wait()
}

func mortalURLs(t *testing.T) map[string]string {
	return map[string]string{"unix": socket(t), "tcp": "tcp://127.0.0.1:0", "ws": "ws://127.0.0.1:0"}
}

// The server is killed while it runs a call and a stream. Both callers are told at
// once; the client finds the next process by itself, with it the call that
// may run twice.
func TestTheServerProcessIsKilled(t *testing.T) {
	for scheme, url := range mortalURLs(t) {
		t.Run(scheme, func(t *testing.T) {
			noLeaks(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			first := startMortal(t, "server that hangs", url)
			url := first.says()
			cl := dialAt(t, url, ipc.ClientOptions{})
			call := block.Start(ctx, cl, &noArgs{})
			again := mortalAgain.Start(ctx, cl, &noArgs{})
			if got := first.says() + first.says(); !strings.Contains(got, "Test.Block") || !strings.Contains(got, "Test.Again") {
				t.Fatalf("the server runs %s", got)
			}
			next, stop := iter.Pull2(mortalTicks.Stream(ctx, cl, &noArgs{}))
			defer stop()
			if n, err, ok := next(); n != 1 || err != nil || !ok {
				t.Fatalf("the stream begins with %d, %v, %v", n, err, ok)
			}
			first.kill()
			if _, err := call.Wait(ctx); !errors.Is(err, ipc.ErrUnknownOutcome) || !errors.Is(err, code.Lost) {
				t.Errorf("the call: %v", err)
			}
			if _, err, ok := next(); !ok || !errors.Is(err, ipc.ErrUnknownOutcome) || !errors.Is(err, code.Lost) {
				t.Errorf("the stream: %v, %v", err, ok)
			}

			second := startMortal(t, "server", url)
			if at := second.says(); at != url {
				t.Fatalf("the next process is at %s, not at %s", at, url)
			}
			if got, err := again.Wait(ctx); got != "done" || err != nil {
				t.Errorf("the call that may run twice: %q, %v", got, err)
			}
			if got, err := echo.Call(ctx, cl, &textArgs{"hello"}); got != "hello" || err != nil {
				t.Errorf("a call of the next process: %q, %v", got, err)
			}
		})
	}
}

// The client is killed while it makes a call and ranges a stream, and while it is
// called. The handlers are stopped, who called it is told, and its next process
// takes its place.
func TestTheClientProcessIsKilled(t *testing.T) {
	for scheme, url := range mortalURLs(t) {
		t.Run(scheme, func(t *testing.T) {
			noLeaks(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			joined, left, stopped := make(chan *ipc.Peer, 10), make(chan error, 10), make(chan error, 10)
			srv := ipc.NewServer(&ipc.ServerOptions{
				Insecure: true, Limits: mortalLimits, Logger: quiet,
				OnJoin:  func(_ context.Context, p *ipc.Peer) error { joined <- p; return nil },
				OnLeave: func(_ *ipc.Peer, cause error) { left <- cause },
			})
			srv.Register(ticks(stopped), block.Handle(func(ctx context.Context, _ *noArgs) (string, error) {
				<-ctx.Done()
				stopped <- context.Cause(ctx)
				return "", ctx.Err()
			}))
			url := serveAt(t, srv, url)
			first := startMortal(t, "client", url)
			if got := first.says(); got != "ticking" {
				t.Fatalf("the client says %q", got)
			}
			call := block.Start(ctx, <-joined, &noArgs{})
			if got := first.says(); got != "Test.Block" {
				t.Fatalf("the client says %q", got)
			}
			first.kill()
			if _, err := call.Wait(ctx); !errors.Is(err, ipc.ErrUnknownOutcome) || !errors.Is(err, code.Lost) {
				t.Errorf("the call of the client: %v", err)
			}
			for range 2 {
				if cause := wait(ctx, stopped); cause == nil || errors.Is(cause, context.DeadlineExceeded) {
					t.Errorf("a handler was stopped because of %v", cause)
				}
			}
			if cause := wait(ctx, left); cause == nil || errors.Is(cause, context.DeadlineExceeded) {
				t.Errorf("it left because of %v", cause)
			}

			second := startMortal(t, "client", url)
			if got := second.says(); got != "ticking" {
				t.Fatalf("the next client says %q", got)
			}
			if len(joined) != 1 || len(left) != 0 || len(srv.Peers()) != 1 {
				t.Errorf("%d have joined, %d more have left, %v are there", len(joined), len(left), srv.Peers())
			}
			second.kill()
			if cause := wait(ctx, left); cause == nil || len(left) != 0 {
				t.Errorf("the next left because of %v, and so did %d more", cause, len(left))
			}
		})
	}
}

// wait returns what comes, or the error of ctx.
func wait(ctx context.Context, c <-chan error) error {
	select {
	case err := <-c:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
