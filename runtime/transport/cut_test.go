package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Case A1 at this level: wherever a connection is cut, what was delivered is
// whole messages, in order, and the error says that it was cut.

var conversation = []string{"a", "hello", strings.Repeat("long ", 26), "z"}

func checkCut(t *testing.T, got []string, err, end error, complete int) {
	t.Helper()
	if !slices.Equal(got, conversation[:complete]) {
		t.Errorf("delivered %.60q, want the first %d messages", got, complete)
	}
	if end == io.EOF {
		end = io.ErrUnexpectedEOF
	}
	if !errors.Is(err, end) {
		t.Errorf("error %v, want %v", err, end)
	}
}

// recorded is the conversation as frames, with the offset at which each
// message is complete.
func recorded(encode func(msg string) []byte) (stream []byte, complete func(k int) int) {
	var offsets []int
	for _, msg := range conversation {
		stream = append(stream, encode(msg)...)
		offsets = append(offsets, len(stream))
	}
	return stream, func(k int) int {
		n, found := slices.BinarySearch(offsets, k)
		if found {
			n++
		}
		return n
	}
}

func TestCutFrames(t *testing.T) {
	stream, complete := recorded(frame)
	for name, end := range ends {
		for k := range len(stream) + 1 {
			for _, size := range []byte{0, 3, 255} {
				t.Run(fmt.Sprintf("%s/%d/by %d", name, k, size), func(t *testing.T) {
					c := framedOver(t, &script{pieces: inPieces(stream[:k], size), end: end}, nil, accepting)
					got, err := readAll(c)
					checkCut(t, got, err, end, complete(k))
				})
			}
		}
	}
}

// fragmented sends a message in three fragments, the last of which is empty,
// with a ping between them.
func fragmented(msg string) []byte {
	half := len(msg) / 2
	return slices.Concat(
		clientFrame(opBinary, msg[:half]),
		clientFrame(fin|opPing, "?"),
		clientFrame(opContinuation, msg[half:]),
		clientFrame(fin|opContinuation, ""))
}

func TestCutWebSocketAtTheServer(t *testing.T) {
	encodings := map[string]func(string) []byte{
		"whole":     func(msg string) []byte { return clientFrame(fin|opBinary, msg) },
		"fragments": fragmented,
	}
	for name, encode := range encodings {
		stream, complete := recorded(encode)
		for endName, end := range ends {
			for k := range len(stream) + 1 {
				for _, size := range []byte{0, 6, 255} {
					t.Run(fmt.Sprintf("%s/%s/%d/by %d", name, endName, k, size), func(t *testing.T) {
						c := upgradedOver(t, &script{pieces: inPieces(stream[:k], size), end: end}, nil)
						got, err := readAll(c)
						checkCut(t, got, err, end, complete(k))
					})
				}
			}
		}
	}
}

// cutConn ends the reading side of a connection after some bytes.
type cutConn struct {
	net.Conn
	left int
	end  error
}

func (c *cutConn) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, c.end
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

func TestCutWebSocketAtTheDialer(t *testing.T) {
	l := listenAt(t, "ws://127.0.0.1:0/", nil)
	stream, complete := recorded(func(msg string) []byte {
		if len(msg) < 126 {
			return append([]byte{fin | opBinary, byte(len(msg))}, msg...)
		}
		return append([]byte{fin | opBinary, 126, 0, byte(len(msg))}, msg...)
	})
	for name, end := range ends {
		for k := range len(stream) + 1 {
			t.Run(fmt.Sprintf("%s/%d", name, k), func(t *testing.T) {
				conn := &cutConn{left: 1 << 20, end: end}
				near, far := dialOver(t, l, conn)
				conn.left = k
				for _, msg := range conversation {
					write(far, []byte(msg)) // near may be gone
				}
				got, err := readAll(near)
				checkCut(t, got, err, end, complete(k))
			})
		}
	}
}

// dialOver connects to l by conn, once it wraps a socket.
func dialOver(t *testing.T, l Listener, conn *cutConn) (near, far Conn) {
	t.Helper()
	a, err := parseAddress(l.URL())
	if err != nil {
		t.Fatal(err)
	}
	if conn.Conn, err = net.Dial("tcp", a.name); err != nil {
		t.Fatal(err)
	}
	s, err := settle(nil)
	if err != nil {
		t.Fatal(err)
	}
	if near, err = upgradeOver(t.Context(), conn, a, s); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(0, ""); far.Close(0, "") })
	return near, far
}

// TestCutSockets does it with real ones, where the system may join and split
// what was sent.
func TestCutSockets(t *testing.T) {
	stream, complete := recorded(frame)
	stream = append(frame("messages"), stream...)
	shift := len(frame("messages"))
	l := listenAt(t, "tcp://127.0.0.1:0", nil)
	for _, reset := range []bool{false, true} {
		for k := shift; k <= len(stream); k += 3 {
			conn, err := net.Dial("tcp", strings.TrimPrefix(l.URL(), "tcp://"))
			if err != nil {
				t.Fatal(err)
			}
			accepted := acceptOne(t, l)
			conn.Write(stream[:shift])
			answer := make([]byte, shift)
			if _, err := io.ReadFull(conn, answer); err != nil || !bytes.Equal(answer, frame("messages")) {
				t.Fatalf("answer %q, %v", answer, err)
			}
			conn.Write(stream[shift:k])
			if reset {
				conn.(*net.TCPConn).SetLinger(0)
			}
			conn.Close()
			c := mustGet(t, accepted)
			got, err := readAll(c)
			if reset { // what had not been read yet may be lost
				if len(got) > complete(k-shift) || !slices.Equal(got, conversation[:len(got)]) {
					t.Errorf("cut after %d bytes: delivered %.60q", k, got)
				}
				if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("cut after %d bytes: %v", k, err)
				}
			} else {
				checkCut(t, got, err, io.EOF, complete(k-shift))
			}
			c.Close(0, "")
		}
	}
}

func TestCutInTheHandshake(t *testing.T) {
	stream := frame("messages,others")
	for name, end := range ends {
		for k := range len(stream) {
			t.Run(fmt.Sprintf("%s/%d", name, k), func(t *testing.T) {
				conn := &script{pieces: inPieces(stream[:k], 0), end: end}
				if err := framedOver(t, conn, nil, accepting).Handshake(context.Background()); err == nil {
					t.Error("the handshake succeeded")
				}
			})
		}
	}
}
