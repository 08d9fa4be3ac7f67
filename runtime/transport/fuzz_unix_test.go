//go:build unix

package transport

import (
	"context"
	"net"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
)

// FuzzSockets is FuzzFrames and FuzzHandshake over sockets, which are read
// without the help of package net, and where bytes may arrive alone.
func FuzzSockets(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0}, []byte{3}, true, true)
	f.Add([]byte{0, 0xff, 0xff, 0xff}, []byte{3}, true, false)
	f.Add([]byte("HTTP"), []byte{3}, false, false)
	f.Add(frame("messages"), []byte{3}, true, true)
	f.Add(slices.Concat(frame("a"), frame("hello"), []byte{0x80, 0, 0, 5, 0x0b, 0xb9, 'b', 'y', 'e'}), []byte{0, 2}, false, false)
	f.Fuzz(func(t *testing.T, stream, sizes []byte, handshake, dial bool) {
		near, far := socketPair(t)
		c := framedOver(t, near, &Options{MaxMessage: fuzzLimit}, role(dial))
		go func() {
			defer far.Close()
			for _, piece := range inPieces(stream, sizes...) {
				far.Write(piece)
				runtime.Gosched() // that it be read
			}
			far.(*net.UnixConn).CloseWrite()
			far.Read(make([]byte, 1<<10)) // an offer, an answer or the end
		}()
		if handshake {
			err := c.Handshake(context.Background())
			if agreed := c.Subprotocol() == "messages"; agreed != (err == nil) {
				t.Errorf("subprotocol %q, error %v", c.Subprotocol(), err)
			}
			return
		}
		got, err := readAll(c)
		want, wantErr := splitFrames(stream)
		if !slices.Equal(got, want) {
			t.Errorf("messages %q, want %q", got, want)
		}
		if !wantErr(err) {
			t.Errorf("ended with %v", err)
		}
	})
}

// socketPair returns two ends that are joined.
func socketPair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]net.Conn
	for i, fd := range fds {
		file := os.NewFile(uintptr(fd), "")
		defer file.Close()
		if ends[i], err = net.FileConn(file); err != nil {
			t.Fatal(err)
		}
	}
	return ends[0], ends[1]
}
