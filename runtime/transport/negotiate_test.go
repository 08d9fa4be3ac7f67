package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// serving are the URLs that both ends of a refusal are tried at.
func serving(t *testing.T) []string {
	return []string{"mem:negotiate", "unix://" + filepath.Join(t.TempDir(), "s"), "tcp://127.0.0.1:0", "tls://127.0.0.1:0", "ws://127.0.0.1:0/", "wss://127.0.0.1:0/"}
}

func TestFirstOfferedIsTaken(t *testing.T) {
	for _, url := range serving(t) {
		t.Run(url, func(t *testing.T) {
			l := listenAt(t, url, withTLS(t, Options{Subprotocols: []string{"v1", "v2", "v3"}}))
			a, b := meet(t, l, withTLS(t, Options{Subprotocols: []string{"v9", "v3", "v2"}}))
			defer a.Close(0, "")
			defer b.Close(0, "")
			if a.Subprotocol() != "v3" || b.Subprotocol() != "v3" {
				t.Errorf("subprotocols %q and %q, want v3", a.Subprotocol(), b.Subprotocol())
			}
		})
	}
}

func TestNoCommonSubprotocol(t *testing.T) {
	for _, url := range serving(t) {
		t.Run(url, func(t *testing.T) {
			l := listenAt(t, url, withTLS(t, Options{Subprotocols: []string{"v1", "v2"}}))
			refused := make(chan error, 1)
			go acceptAndRefuse(l, refused)
			_, err := Dial(t.Context(), l.URL(), withTLS(t, Options{Subprotocols: []string{"v9"}}))
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "offered v9, spoken here v1, v2") {
				t.Errorf("dial: %v, want the reason", err)
			}
			l.Close()
			if err := <-refused; err == nil {
				t.Error("the acceptor noticed nothing")
			}
		})
	}
}

func acceptAndRefuse(l Listener, refused chan<- error) {
	c, err := l.Accept()
	if err == nil {
		err = c.Handshake(context.Background())
		c.Close(0, "")
	}
	refused <- err
}

// H1: what is no handshake ends its own connection.
func TestGarbageHarmsNobody(t *testing.T) {
	garbage := map[string]string{
		"zeros":         strings.Repeat("\x00", 16),
		"ones":          strings.Repeat("\xff", 16),
		"a zero header": strings.Repeat("\x00", headerSize), // and nothing behind it
		"a long header": "\x00\xff\xff\xff",
		"http":          "GET / HTTP/1.1\r\n\r\n",
		"tls":           "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03random",
		"binary offer":  string(frame("v1\x00\x01")),
		"endless offer": string(frame(strings.Repeat("x", 257))),
	}
	l := listenAt(t, "tcp://127.0.0.1:0", nil)
	for name, text := range garbage {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(l.URL(), "tcp://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.Write([]byte(text))
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Handshake(t.Context()); !errors.Is(err, ErrNoProtocol) {
				t.Errorf("handshake: %v, want ErrNoProtocol", err)
			}
			if _, err := c.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
				t.Errorf("write after a failed handshake: %v", err)
			}
		})
	}
}

func TestStrangeAnswers(t *testing.T) {
	answers := map[string]struct {
		stream []byte
		is     error
	}{
		"not offered": {frame("v9"), ErrNoProtocol},
		"binary":      {frame("\x01\x02"), ErrNoProtocol},
		"http":        {[]byte("HTTP/1.1 400 Bad Request\r\n"), ErrNoProtocol},
		"refusal":     {frame("!no room"), ErrRefused},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			c := framedOver(t, &script{pieces: inPieces(answer.stream)}, nil, dialing)
			if err := c.Handshake(t.Context()); !errors.Is(err, answer.is) {
				t.Errorf("handshake: %v, want %v", err, answer.is)
			}
		})
	}
}

// TestStrangeAnswersOverSockets: what arrives alone, with nothing behind it.
func TestStrangeAnswersOverSockets(t *testing.T) {
	for _, answer := range []string{"\x00\x00\x00\x00", "\x00\xff\xff\xff", "HTTP"} {
		t.Run(fmt.Sprintf("%q", answer), func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				if conn, err := l.Accept(); err == nil {
					defer conn.Close()
					io.WriteString(conn, answer)
					io.Copy(io.Discard, conn)
				}
			}()
			if _, err := Dial(t.Context(), "tcp://"+l.Addr().String(), nil); !errors.Is(err, ErrNoProtocol) {
				t.Errorf("dial: %v, want ErrNoProtocol", err)
			}
		})
	}
}

