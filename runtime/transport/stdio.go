package transport

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// stdio is a net.Conn of two files, one for each direction.
type stdio struct {
	in, out *os.File
	remote  stdioAddr
}

// stdioAddr says who is at the other end.
type stdioAddr string

func (stdioAddr) Network() string  { return "stdio" }
func (a stdioAddr) String() string { return string(a) }

func (s *stdio) Read(p []byte) (int, error)         { return s.in.Read(p) }
func (s *stdio) Write(p []byte) (int, error)        { return s.out.Write(p) }
func (s *stdio) Close() error                       { return errors.Join(s.out.Close(), s.in.Close()) }
func (s *stdio) LocalAddr() net.Addr                { return stdioAddr("stdio") }
func (s *stdio) RemoteAddr() net.Addr               { return s.remote }
func (s *stdio) SetReadDeadline(t time.Time) error  { return s.in.SetReadDeadline(t) }
func (s *stdio) SetWriteDeadline(t time.Time) error { return s.out.SetWriteDeadline(t) }

func (s *stdio) SetDeadline(t time.Time) error {
	return errors.Join(s.SetReadDeadline(t), s.SetWriteDeadline(t))
}

var stdioTaken atomic.Bool

// takeStdio makes stdin and stdout of this process a connection to its parent,
// once and for good. What anybody, C code included, prints to stdout from then
// on goes to stderr, and stdin is empty.
func takeStdio() (*stdio, error) {
	if stdioTaken.Swap(true) {
		return nil, errors.New("transport: stdio: stdin and stdout are a connection already")
	}
	in, out, err := divertStdio()
	if err != nil {
		return nil, errors.Join(errors.New("transport: stdio: cannot take over stdin and stdout"), err)
	}
	return &stdio{in: in, out: out, remote: "parent"}, nil
}

var stdioAddress = address{scheme: "stdio"}

func dialStdio(ctx context.Context, o *Options) (Conn, error) {
	conn, err := takeStdio()
	if err != nil {
		return nil, err
	}
	c := newFramed(conn, stdioAddress, o, dialing)
	if err := c.Handshake(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// stdioListener yields one connection.
type stdioListener struct {
	only    chan Conn
	done    chan struct{}
	closing sync.Once
}

func listenStdio(o *Options) (Listener, error) {
	conn, err := takeStdio()
	if err != nil {
		return nil, err
	}
	return newStdioListener(conn, o), nil
}

func newStdioListener(conn *stdio, o *Options) *stdioListener {
	l := &stdioListener{only: make(chan Conn, 1), done: make(chan struct{})}
	if !admitted(o, conn.remote) {
		conn.Close()
		return l
	}
	l.only <- newFramed(conn, stdioAddress, o, accepting)
	return l
}

func (l *stdioListener) Accept() (Conn, error) {
	select {
	case <-l.done:
		return nil, net.ErrClosed
	default:
	}
	select {
	case c := <-l.only:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *stdioListener) URL() string { return stdioAddress.String() }

// Close ends the connection too if nobody has accepted it.
func (l *stdioListener) Close() error {
	l.closing.Do(func() {
		close(l.done)
		select {
		case c := <-l.only:
			c.Close(0, "")
		default:
		}
	})
	return nil
}
