package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// requestTimeout bounds the TLS handshake, the request, and the answer.
	requestTimeout = 5 * time.Second

	// maxHeader bounds the header of a request, in bytes, together with the
	// 4 KiB that net/http allows above it.
	maxHeader = 4 << 10
)

// webSocketListener is an HTTP server that knows one path.
type webSocketListener struct {
	address address
	o       *Options
	server  *http.Server
	arrived chan Conn
	queue   *queue
	done    chan struct{} // closed when the server has stopped serving
	failed  error         // set before done is closed

	running sync.WaitGroup // the server, its connections that are not upgraded, and handlers
}

func listenWebSocket(ctx context.Context, a address, o *Options) (Listener, error) {
	if a.query != "" {
		return nil, fmt.Errorf("transport: listen %s: a query has no meaning here", a)
	}
	listener, a, err := listen(ctx, a, o)
	if err != nil {
		return nil, err
	}
	if a.path == "" {
		a.path = "/"
	}
	if a.scheme == "wss" {
		listener = tls.NewListener(listener, webConfig(o.TLS))
	}
	return serveWebSockets(listener, a, o), nil
}

// serveWebSockets starts the server, which takes over listener.
func serveWebSockets(listener net.Listener, a address, o *Options) *webSocketListener {
	l := &webSocketListener{address: a, o: o, arrived: make(chan Conn), queue: newQueue(maxRequests), done: make(chan struct{})}
	l.server = &http.Server{
		Handler:           http.HandlerFunc(l.serve),
		ReadHeaderTimeout: requestTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      requestTimeout,
		IdleTimeout:       requestTimeout,
		MaxHeaderBytes:    maxHeader,
		ConnState:         l.count,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	l.running.Go(func() { l.run(listener) })
	return l
}

// webConfig is config for HTTP/1.1, the only version with upgrades.
func webConfig(config *tls.Config) *tls.Config {
	config = config.Clone()
	config.NextProtos = []string{"http/1.1"}
	return config
}

func (l *webSocketListener) run(listener net.Listener) {
	defer close(l.done)
	l.failed = net.ErrClosed
	if err := l.server.Serve(listener); err != http.ErrServerClosed {
		l.failed = fmt.Errorf("transport: serve %s: %w", l.address, err)
	}
}

// count follows the connections that are the server's.
func (l *webSocketListener) count(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		l.running.Add(1)
		l.queue.enter(c)
	case http.StateHijacked, http.StateClosed:
		l.queue.leave(c)
		l.running.Done()
	}
}

func (l *webSocketListener) serve(w http.ResponseWriter, r *http.Request) {
	l.running.Add(1)
	defer l.running.Done()
	if r.URL.EscapedPath() != l.address.path {
		http.NotFound(w, r)
		return
	}
	c, err := Upgrade(w, r, l.o)
	if err != nil {
		l.o.Log.Debug("ipc: upgrade refused", "remote", r.RemoteAddr, "error", err)
		return
	}
	select {
	case l.arrived <- c:
	case <-l.done:
		c.Close(codeGoingAway, "the listener is closed")
	}
}

func (l *webSocketListener) Accept() (Conn, error) {
	select {
	case c := <-l.arrived:
		return c, nil
	case <-l.done:
		return nil, l.failed
	}
}

func (l *webSocketListener) URL() string { return l.address.String() }

func (l *webSocketListener) Close() error {
	err := l.server.Close()
	l.running.Wait()
	return err
}
