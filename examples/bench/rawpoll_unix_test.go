//go:build unix

package main

import (
	"io"
	"net"
	"path/filepath"
	"testing"
)

func TestPoller(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer peer.Close()
		peer.Write([]byte("hello"))
	}()
	poller, err := newPoller(conn)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(poller); string(got) != "hello" || err != nil {
		t.Errorf("got %q and error %v, want hello and the end", got, err)
	}
	conn.Close()
	if _, err := poller.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("a closed connection reads with error %v", err)
	}
}
