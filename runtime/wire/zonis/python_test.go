package zonis

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/internal/require"
	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// The real library, unmodified, at the other end: its client at a server of ours,
// its server, under FastAPI, at a client of ours. The two Python programs ask what
// they are told to ask, so that all that is expected stands here.

// Python is what both programs serve beside most of a Bot.
//
//ipc:service bare
type Python interface {
	//ipc:route name=ask
	Ask(ctx context.Context, route string, arguments map[string]any) (Answer, error)
	//ipc:route name=ask_with_nan
	AskWithNaN(ctx context.Context) (Answer, error)
	//ipc:route name=nan
	NaN(ctx context.Context) (float64, error)
	//ipc:route name=flood
	Flood(ctx context.Context, n int) (int, error)
	//ipc:route name=drop timeout=1s
	Drop(ctx context.Context) error
}

// Answer is what Python was told.
type Answer struct {
	Result any    `json:"result"`
	Error  string `json:"error"`
}

// program is a Python program that runs until the test ends.
type program struct {
	t     *testing.T
	lines chan string // that it prints
}

func start(t *testing.T, script string, args ...string) *program {
	t.Helper()
	python := require.Python(t, "zonis", "fastapi", "uvicorn", "websockets")
	cmd := exec.Command(python, append([]string{"testdata/" + script}, args...)...)
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, lines: make(chan string, 10_000)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		in.Close()
		<-read
	})
	return p
}

// says waits until the program prints a line that holds text, and returns the line.
func (p *program) says(text string) string {
	p.t.Helper()
	var heard []string
	for patience := time.After(time.Minute); ; {
		select {
		case line, ok := <-p.lines:
			if strings.Contains(line, text) {
				return line
			}
			if heard = append(heard, line); !ok {
				p.t.Fatalf("it ended without saying %q:\n%s", text, strings.Join(heard, "\n"))
			}
		case <-patience:
			p.t.Fatalf("it does not say %q:\n%s", text, strings.Join(heard, "\n"))
		}
	}
}

// converse goes through what crosses, between c and a program, both ways.
func converse(t *testing.T, c ipc.Caller) {
	ctx := t.Context()
	b, py := NewBotClient(c), NewPythonClient(c)
	ask := func(route string, arguments map[string]any) Answer {
		t.Helper()
		answer, err := py.Ask(ctx, route, arguments)
		if err != nil {
			t.Fatalf("ask for %s: %v", route, err)
		}
		return answer
	}
	lives := func() {
		t.Helper()
		if got, err := b.Hello(ctx, "Ada"); got != "hello, Ada" || err != nil {
			t.Fatalf("hello: %q, %v", got, err)
		}
		if got := ask("hello", map[string]any{"name": "Bob"}); got.Result != "hello, Bob" {
			t.Fatalf("hello from Python: %+v", got)
		}
	}
	t.Run("calls", func(t *testing.T) { lives() })
	t.Run("numbers", func(t *testing.T) {
		if got, err := b.Scale(ctx, 1.5, 2); got != 3 || err != nil {
			t.Errorf("scale: %v, %v", got, err)
		}
		if got := ask("scale", map[string]any{"x": 0.5, "factor": -2}); got.Result != -1.0 {
			t.Errorf("scale from Python: %+v", got)
		}
	})
	t.Run("unknown route", func(t *testing.T) {
		if err := NewAbsentClient(c).Nowhere(ctx); !errors.Is(err, code.NoRoute) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("nowhere: %v", err)
		}
		isFailure(t, ask("nowhere", map[string]any{}), "nowhere is not a valid route name.")
		lives()
	})
	t.Run("handler that raises", func(t *testing.T) {
		err := b.Fail(ctx, "loudly")
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ipc.ErrUnknownOutcome) {
			t.Errorf("fail: %v", err)
		}
		isFailure(t, ask("fail", map[string]any{"how": "told"}), "bot.sorry: not today")
		lives()
	})
	t.Run("wrong arguments", func(t *testing.T) {
		isFailure(t, ask("hello", map[string]any{"name": 1}), "bad_request: args.name")
		isFailure(t, ask("count", map[string]any{"to": 1}), "unsupported: count is a stream")
		lives()
	})
	t.Run("NaN", func(t *testing.T) {
		if got, err := py.NaN(ctx); !errors.Is(err, code.BadReply) {
			t.Errorf("nan: %v, %v", got, err)
		}
		answer, err := py.AskWithNaN(ctx)
		if err != nil {
			t.Errorf("ask with NaN: %v", err)
		}
		isFailure(t, answer, "bad_request: args.x: want number, have NaN")
		isFailure(t, ask("scale", map[string]any{"x": 1, "factor": 0}), "bad_reply: result: JSON has no NaN")
		lives()
	})
	t.Run("given up", func(t *testing.T) {
		short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		if err := b.Wait(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("wait: %v", err)
		}
		lives()
	})
	t.Run("1,000 calls in flight", func(t *testing.T) {
		const n = 1000
		flood := py.StartFlood(ctx, n)
		var calls []*ipc.Future[string]
		for i := range n {
			calls = append(calls, b.StartHello(ctx, fmt.Sprint(i)))
		}
		for i, call := range calls {
			if got, err := call.Wait(ctx); got != fmt.Sprint("hello, ", i) || err != nil {
				t.Fatalf("call %d: %q, %v", i, got, err)
			}
		}
		if right, err := flood.Wait(ctx); right != n || err != nil {
			t.Errorf("from Python: %d, %v", right, err)
		}
		lives()
	})
}

