package transport

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// script is a net.Conn whose peer has said everything already. It hands it
// out in the pieces it was given, and then fails with end.
type script struct {
	pieces [][]byte
	end    error

	mu   sync.Mutex
	sent bytes.Buffer
}

// inPieces cuts p into pieces of the sizes given, over and over.
func inPieces(p []byte, sizes ...byte) [][]byte {
	var pieces [][]byte
	for i := 0; len(p) > 0; i++ {
		n := len(p)
		if len(sizes) > 0 {
			n = min(n, 1+int(sizes[i%len(sizes)]))
		}
		pieces = append(pieces, p[:n])
		p = p[n:]
	}
	return pieces
}

func (s *script) Read(p []byte) (int, error) {
	if len(s.pieces) == 0 {
		return 0, s.end
	}
	n := copy(p, s.pieces[0])
	s.pieces[0] = s.pieces[0][n:]
	if len(s.pieces[0]) == 0 {
		s.pieces = s.pieces[1:]
	}
	return n, nil
}

func (s *script) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent.Write(p)
}

func (s *script) written() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.sent.Bytes())
}

func (s *script) Close() error                     { return nil }
func (s *script) LocalAddr() net.Addr              { return memoryAddr("script") }
func (s *script) RemoteAddr() net.Addr             { return memoryAddr("script") }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// ends are the two ways in which a connection is cut.
var ends = map[string]error{"FIN": io.EOF, "RST": syscall.ECONNRESET}

// frame is one of a stream of bytes.
func frame(msg string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(msg))), msg...)
}

func framedOver(t testing.TB, conn net.Conn, o *Options, r role) *framedConn {
	t.Helper()
	s, err := settle(o)
	if err != nil {
		t.Fatal(err)
	}
	c := newFramed(conn, address{scheme: "tcp"}, s, r)
	t.Cleanup(func() { c.Close(0, "") })
	return c
}

const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xa
	fin            = 0x80
	rsv1           = 0x40
)

// clientFrame is a masked frame of a WebSocket. first is its first byte.
func clientFrame(first byte, payload string) []byte {
	key := []byte{1, 2, 3, 4}
	f := []byte{first}
	switch n := len(payload); {
	case n < 126:
		f = append(f, 0x80|byte(n))
	case n <= 0xffff:
		f = binary.BigEndian.AppendUint16(append(f, 0x80|126), uint16(n))
	default:
		f = binary.BigEndian.AppendUint64(append(f, 0x80|127), uint64(n))
	}
	f = append(f, key...)
	for i := range len(payload) {
		f = append(f, payload[i]^key[i%4])
	}
	return f
}

// readServerFrame reads an unmasked frame.
func readServerFrame(r io.Reader) (first byte, payload string, err error) {
	var head [10]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return 0, "", err
	}
	n := uint64(head[1])
	switch n {
	case 126:
		_, err = io.ReadFull(r, head[2:4])
		n = uint64(binary.BigEndian.Uint16(head[2:]))
	case 127:
		_, err = io.ReadFull(r, head[2:10])
		n = binary.BigEndian.Uint64(head[2:])
	}
	if err != nil {
		return 0, "", err
	}
	p := make([]byte, n)
	_, err = io.ReadFull(r, p)
	return head[0], string(p), err
}

// upgradeRequest asks for a WebSocket.
func upgradeRequest(target string) *http.Request {
	r := httptest.NewRequest("GET", target, nil)
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-WebSocket-Version", "13")
	r.Header.Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
	r.Header.Set("Sec-WebSocket-Protocol", "messages")
	return r
}

// hijackable is the response to a request that came over conn.
type hijackable struct {
	*httptest.ResponseRecorder
	conn net.Conn
}

func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReader(strings.NewReader("")), bufio.NewWriter(h.conn)), nil
}

// upgradedOver is the server's end of a WebSocket over conn, upgraded already.
func upgradedOver(t testing.TB, conn net.Conn, o *Options) *webSocketConn {
	t.Helper()
	c, err := Upgrade(hijackable{httptest.NewRecorder(), conn}, upgradeRequest("http://example.com/ipc"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(0, "") })
	return c.(*webSocketConn)
}

// serveOne upgrades the one request that comes over conn.
func serveOne(conn net.Conn, accepted chan<- Conn) {
	r := bufio.NewReader(conn)
	request, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	c, err := Upgrade(respondTo{hijackable{httptest.NewRecorder(), conn}}, request, nil)
	if err != nil {
		return
	}
	accepted <- c
}

// respondTo sends the header of a response when it is written.
type respondTo struct{ hijackable }

func (w respondTo) WriteHeader(status int) {
	response := http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: w.Header()}
	response.Write(w.conn)
}

// readAll reads messages until the end.
func readAll(c Conn) (messages []string, err error) {
	for {
		msg, err := c.Read(nil)
		if err != nil {
			return messages, err
		}
		messages = append(messages, string(msg))
	}
}
