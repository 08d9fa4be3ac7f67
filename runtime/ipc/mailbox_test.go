package ipc_test

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/transport"
)

// mailbox is a transport that package transport knows nothing of: two queues of
// messages.
type mailbox struct {
	in, out  chan []byte
	next     []byte // has arrived, and was not read
	waiting  []byte // was taken, and has not left
	received atomic.Uint64
	ended    chan struct{}
	end      func()
}

func newMailboxes() (near, far *mailbox) {
	a, b, ended := make(chan []byte, 4), make(chan []byte, 4), make(chan struct{})
	end := sync.OnceFunc(func() { close(ended) })
	return &mailbox{in: a, out: b, ended: ended, end: end}, &mailbox{in: b, out: a, ended: ended, end: end}
}

func (m *mailbox) Handshake(context.Context) error { return nil }
func (m *mailbox) Subprotocol() string             { return "ipc.cbor.v1" }
func (m *mailbox) Limit(int)                       {}
func (m *mailbox) Received() uint64                { return m.received.Load() }
func (m *mailbox) Info() transport.Info            { return transport.Info{Scheme: "mailbox", UID: -1} }
func (m *mailbox) Close(uint16, string) error      { m.end(); return nil }

func (m *mailbox) Wait() error {
	if m.next != nil {
		return nil
	}
	select {
	case m.next = <-m.in:
		m.received.Add(uint64(len(m.next)))
		return nil
	case <-m.ended:
		return io.EOF
	}
}

func (m *mailbox) Read(buf []byte) ([]byte, error) {
	if err := m.Wait(); err != nil {
		return nil, err
	}
	msg := append(buf[:0], m.next...)
	m.next = nil
	return msg, nil
}

func (m *mailbox) Write(msg []byte) (drained bool, err error) {
	select {
	case <-m.ended:
		return false, io.ErrClosedPipe
	case m.out <- slices.Clone(msg):
		return true, nil
	default:
		m.waiting = slices.Clone(msg)
		return false, nil
	}
}

func (m *mailbox) Flush() error {
	select {
	case m.out <- m.waiting:
		return nil
	case <-m.ended:
		return io.ErrClosedPipe
	}
}

// postOffice is where mailboxes are opened.
type postOffice struct {
	opened chan transport.Conn
	closed chan struct{}
	close  func()
}

func newPostOffice() *postOffice {
	closed := make(chan struct{})
	return &postOffice{make(chan transport.Conn), closed, sync.OnceFunc(func() { close(closed) })}
}

func (o *postOffice) URL() string  { return "mailbox:office" }
func (o *postOffice) Close() error { o.close(); return nil }

func (o *postOffice) Accept() (transport.Conn, error) {
	select {
	case m := <-o.opened:
		return m, nil
	case <-o.closed:
		return nil, net.ErrClosed
	}
}

func (o *postOffice) dial(ctx context.Context, _ *transport.Options) (transport.Conn, error) {
	near, far := newMailboxes()
	select {
	case o.opened <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Z9: whatever carries messages carries everything: calls both ways, many at
// once, streams under backpressure, and the end.
func TestATransportOfOnesOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		office, secret := newPostOffice(), []byte("correct horse")
		left := make(chan error, 1)
		srv := testServer(ipc.ServerOptions{Secret: secret, OnLeave: func(_ *ipc.Peer, cause error) { left <- cause }})
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- srv.Serve(ctx, office) }()
		cl := ipc.NewClient(office.URL(), &ipc.ClientOptions{Dial: office.dial, Secret: secret, Logger: quiet, NoReconnect: true})
		serveAll(cl)
		if err := cl.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		var calls []*ipc.Future[string]
		for range 100 {
			calls = append(calls,
				echo.Start(t.Context(), cl, &textArgs{"hello"}),
				relay.Start(t.Context(), srv.Peer(cl.Identity()), &textArgs{"hello"}))
		}
		for i, call := range calls {
			if got, err := call.Wait(t.Context()); got != "hello" || err != nil {
				t.Fatalf("call %d: %q, %v", i, got, err)
			}
		}
		if got, err := sum.Upload(t.Context(), cl, &noArgs{}, upTo(5000)); got != 5000*4999/2 || err != nil {
			t.Errorf("upload: %d, %v", got, err)
		}
		if info, ok := srv.Peer(cl.Identity()).Info(); !ok || info.Scheme != "mailbox" {
			t.Errorf("%+v", info)
		}
		stop() // and so the server ends, in order
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		<-left
		<-cl.Done()
	})
}
