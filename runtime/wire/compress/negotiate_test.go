package compress_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/untyped"
	"github.com/ipcgen/ipcgen/runtime/wire"
	"github.com/ipcgen/ipcgen/runtime/wire/compress"
)

var echo = untyped.Route[struct{ Text string }, string]{Name: "Test.Echo"}

func echoing() *ipc.Handler {
	return echo.Handle(func(_ context.Context, args struct{ Text string }) (string, error) { return args.Text, nil })
}

// serve serves echo at url until the test ends, and returns where.
func serve(t *testing.T, url string, dialects ...wire.Dialect) string {
	t.Helper()
	srv := ipc.NewServer(&ipc.ServerOptions{Dialects: dialects, Insecure: true})
	srv.Register(echoing())
	l, err := srv.Listen(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), l) }()
	t.Cleanup(func() { srv.Close(); <-served })
	return l.URL()
}

// counted is a connection that counts what is written to it.
type counted struct {
	transport.Conn
	written *atomic.Int64
}

func (c counted) Write(msg []byte) (bool, error) {
	c.written.Add(int64(len(msg)))
	return c.Conn.Write(msg)
}

// connect dials url and returns what was agreed on, and a count of what is written.
func connect(t *testing.T, url string, dialects ...wire.Dialect) (cl *ipc.Client, agreed string, written *atomic.Int64) {
	t.Helper()
	written = new(atomic.Int64)
	cl = ipc.NewClient(url, &ipc.ClientOptions{
		Dialects: dialects, NoReconnect: true,
		Dial: func(ctx context.Context, o *transport.Options) (transport.Conn, error) {
			c, err := transport.Dial(ctx, url, o)
			if err != nil {
				return nil, err
			}
			agreed = c.Subprotocol()
			return counted{c, written}, nil
		},
	})
	t.Cleanup(func() { cl.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := cl.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	return cl, agreed, written
}

// K7: where both sides know it, bodies are compressed, over every kind of socket;
// where one does not, they are not, and all the same they arrive.
func TestNegotiation(t *testing.T) {
	cbor, json := compress.Deflate(wire.CBORv1, nil), compress.Deflate(wire.JSONv1, nil)
	both := []wire.Dialect{cbor, json, wire.CBORv1, wire.JSONv1}
	plain := []wire.Dialect{wire.CBORv1, wire.JSONv1}
	text := strings.Repeat("all work and no play ", 10_000)
	for _, test := range []struct {
		name           string
		server, client []wire.Dialect
		want           string
	}{
		{"both", both, []wire.Dialect{cbor, wire.CBORv1}, "ipc.cbor.v1+deflate"},
		{"both in JSON", both, []wire.Dialect{json, wire.JSONv1}, "ipc.json.v1+deflate"},
		{"the server not", plain, []wire.Dialect{cbor, wire.CBORv1}, "ipc.cbor.v1"},
		{"the server not, in JSON", plain, []wire.Dialect{json, wire.JSONv1}, "ipc.json.v1"},
		{"the client not", both, []wire.Dialect{wire.CBORv1}, "ipc.cbor.v1"},
		{"nobody", nil, nil, "ipc.cbor.v1"},
	} {
		for _, url := range []string{"unix://" + t.TempDir() + "/s", "ws://127.0.0.1:0/ipc", "tcp://127.0.0.1:0", "mem:compress"} {
			scheme, _, _ := strings.Cut(url, ":")
			t.Run(test.name+" over "+scheme, func(t *testing.T) {
				cl, agreed, written := connect(t, serve(t, url, test.server...), test.client...)
				if agreed != test.want {
					t.Errorf("agreed on %s, want %s", agreed, test.want)
				}
				if got, err := echo.Call(t.Context(), cl, struct{ Text string }{text}); got != text || err != nil {
					t.Errorf("%d bytes came back, %v", len(got), err)
				}
				if small := written.Load() < int64(len(text)/10); small != strings.HasSuffix(test.want, "+deflate") {
					t.Errorf("%d bytes were written for %d", written.Load(), len(text))
				}
			})
		}
	}
}

// A peer that sends bombs is told so, one by one; others, and its own other
// calls, are not affected. Here the far side has a lower limit than the sender.
func TestTheLimitIsTheReceivers(t *testing.T) {
	strict := compress.Deflate(wire.CBORv1, &compress.Options{MaxBody: 10_000})
	url := serve(t, "mem:compress-strict", strict)
	cl, _, _ := connect(t, url, compress.Deflate(wire.CBORv1, nil))
	_, err := echo.Call(t.Context(), cl, struct{ Text string }{strings.Repeat("x", 100_000)})
	if !errors.Is(err, code.BadRequest) || !errors.Is(err, ipc.ErrNotSent) || !strings.Contains(err.Error(), "the limit is 10000") {
		t.Errorf("above the far side's limit: %v", err)
	}
	if got, err := echo.Call(t.Context(), cl, struct{ Text string }{"still there"}); got != "still there" || err != nil {
		t.Errorf("afterwards: %q, %v", got, err)
	}
}

// A client that offers compression, and the plain dialect for servers that do
// not know it.
func ExampleDeflate() {
	ctx := context.Background()
	small := compress.Deflate(wire.CBORv1, nil)
	srv := ipc.NewServer(&ipc.ServerOptions{Dialects: []wire.Dialect{small, wire.CBORv1, wire.JSONv1}})
	srv.Register(echoing())
	l, err := srv.Listen(ctx, "mem:compress-example")
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, l)
	defer srv.Close()

	cl, err := ipc.Dial(ctx, l.URL(), &ipc.ClientOptions{Dialects: []wire.Dialect{small, wire.CBORv1}})
	if err != nil {
		panic(err)
	}
	defer cl.Close()
	got, err := echo.Call(ctx, cl, struct{ Text string }{strings.Repeat("a", 100_000)})
	fmt.Println(len(got), err)
	// Output: 100000 <nil>
}
