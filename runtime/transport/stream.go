package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// dialStream connects by a socket that carries frames.
func dialStream(ctx context.Context, a address, o *Options) (Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, a.network, a.name)
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	c := newFramed(conn, a, o, dialing)
	if err := c.Handshake(ctx); err != nil {
		return nil, fmt.Errorf("transport: dial %s: %w", a, err)
	}
	return c, nil
}

// role is which end of a connection we are.
type role bool

const (
	dialing   role = true
	accepting role = false
)

// newFramed returns a connection over conn that has yet to do its handshake.
func newFramed(conn net.Conn, a address, o *Options, r role) *framedConn {
	c := &framedConn{o: o, role: r, maxRead: o.MaxMessage}
	c.info = Info{Scheme: a.scheme, Local: conn.LocalAddr(), Remote: conn.RemoteAddr(), UID: -1}
	if a.scheme == "unix" {
		c.info.UID = peerUID(conn)
	}
	if a.scheme == "tls" {
		c.secure = encrypted(conn, a, o, r)
		conn = hastyTLS{c.secure}
	}
	c.link = newLink(conn, o)
	return c
}

// streamListener accepts connections that carry frames.
type streamListener struct {
	listener net.Listener
	address  address
	o        *Options

	done    chan struct{} // closed by Close
	closing sync.Once
}

func listenStream(ctx context.Context, a address, o *Options) (Listener, error) {
	listener, a, err := listen(ctx, a, o)
	if err != nil {
		return nil, err
	}
	return &streamListener{listener: listener, address: a, o: o, done: make(chan struct{})}, nil
}

// listen opens the socket of any scheme that has one, and returns its address
// with the port it was given.
func listen(ctx context.Context, a address, o *Options) (net.Listener, address, error) {
	if (a.scheme == "tls" || a.scheme == "wss") && o.TLS == nil {
		return nil, a, fmt.Errorf("transport: listen %s: Options.TLS is missing: it holds the certificate", a)
	}
	if a.scheme == "unix" {
		l, err := listenUnix(ctx, a.name)
		if err != nil {
			err = fmt.Errorf("transport: listen %s: %w", a, err)
		}
		return l, a, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, a.network, a.name)
	if err != nil {
		return nil, a, fmt.Errorf("transport: %w", err)
	}
	a.name = l.Addr().String()
	a.host = a.name
	return l, a, nil
}

// maxPause bounds the pause after a failed accept, most likely for want of
// descriptors.
const maxPause = time.Second

func (l *streamListener) Accept() (Conn, error) {
	pause := 5 * time.Millisecond
	for {
		conn, err := l.listener.Accept()
		if err == nil && admitted(l.o, conn.RemoteAddr()) {
			return newFramed(conn, l.address, l.o, accepting), nil
		}
		if err == nil {
			conn.Close()
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return nil, net.ErrClosed
		}
		if !isTemporary(err) {
			return nil, fmt.Errorf("transport: accept at %s: %w", l.address, err)
		}
		if !l.wait(pause) {
			return nil, net.ErrClosed
		}
		pause = min(2*pause, maxPause)
	}
}

// wait pauses and reports whether the listener is still open.
func (l *streamListener) wait(pause time.Duration) bool {
	select {
	case <-time.After(pause):
		return true
	case <-l.done:
		return false
	}
}

// isTemporary reports whether accepting may succeed later.
func isTemporary(err error) bool {
	var temporary interface{ Temporary() bool }
	return errors.As(err, &temporary) && temporary.Temporary()
}

func (l *streamListener) URL() string { return l.address.String() }

func (l *streamListener) Close() error {
	var err error
	l.closing.Do(func() {
		close(l.done)
		err = l.listener.Close()
	})
	return err
}

// encrypted puts TLS over conn.
func encrypted(conn net.Conn, a address, o *Options, r role) *tls.Conn {
	if r == accepting {
		return tls.Server(conn, o.TLS)
	}
	config := o.TLS.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(a.name)
	}
	return tls.Client(conn, config)
}

// hastyTLS closes without the alert that says so, for which a tls.Conn may
// wait five seconds: our last frame has said it.
type hastyTLS struct{ *tls.Conn }

func (c hastyTLS) Close() error { return c.NetConn().Close() }