// isFailure makes sure that Python was told of a failure. Its client has no text,
// but says that it got none.
func isFailure(t *testing.T, a Answer, text string) {
	t.Helper()
	if !strings.Contains(a.Error, text) && !strings.Contains(a.Error, "Received FAILURE_RESPONSE") || a.Result != nil {
		t.Errorf("Python was told %+v, want %s", a, text)
	}
}

// Z10: an unmodified client of Zonis calls a server of ours and is called by it.
func TestPythonClient(t *testing.T) {
	srv := newServer(ipc.ServerOptions{Override: []byte("override")})
	url := serveWeb(t, srv)
	holder := start(t, "client.py", url, "one", secret, "override")
	holder.says("ready")
	converse(t, srv.Peer(one))
	t.Run("calls back", func(t *testing.T) {
		if got, err := NewBotClient(srv.Peer(one)).Meet(t.Context()); got != "hello, you" || err != nil {
			t.Errorf("meet: %q, %v", got, err)
		}
	})
	t.Run("wrong secret", func(t *testing.T) {
		start(t, "client.py", url, "two", "wrong").says("4100")
	})
	t.Run("duplicate", func(t *testing.T) {
		start(t, "client.py", url, "one", secret).says("4102")
		start(t, "client.py", url, "one", secret, "wrong").says("4102")
	})
	t.Run("override", func(t *testing.T) {
		if got, err := NewBotClient(srv.Peer(one)).Hello(t.Context(), "old"); got != "hello, old" || err != nil {
			t.Fatalf("the holder: %q, %v", got, err)
		}
		start(t, "client.py", url, "one", secret, "override").says("ready")
		if got, err := NewBotClient(srv.Peer(one)).Hello(t.Context(), "new"); got != "hello, new" || err != nil {
			t.Errorf("the newcomer: %q, %v", got, err)
		}
		holder.says("Exceeded maximum websocket reconnections") // with its key, all in vain
		if got, err := NewBotClient(srv.Peer(one)).Hello(t.Context(), "still"); got != "hello, still" || err != nil {
			t.Errorf("the newcomer afterwards: %q, %v", got, err)
		}
	})
}

// Z10: a client of ours calls a server of Zonis and is called by it.
func TestPythonServer(t *testing.T) {
	ready := start(t, "server.py", secret, "override").says("ready")
	url := "ws://127.0.0.1:" + strings.TrimPrefix(ready, "ready ") + "/ipc"
	dial := func(t *testing.T, opts ipc.ClientOptions) (*ipc.Client, error) {
		opts.Dialect, opts.Identity, opts.Logger = Dialect{}, one, quiet
		cl := ipc.NewClient(url, &opts)
		RegisterBot(cl, bot{caller: func() ipc.Caller { return cl }})
		t.Cleanup(func() { cl.Close() })
		return cl, cl.Connect(t.Context())
	}
	t.Run("wrong secret", func(t *testing.T) {
		if _, err := dial(t, ipc.ClientOptions{Secret: []byte("wrong")}); !errors.Is(err, code.Denied) {
			t.Errorf("connect: %v", err)
		}
	})
	states := make(chan ipc.State, 100)
	cl, err := dial(t, ipc.ClientOptions{Secret: []byte(secret), OnState: func(_, to ipc.State) { states <- to }})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		<-states // connecting, ready
	}
	converse(t, cl)
	t.Run("calls back", func(t *testing.T) {
		answer, err := NewPythonClient(cl).Ask(t.Context(), "meet", map[string]any{})
		if answer.Result != "hello, you" || err != nil {
			t.Errorf("meet: %+v, %v", answer, err)
		}
	})
	t.Run("reconnect", func(t *testing.T) {
		if err := NewPythonClient(cl).Drop(t.Context()); !errors.Is(err, ipc.ErrUnknownOutcome) {
			t.Errorf("drop: %v", err)
		}
		for state := range states {
			if state == ipc.Ready {
				break
			}
		}
		if got, err := NewBotClient(cl).Hello(t.Context(), "again"); got != "hello, again" || err != nil {
			t.Errorf("afterwards: %q, %v", got, err)
		}
		if answer, err := NewPythonClient(cl).Ask(t.Context(), "hello", map[string]any{"name": "again"}); answer.Result != "hello, again" || err != nil {
			t.Errorf("called afterwards: %+v, %v", answer, err)
		}
	})
	t.Run("override", func(t *testing.T) {
		newcomer, err := dial(t, ipc.ClientOptions{Secret: []byte(secret), Override: []byte("override")})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := NewPythonClient(newcomer).Ask(t.Context(), "hello", map[string]any{"name": "new"})
		if answer.Result != "hello, new" || err != nil {
			t.Errorf("the newcomer: %+v, %v", answer, err)
		}
	})
	t.Run("duplicate", func(t *testing.T) { // the last: its server forgets the holder, too
		if _, err := dial(t, ipc.ClientOptions{Secret: []byte(secret)}); !errors.Is(err, code.Duplicate) {
			t.Errorf("connect: %v", err)
		}
	})
}
