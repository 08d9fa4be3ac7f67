package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// What only the sockets of an operating system do. Time is real here.

// noLeaks makes sure that the test leaves no goroutine behind.
func noLeaks(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
}

// socket returns the URL of a Unix socket that does not exist yet.
func socket(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ipc") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return "unix://" + filepath.Join(dir, "s")
}

// serveAt makes srv serve at url until the test ends, and returns where to dial it.
func serveAt(t *testing.T, srv *ipc.Server, url string) string {
	t.Helper()
	l, err := srv.Listen(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), l) }()
	t.Cleanup(func() {
		srv.Close()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return l.URL()
}

// dialAt connects a client that serves what the tests serve.
func dialAt(t *testing.T, url string, opts ipc.ClientOptions) *ipc.Client {
	t.Helper()
	opts.Logger = quiet
	cl := ipc.NewClient(url, &opts)
	serveAll(cl)
	if err := cl.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cl.Close() })
	return cl
}

// A peer that does not read what it asked for is given up as slow.
func TestAPeerThatDoesNotReadItsSocket(t *testing.T) {
	noLeaks(t)
	const patience = time.Second
	url := socket(t)
	l, err := transport.Listen(t.Context(), url, inJSON)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	connected := make(chan error, 1)
	cl := ipc.NewClient(url, &ipc.ClientOptions{
		Dialect: wire.JSONv1, Logger: quiet, NoReconnect: true,
		Dial: func(ctx context.Context, o *transport.Options) (transport.Conn, error) {
			o.WriteTimeout = patience
			return transport.Dial(ctx, url, o)
		},
	})
	serveAll(cl)
	go func() { connected <- cl.Connect(t.Context()) }()
	conn, err := l.Accept()
	if err == nil {
		err = conn.Handshake(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(0, "")
	deaf := &scripted{t: t, conn: conn}
	deaf.greet()
	if err := <-connected; err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	long := strings.Repeat("x", 256<<10)
	for i := range 40 { // more answers than the socket holds
		msg := fmt.Appendf(nil, `{"kind":"call","id":%d,"route":"Test.Echo","body":{"Text":%q}}`, 2*i+2, long)
		if drained, err := conn.Write(msg); err == nil && !drained {
			conn.Flush()
		}
	}
	select {
	case <-cl.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("it is never given up")
	}
	if err := cl.Err(); !errors.Is(err, code.Slow) {
		t.Errorf("it was given up because of %v", err)
	}
	if d := time.Since(start); d < patience {
		t.Errorf("it was given up after %v", d)
	}
}

// Both sides flood each other, with handlers that answer on the reader: neither
// may wait for the other to read.
func TestFloodsBothWays(t *testing.T) {
	noLeaks(t)
	const callers, calls = 8, 15
	srv := testServer(ipc.ServerOptions{})
	cl := dialAt(t, serveAt(t, srv, socket(t)), ipc.ClientOptions{})
	big := textArgs{string(make([]byte, 64<<10))}
	flooded := make(chan error, 2)
	for _, to := range []ipc.Caller{cl, srv.Peer(cl.Identity())} {
		go func() { flooded <- floodOf(t.Context(), to, callers, calls, &big) }()
	}
	for range 2 {
		select {
		case err := <-flooded:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("they wait for each other")
		}
	}
}

func floodOf(ctx context.Context, to ipc.Caller, callers, calls int, args *textArgs) error {
	var wg sync.WaitGroup
	failures := make(chan error, callers)
	for range callers {
		wg.Go(func() {
			for range calls {
				if got, err := echo.Call(ctx, to, args); err != nil || got != args.Text {
					failures <- fmt.Errorf("%d bytes: %w", len(got), err)
					return
				}
			}
		})
	}
	wg.Wait()
	close(failures)
	return <-failures
}

// Ten wrong keys a minute are enough for one user: then the right one has to
// wait, too, but is not sent away for good. Who is in stays in.
func TestWrongKeysOverASocket(t *testing.T) {
	noLeaks(t)
	srv := testServer(ipc.ServerOptions{Secret: []byte(canary)})
	url := serveAt(t, srv, socket(t))
	good := dialAt(t, url, ipc.ClientOptions{Secret: []byte(canary)})
	wrong := &ipc.ClientOptions{Secret: []byte("guess"), Logger: quiet}
	for i := range 10 {
		if _, err := ipc.Dial(t.Context(), url, wrong); !errors.Is(err, code.Denied) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	for _, secret := range []string{"guess", canary} {
		_, err := ipc.Dial(t.Context(), url, &ipc.ClientOptions{Secret: []byte(secret), Logger: quiet})
		if !errors.Is(err, code.Overloaded) || leaks(err.Error()) {
			t.Errorf("after ten guesses, %q: %v", secret, err)
		}
	}
	if got, err := echo.Call(t.Context(), good, &textArgs{"still here"}); got != "still here" || err != nil {
		t.Errorf("who was in before: %q, %v", got, err)
	}
}

// Clients come and go, with calls under way; no goroutine stays.
func TestComingAndGoing(t *testing.T) {
	noLeaks(t)
	const at, each = 8, 25
	left := make(chan error, at*each)
	srv := testServer(ipc.ServerOptions{OnLeave: func(_ *ipc.Peer, cause error) { left <- cause }})
	url := serveAt(t, srv, socket(t))
	var wg sync.WaitGroup
	for range at {
		wg.Go(func() {
			for range each {
				cl, err := ipc.Dial(t.Context(), url, &ipc.ClientOptions{Logger: quiet})
				if err != nil {
					t.Error(err)
					return
				}
				f := block.Start(t.Context(), cl, &noArgs{})
				cl.Close()
				if _, err := f.Wait(t.Context()); err == nil {
					t.Error("a call survived its client")
				}
			}
		})
	}
	wg.Wait()
	for range at * each {
		select {
		case <-left:
		case <-time.After(10 * time.Second):
			t.Fatalf("still there: %v", srv.Peers())
		}
	}
}

// proxy carries bytes between a client and a server until it has carried so
// many of them in one direction, and then cuts the connection.
type proxy struct {
	to    string // address of the server
	limit int    // bytes
	up    bool   // counted from the client to the server
	reset bool   // by a reset rather than an orderly end
	sum   [2]int // bytes carried up and down
}

// run carries one connection of l.
func (p *proxy) run(l net.Listener) {
	near, err := l.Accept()
	if err != nil {
		return
	}
	far, err := net.Dial("tcp", p.to)
	if err != nil {
		near.Close()
		return
	}
	var wg sync.WaitGroup
	cut := sync.OnceFunc(func() {
		for _, c := range []net.Conn{near, far} {
			if p.reset {
				c.(*net.TCPConn).SetLinger(0)
			}
			c.Close()
		}
	})
	carry := func(from, to net.Conn, counted bool, sum *int) {
		defer cut()
		limit := int64(1 << 40)
		if counted {
			limit = int64(p.limit)
		}
		n, _ := io.Copy(to, io.LimitReader(from, limit))
		*sum = int(n)
	}
	wg.Go(func() { carry(near, far, p.up, &p.sum[0]) })
	wg.Go(func() { carry(far, near, !p.up, &p.sum[1]) })
	wg.Wait()
}

// The connection is cut after every byte of a conversation, either way, with
// and without a reset: nothing is half delivered, every call settles, and whoever
// else is there notices nothing.
func TestCutAfterEveryByte(t *testing.T) {
	noLeaks(t)
	srv := testServer(ipc.ServerOptions{Secret: []byte(canary)})
	url := serveAt(t, srv, "tcp://127.0.0.1:0")
	good := dialAt(t, url, ipc.ClientOptions{Secret: []byte(canary)})
	f := block.Start(t.Context(), good, &noArgs{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	via := "tcp://" + l.Addr().String()

	converse := func(p *proxy) {
		p.to = url[len("tcp://"):]
		carried := make(chan struct{})
		go func() { defer close(carried); p.run(l) }()
		conversation(t, via, p.limit)
		<-carried
	}
	whole := &proxy{limit: everything}
	converse(whole)
	for _, up := range []bool{true, false} {
		all := whole.sum[1]
		if up {
			all = whole.sum[0]
		}
		step := 1
		if testing.Short() || raceEnabled {
			step = 3
		}
		for limit := 0; limit < all; limit += step {
			converse(&proxy{limit: limit, up: up, reset: limit%2 == 0})
		}
	}
	if got, err := echo.Call(t.Context(), good, &textArgs{"undisturbed"}); got != "undisturbed" || err != nil {
		t.Errorf("somebody else's call: %q, %v", got, err)
	}
	select {
	case <-f.Done():
		t.Error("somebody else's call ended")
	default:
	}
}

// everything is more than a conversation takes, in bytes.
const everything = 1 << 30

// conversation is what is cut somewhere: a call each way, a stream, an upload.
// What it gets must be right, or an error.
func conversation(t *testing.T, url string, limit int) {
	t.Helper()
	cl := ipc.NewClient(url, &ipc.ClientOptions{Secret: []byte(canary), Logger: quiet, NoReconnect: true})
	serveAll(cl)
	defer cl.Close()
	if err := cl.Connect(t.Context()); err != nil {
		if !errors.Is(err, ipc.ErrNotSent) || leaks(err.Error()) || limit == everything {
			t.Errorf("cut after %d: connect: %v", limit, err)
		}
		return
	}
	right := func(what string, ok bool, err error) {
		t.Helper()
		known := errors.Is(err, ipc.ErrNotSent) != errors.Is(err, ipc.ErrUnknownOutcome)
		if err == nil && !ok || err != nil && (!known || limit == everything) {
			t.Errorf("cut after %d: %s: %v, %v", limit, what, ok, err)
		}
	}
	got, err := relay.Call(t.Context(), cl, &textArgs{"there and back"})
	right("call", got == "there and back", err)
	n := 0
	var last error
	for i, err := range count.Stream(t.Context(), cl, &countArgs{5}) {
		if last = err; err == nil && i != n {
			t.Errorf("cut after %d: item %d is %d", limit, n, i)
		}
		if err == nil {
			n++
		}
	}
	right("stream", n == 5, last)
	total, err := sum.Upload(t.Context(), cl, &noArgs{}, upTo(5))
	right("upload", total == 10, err)
}

// Of several mistakes the URL is told first: who mends it may need no secret.
func TestABadURLIsToldBeforeAMissingSecret(t *testing.T) {
	for url, says := range map[string]string{
		"foo":             `bad URL "foo"`,
		"tcp://localhost": "the port is missing",
		"tcp://:0":        "no Secret, Keys or Authenticate is set",
	} {
		err := ipc.NewServer(nil).ListenAndServe(t.Context(), url)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want one with %q", url, err, says)
		}
	}
}
