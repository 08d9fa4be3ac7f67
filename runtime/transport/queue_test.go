package transport

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// Who connects and sends no request has a place only as long as nobody else
// needs it: of so many, those who came last are in. No time passes meanwhile.
func TestSilentConnectionsMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := settle(nil)
		pipes := newPipeListener()
		l := serveWebSockets(pipes, address{scheme: "ws", host: "h", path: "/"}, s)
		defer l.Close()
		const crowd = maxRequests
		var all [crowd]net.Conn
		var closed [crowd]atomic.Bool
		for i := range all {
			all[i] = pipes.connect()
			defer all[i].Close()
			go func() {
				io.Copy(io.Discard, all[i])
				closed[i].Store(true)
			}()
		}
		synctest.Wait()
		for i := range closed { // all have one address
			if early := i < crowd-maxRequests/4; closed[i].Load() != early {
				t.Fatalf("number %d is closed: %v", i, closed[i].Load())
			}
		}
	})
}

// distant is a connection from an address.
type distant struct {
	net.Conn
	addr   string
	closed bool
}

func (d *distant) RemoteAddr() net.Addr { return memoryAddr(d.addr) }
func (d *distant) Close() error         { d.closed = true; return nil }

// Those of one address make room for each other, those of many for all.
func TestTheQueue(t *testing.T) {
	q := newQueue(8)
	var all []*distant
	for _, addr := range []string{"a:1", "a:2", "a:3", "b:1", "c:1", "d:1", "e:1", "f:1", "g:1", "h:1", "h:2"} {
		d := &distant{addr: addr}
		q.enter(d)
		all = append(all, d)
	}
	for _, d := range all {
		if early := d.addr == "a:1" || d.addr == "a:2" || d.addr == "a:3"; d.closed != early {
			t.Errorf("%s is closed: %v", d.addr, d.closed)
		}
		q.leave(d)
	}
	if q.all.Len()+len(q.places)+len(q.from) != 0 {
		t.Errorf("in the end: %d, %v, %v", q.all.Len(), q.places, q.from)
	}
}
