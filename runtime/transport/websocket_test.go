package transport

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/time/rate"
)

// overScript is the server's end of a WebSocket whose client has sent frames
// and waits.
func overScript(t *testing.T, o *Options, frames ...[]byte) (Conn, *script) {
	t.Helper()
	conn := &script{pieces: inPieces(slices.Concat(frames...)), end: io.EOF}
	return upgradedOver(t, conn, o), conn
}

// lastFrame is what c sent at the end.
func lastFrameOf(t *testing.T, s *script) (first byte, payload string) {
	t.Helper()
	r := bytes.NewReader(s.written())
	for r.Len() > 0 {
		var err error
		if first, payload, err = readServerFrame(r); err != nil {
			t.Fatal(err)
		}
	}
	return first, payload
}

func TestWebSocketFragments(t *testing.T) {
	c, conn := overScript(t, nil, fragmented("hello"), clientFrame(fin|opText, "text as well"))
	mustRead(t, c, []byte("hello"))
	mustRead(t, c, []byte("text as well"))
	c.Flush()
	if first, payload := lastFrameOf(t, conn); first != fin|opPong || payload != "?" {
		t.Errorf("answered frame %x %q, want a pong", first, payload)
	}
}

func TestWebSocketViolations(t *testing.T) {
	o := &Options{MaxMessage: 1000}
	big := strings.Repeat("x", 1001)
	tests := []struct {
		name   string
		frames [][]byte
		is     error // nil for the library's own
		code   string
	}{
		{"empty message", [][]byte{clientFrame(fin|opBinary, "")}, ErrEmpty, "\x03\xea"},
		{"empty message in fragments", [][]byte{clientFrame(opBinary, ""), clientFrame(fin|opContinuation, "")}, ErrEmpty, "\x03\xea"},
		{"one byte too many", [][]byte{clientFrame(fin|opBinary, big)}, ErrTooLarge, "\x03\xf1"},
		{"too many in fragments", [][]byte{clientFrame(opBinary, big[:600]), clientFrame(fin|opContinuation, big[:401])}, ErrTooLarge, "\x03\xf1"},
		{"compressed", [][]byte{clientFrame(fin|rsv1|opBinary, "x")}, nil, "\x03\xea"},
		{"continuation of nothing", [][]byte{clientFrame(fin|opContinuation, "x")}, nil, "\x03\xea"},
		{"unfinished message", [][]byte{clientFrame(opBinary, "x"), clientFrame(fin|opBinary, "x")}, nil, "\x03\xea"},
		{"fragmented ping", [][]byte{clientFrame(opPing, "x")}, nil, "\x03\xea"},
		{"unknown opcode", [][]byte{clientFrame(fin|0x3, "x")}, nil, "\x03\xea"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, conn := overScript(t, o, test.frames...)
			_, err := c.Read(nil)
			if err == nil || errors.Is(err, io.ErrUnexpectedEOF) || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("error %v, want %v", err, test.is)
			}
			if first, payload := lastFrameOf(t, conn); first != fin|opClose || !strings.HasPrefix(payload, test.code) {
				t.Errorf("last frame %x %q, want a close with %x", first, payload, test.code)
			}
		})
	}
}

func TestWebSocketLimitItselfPasses(t *testing.T) {
	msg := strings.Repeat("x", 1000)
	c, _ := overScript(t, &Options{MaxMessage: 1000}, clientFrame(fin|opBinary, msg), fragmented(msg))
	mustRead(t, c, []byte(msg))
	mustRead(t, c, []byte(msg))
}

