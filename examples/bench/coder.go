package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/coder/websocket"
)

// A loop over the WebSockets of coder/websocket, as one would write it without
// an RPC library: for events only.
func overCoder() []contender {
	return []contender{{
		library: "coder", transport: "ws", codec: "bytes",
		serve:   listening("tcp", serveCoder),
		listen:  listenCoder,
		publish: publishCoder,
	}}
}

func serveCoder(l net.Listener) error {
	return http.Serve(l, &coderCrowd{all: map[*websocket.Conn]bool{}})
}

// coderCrowd sends what one connection says to all.
type coderCrowd struct {
	mu  sync.Mutex
	all map[*websocket.Conn]bool
}

func (c *coderCrowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	if r.URL.Path == "/listen" {
		c.mu.Lock()
		c.all[conn] = true
		c.mu.Unlock()
		defer c.remove(conn)
		if conn.Write(r.Context(), websocket.MessageBinary, []byte("welcome")) != nil {
			return
		}
	}
	for {
		_, event, err := conn.Read(context.Background())
		if err != nil {
			return
		}
		c.tell(event)
	}
}

func (c *coderCrowd) remove(conn *websocket.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, conn)
}

// tell tells everybody. Who has just left notices when reading.
func (c *coderCrowd) tell(event []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.all {
		conn.Write(context.Background(), websocket.MessageBinary, event)
	}
}

// coderConn is a connection that closes without ceremony.
type coderConn struct{ *websocket.Conn }

func (c coderConn) Close() error { return c.CloseNow() }

func dialCoder(address, path string) (coderConn, error) {
	conn, _, err := websocket.Dial(context.Background(), "ws://"+address+path, nil)
	return coderConn{conn}, err
}

func listenCoder(address string, heard func()) (io.Closer, error) {
	conn, err := dialCoder(address, "/listen")
	if err != nil {
		return nil, err
	}
	if _, _, err := conn.Read(context.Background()); err != nil {
		return nil, err
	}
	go func() {
		for {
			if _, _, err := conn.Read(context.Background()); err != nil {
				return
			}
			heard()
		}
	}()
	return conn, nil
}

func publishCoder(address string, p payload) (publisher, error) {
	conn, err := dialCoder(address, "/publish")
	event := rawContent(p)
	return publisher{Closer: conn, tell: func(int64) error {
		return conn.Write(context.Background(), websocket.MessageBinary, event)
	}}, err
}
