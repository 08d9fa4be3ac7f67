package ipc

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/transport"
)

// from describes a connection from an IP address.
func from(ip string) transport.Info {
	return transport.Info{Scheme: "tcp", UID: -1, Remote: &net.TCPAddr{IP: net.ParseIP(ip), Port: 7}}
}

// ofUser describes a connection over a Unix socket.
func ofUser(uid int) transport.Info {
	return transport.Info{Scheme: "unix", UID: uid, Remote: &net.UnixAddr{Net: "unix"}}
}

// silent is a connection on which nothing happens but its end.
type silent struct {
	transport.Conn
	info   transport.Info
	closed chan uint16
}

func newSilent(info transport.Info) *silent { return &silent{info: info, closed: make(chan uint16, 1)} }

func (s *silent) Info() transport.Info { return s.info }

func (s *silent) Close(code uint16, _ string) error { s.closed <- code; return nil }

// A quarter of the lobby is for one address, and the oldest leave when it is full.
func TestTheLobby(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l lobby
		l.init(8)
		var inside []*silent
		var leave []func()
		enter := func(info transport.Info) bool {
			s := newSilent(info)
			out, ok := l.enter(s)
			if ok {
				inside, leave = append(inside, s), append(leave, out)
			}
			return ok
		}
		for i, want := range []bool{true, true, false} {
			if got := enter(from("192.0.2.1")); got != want {
				t.Errorf("%d of the first address: %v", i+1, got)
			}
		}
		for i := range 6 {
			if !enter(ofUser(i)) {
				t.Errorf("user %d has no place", i)
			}
		}
		synctest.Wait()
		if l.waiting.Len() != 8 || len(inside[0].closed) != 0 {
			t.Fatalf("%d are in", l.waiting.Len())
		}
		for i := range 2 {
			if !enter(from("192.0.2.9")) {
				t.Error("a newcomer has no place")
			}
			synctest.Wait()
			select {
			case code := <-inside[i].closed:
				if code != statusFull {
					t.Errorf("the oldest is closed with %d", code)
				}
			default:
				t.Error("the oldest is not closed")
			}
		}
		time.Sleep(grace - 1)
		if enter(from("192.0.2.9")) {
			t.Error("who has just come in had to make room for another one of its address")
		}
		time.Sleep(time.Nanosecond)
		if !enter(from("192.0.2.9")) {
			t.Error("those who say nothing keep others of their address out")
		}
		synctest.Wait()
		for i, s := range inside[2:] {
			if expelled := len(s.closed) == 1; expelled != (i == 6) { // the oldest of this address
				t.Errorf("%d after the first two is closed: %v", i, expelled)
			}
		}
		for _, out := range leave {
			out()
		}
		if l.waiting.Len() != 0 || len(l.from) != 0 {
			t.Errorf("in the end: %d, %v", l.waiting.Len(), l.from)
		}
	})
}