// TestFloods are cases A4 and A5: what carries nothing is cut short, long
// before the flood is over.
func TestFloods(t *testing.T) {
	const count = 100_000
	tests := []struct {
		name  string
		start []byte
		piece []byte
	}{
		{"empty fragments", clientFrame(opBinary, "x"), clientFrame(opContinuation, "")},
		{"pings", nil, clientFrame(fin|opPing, "x")},
		{"pongs", nil, clientFrame(fin|opPong, "")},
		{"pings inside a message", clientFrame(opBinary, "x"), clientFrame(fin|opPing, "")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, conn := overScript(t, nil, test.start, bytes.Repeat(test.piece, count))
			_, err := c.Read(nil)
			if !errors.Is(err, ErrFlood) {
				t.Errorf("error %v, want ErrFlood", err)
			}
			if got := c.Received(); got > uint64(count*len(test.piece)/2) {
				t.Errorf("%d bytes were read of a flood of %d", got, count*len(test.piece))
			}
			if first, payload := lastFrameOf(t, conn); first != fin|opClose || !strings.HasPrefix(payload, "\x03\xf0") {
				t.Errorf("last frame %x %q, want a close with 1008", first, payload)
			}
		})
	}
}

// rawWebSocket dials l and upgrades by hand.
func rawWebSocket(t *testing.T, l Listener) (net.Conn, *bufio.Reader) {
	t.Helper()
	a, err := parseAddress(l.URL())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", a.name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	request := upgradeRequest("http://" + a.host + a.path)
	request.Header.Set("Sec-WebSocket-Extensions", "permessage-deflate")
	if err := request.Write(conn); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, request)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != 101 || response.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Fatalf("response %s, headers %v: want 101 and no compression", response.Status, response.Header)
	}
	return conn, r
}

// TestPongsAmongMessages has the reader answer pings while another goroutine
// writes messages: no frame may fall into another.
func TestPongsAmongMessages(t *testing.T) {
	const count = 1000
	l := listenAt(t, "ws://127.0.0.1:0/", nil)
	conn, r := rawWebSocket(t, l)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(0, "")
	c.(*webSocketConn).guard.control = rate.NewLimiter(rate.Inf, 0)

	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { // the reader
		if _, err := readAll(c); err == nil {
			t.Error("no end")
		}
	})
	wg.Go(func() { // the writer
		for i := range count {
			if err := write(c, message(1+i*31%3000, i)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	wg.Go(func() { // the far end
		for i := range count {
			if _, err := conn.Write(clientFrame(fin|opPing, fmt.Sprint(i))); err != nil {
				t.Error(err)
				return
			}
		}
	})
	defer conn.Close()
	for pongs, messages := 0, 0; pongs < count || messages < count; {
		first, payload, err := readServerFrame(r)
		switch {
		case err != nil:
			t.Fatal(err)
		case first == fin|opPong && payload == fmt.Sprint(pongs):
			pongs++
		case first == fin|opBinary && payload == string(message(1+messages*31%3000, messages)):
			messages++
		default:
			t.Fatalf("frame %x %.40q after %d pongs and %d messages", first, payload, pongs, messages)
		}
	}
}

func TestTextSubprotocols(t *testing.T) {
	o := &Options{
		Subprotocols: []string{"v1.json", "v1.cbor"},
		Text:         func(name string) bool { return strings.HasSuffix(name, ".json") },
	}
	for _, test := range []struct {
		offer string
		first byte
	}{{"v1.json", fin | opText}, {"v1.cbor", fin | opBinary}} {
		conn := &script{end: io.EOF}
		request := upgradeRequest("http://example.com/")
		request.Header.Set("Sec-WebSocket-Protocol", "unknown, "+test.offer)
		c, err := Upgrade(hijackable{conn: conn, ResponseRecorder: newRecorder()}, request, o)
		if err != nil {
			t.Fatal(err)
		}
		mustWrite(t, c, []byte("{}"))
		if first, _ := lastFrameOf(t, conn); first != test.first || c.Subprotocol() != test.offer {
			t.Errorf("%s: frame %x of %s, want %x", test.offer, first, c.Subprotocol(), test.first)
		}
		c.Close(0, "")
	}
}

func TestWebSocketInfo(t *testing.T) {
	l := listenAt(t, "ws://127.0.0.1:0/path", nil)
	o := &Options{Header: http.Header{"X-Token": {"t"}}}
	dialer, acceptor := meet(t, l, o)
	defer dialer.Close(0, "")
	defer acceptor.Close(0, "")
	r := acceptor.Info().Request
	if r == nil || r.URL.Path != "/path" || r.Header.Get("X-Token") != "t" || r.Context().Done() != nil {
		t.Errorf("request %+v", r)
	}
	if info := dialer.Info(); info.Request != nil || info.Scheme != "ws" || info.Remote.String() != acceptor.Info().Local.String() {
		t.Errorf("info %+v", info)
	}
}

// TestListenerCloseLeavesConnections: and refuses those in between.
func TestListenerCloseLeavesConnections(t *testing.T) {
	for _, url := range []string{"ws://127.0.0.1:0/", "tcp://127.0.0.1:0", "mem:leave"} {
		t.Run(url, func(t *testing.T) {
			l := listenAt(t, url, nil)
			a, b := meet(t, l, nil)
			defer a.Close(0, "")
			defer b.Close(0, "")
			l.Close()
			mustWrite(t, a, []byte("still here"))
			mustRead(t, b, []byte("still here"))
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Accept after Close: %v", err)
			}
			if _, err := Dial(t.Context(), l.URL(), nil); err == nil {
				t.Error("Dial after Close succeeded")
			}
		})
	}
}

func TestWebSocketRefusals(t *testing.T) {
	busy := false
	o := &Options{Subprotocols: []string{"v2"}, Hosts: []string{"example.com"}, Admit: func(net.Addr) error {
		if busy {
			return errors.New("busy")
		}
		return nil
	}}
	tests := []struct {
		name   string
		change func(r *http.Request)
		status int
		says   string
	}{
		{"no WebSocket", func(r *http.Request) { r.Header.Del("Upgrade") }, 426, "WebSocket"},
		{"other subprotocols", func(r *http.Request) {}, 400, "offered messages, spoken here v2"},
		{"no subprotocol", func(r *http.Request) { r.Header.Del("Sec-WebSocket-Protocol") }, 400, "spoken here v2"},
		{"foreign host", func(r *http.Request) { r.Host = "evil.example" }, 403, "evil.example"},
		{"not GET", func(r *http.Request) { v2(r); r.Method = "POST" }, 405, "GET"},
		{"old version", func(r *http.Request) { v2(r); r.Header.Set("Sec-WebSocket-Version", "8") }, 400, "13"},
		{"busy", func(r *http.Request) { v2(r); busy = true }, 503, "no more connections"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := upgradeRequest("http://example.com/")
			test.change(r)
			w := newRecorder()
			if _, err := Upgrade(w, r, o); err == nil {
				t.Error("no error")
			}
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.says) {
				t.Errorf("answered %d %q, want %d and %q", w.Code, w.Body, test.status, test.says)
			}
		})
	}
}