func TestAdmitRefuses(t *testing.T) {
	for _, url := range serving(t) {
		t.Run(url, func(t *testing.T) {
			asked := make(chan net.Addr, 1)
			o := withTLS(t, Options{Admit: func(remote net.Addr) error {
				asked <- remote
				return errors.New("full")
			}})
			l := listenAt(t, url, o)
			done := make(chan error, 1)
			go func() {
				_, err := l.Accept()
				done <- err
			}()
			if _, err := Dial(t.Context(), l.URL(), o); err == nil {
				t.Error("dial succeeded")
			}
			if remote := <-asked; remote == nil {
				t.Error("Admit was not told who asks")
			}
			l.Close()
			if err := <-done; !errors.Is(err, net.ErrClosed) {
				t.Errorf("accept: %v", err)
			}
		})
	}
}

// TestContextEndsWithTheHandshake: a context that ends later closes nothing.
func TestContextEndsWithTheHandshake(t *testing.T) {
	for _, url := range serving(t) {
		t.Run(url, func(t *testing.T) {
			o := withTLS(t, Options{})
			l := listenAt(t, url, o)
			accepted := acceptOne(t, l)
			ctx, cancel := context.WithCancel(t.Context())
			a, err := Dial(ctx, l.URL(), o)
			if err != nil {
				t.Fatal(err)
			}
			b := mustGet(t, accepted)
			defer a.Close(0, "")
			defer b.Close(0, "")
			cancel()
			mustWrite(t, a, []byte("still here"))
			mustRead(t, b, []byte("still here"))
			mustWrite(t, b, []byte("here too"))
			mustRead(t, a, []byte("here too"))
		})
	}
}

// TestSilentAcceptors: a peer that takes the connection and says nothing.
func TestSilentAcceptors(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, scheme := range []string{"tcp", "tls", "ws", "wss"} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := Dial(ctx, scheme+"://"+silent.Addr().String(), withTLS(t, Options{}))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v, want that of the context", scheme, err)
		}
		cancel()
	}
}

func TestHandshakeEndsWithItsContext(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := framedOver(t, near, nil, accepting).Handshake(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("handshake: %v", err)
	}
}

func TestBadSubprotocols(t *testing.T) {
	for _, names := range [][]string{{""}, {"a,b"}, {"!a"}, {"a b"}, {"v1", "ü"}, {strings.Repeat("x", 257)}} {
		if _, err := Listen(t.Context(), "mem:bad", &Options{Subprotocols: names}); err == nil {
			t.Errorf("%q: no error", names)
		}
	}
}

func TestTLSChecksTheName(t *testing.T) {
	o := withTLS(t, Options{})
	l := listenAt(t, "tls://127.0.0.1:0", o)
	refused := make(chan error, 1)
	go acceptAndRefuse(l, refused)
	if _, err := Dial(t.Context(), l.URL(), nil); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("dial without its roots: %v, want a refusal of the certificate", err)
	}
	if err := <-refused; err == nil {
		t.Error("the acceptor noticed nothing")
	}
	a, b := meet(t, l, o)
	defer a.Close(0, "")
	defer b.Close(0, "")
	if a.Info().TLS == nil || b.Info().TLS == nil || !b.Info().TLS.HandshakeComplete {
		t.Error("the state of TLS is missing")
	}
	if _, err := Listen(t.Context(), "tls://127.0.0.1:0", nil); err == nil {
		t.Error("listening without a certificate succeeded")
	}
}

// TestReaderWithALowerLimit: the peer may send what we do not take.
func TestReaderWithALowerLimit(t *testing.T) {
	for _, url := range serving(t) {
		t.Run(url, func(t *testing.T) {
			l := listenAt(t, url, withTLS(t, Options{MaxMessage: 100}))
			a, b := meet(t, l, withTLS(t, Options{}))
			defer a.Close(0, "")
			defer b.Close(0, "")
			mustWrite(t, a, message(101, 0))
			if _, err := b.Read(nil); !errors.Is(err, ErrTooLarge) {
				t.Errorf("read: %v, want ErrTooLarge", err)
			}
			_, err := a.Read(nil)
			var end *CloseError
			if !errors.As(err, &end) || end.Code != codeTooLarge {
				t.Errorf("the writer's read: %v, want a close with 1009", err)
			}
		})
	}
}
