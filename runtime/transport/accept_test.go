package transport

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// pipeListener accepts the pipes, and errors, that a test sends it.
type pipeListener struct {
	arrived chan any
	done    chan struct{}
	once    sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{arrived: make(chan any), done: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case v := <-l.arrived:
		if err, ok := v.(error); ok {
			return nil, err
		}
		return v.(net.Conn), nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return memoryAddr("pipes") }

// connect returns the far end of a new pipe.
func (l *pipeListener) connect() net.Conn {
	near, far := net.Pipe()
	l.arrived <- near
	return far
}

// TestAcceptOutlastsShortages: without descriptors there are pauses, no end.
func TestAcceptOutlastsShortages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := settle(nil)
		pipes := newPipeListener()
		l := &streamListener{listener: pipes, address: address{scheme: "tcp"}, o: s, done: make(chan struct{})}
		go func() {
			for range 20 {
				pipes.arrived <- &net.OpError{Op: "accept", Err: syscall.EMFILE}
			}
			pipes.connect().Close()
			pipes.arrived <- errors.New("broken for good")
			pipes.arrived <- &net.OpError{Op: "accept", Err: syscall.EMFILE}
		}()
		start := time.Now()
		c, err := l.Accept()
		if d := time.Since(start); err != nil || d < 10*time.Second || d > 20*time.Second {
			t.Fatalf("accept: %v after %v, want success after pauses", err, d)
		}
		c.Close(0, "")
		if _, err := l.Accept(); err == nil || !strings.Contains(err.Error(), "broken for good") {
			t.Errorf("accept: %v", err)
		}
		ended := make(chan error)
		go func() {
			_, err := l.Accept()
			ended <- err
		}()
		synctest.Wait() // in the pause
		l.Close()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept after Close: %v", err)
		}
	})
}

// TestSlowRequests is case B1 at this level: whoever does not ask in time for
// a WebSocket is cut off, and nobody else notices.
func TestSlowRequests(t *testing.T) {
	requests := map[string]string{
		"nothing":       "",
		"half a header": "GET / HTTP/1.1\r\nHost: example.com\r\nX-",
		"after another": "GET /elsewhere HTTP/1.1\r\nHost: example.com\r\n\r\n",
		"half a body":   "POST /elsewhere HTTP/1.1\r\nHost: example.com\r\nContent-Length: 10\r\n\r\nx",
	}
	for name, request := range requests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := settle(&Options{Log: quiet})
				pipes := newPipeListener()
				l := serveWebSockets(pipes, address{scheme: "ws", host: "example.com", path: "/"}, s)
				defer l.Close()
				slow := pipes.connect()
				defer slow.Close()
				start := time.Now()
				go io.WriteString(slow, request)
				io.Copy(io.Discard, slow)
				if d := time.Since(start); d < 5*time.Second || d > 10*time.Second {
					t.Errorf("cut off after %v", d)
				}
				a, err := upgradeOver(t.Context(), pipes.connect(), l.address, s)
				if err != nil {
					t.Fatal(err)
				}
				defer a.Close(0, "")
				b, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer b.Close(0, "")
				go write(a, []byte("hello"))
				mustRead(t, b, []byte("hello"))
			})
		})
	}
}

func TestLongHeadersAreRefused(t *testing.T) {
	l := listenAt(t, "ws://127.0.0.1:0/", &Options{Log: quiet})
	for size, status := range map[int]int{7 << 10: 101, 9 << 10: 431} {
		conn, err := net.Dial("tcp", l.(*webSocketListener).address.name)
		if err != nil {
			t.Fatal(err)
		}
		r := upgradeRequest("http://" + conn.RemoteAddr().String() + "/")
		r.Header.Set("X-Long", strings.Repeat("x", size))
		go r.Write(conn)
		response, err := http.ReadResponse(bufio.NewReader(conn), r)
		if err != nil || response.StatusCode != status {
			t.Errorf("header of %d bytes: %v, %v, want %d", size, response, err, status)
		}
		conn.Close()
	}
}

// TestCloseRefusesThoseBetween: upgraded, and not accepted yet.
func TestCloseRefusesThoseBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := settle(nil)
		pipes := newPipeListener()
		l := serveWebSockets(pipes, address{scheme: "ws", host: "example.com", path: "/"}, s)
		c, err := upgradeOver(t.Context(), pipes.connect(), l.address, s)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(0, "")
		synctest.Wait() // until the handler waits for Accept
		go l.Close()
		_, err = c.Read(nil)
		var end *CloseError
		if !errors.As(err, &end) || end.Code != codeGoingAway {
			t.Errorf("read: %v, want a close with 1001", err)
		}
	})
}