func v2(r *http.Request) { r.Header.Set("Sec-WebSocket-Protocol", "v2") }

func TestDialerSeesTheRefusal(t *testing.T) {
	l := listenAt(t, "ws://127.0.0.1:0/", &Options{Subprotocols: []string{"v2"}})
	_, err := Dial(t.Context(), l.URL(), nil)
	if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "400") || !strings.Contains(err.Error(), "spoken here v2") {
		t.Errorf("error %v, want the status and the reason", err)
	}
	if _, err := Dial(t.Context(), l.URL()+"elsewhere", nil); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("error %v, want 404", err)
	}
}

// TestEagerClient sends its first message with the request.
func TestEagerClient(t *testing.T) {
	for _, url := range []string{"ws://127.0.0.1:0/", "wss://127.0.0.1:0/"} {
		l := listenAt(t, url, withTLS(t, Options{}))
		a := l.(*webSocketListener).address
		conn, err := net.Dial("tcp", a.name)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if a.scheme == "wss" {
			conn = encrypted(conn, a, withTLS(t, Options{}), dialing)
		}
		var p bytes.Buffer
		upgradeRequest("http://" + a.host + "/").Write(&p)
		p.Write(clientFrame(fin|opBinary, "at once"))
		conn.Write(p.Bytes())
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		mustRead(t, c, []byte("at once"))
		c.Close(0, "")
	}
}
