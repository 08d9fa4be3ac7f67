package transport

import (
	"container/list"
	"crypto/tls"
	"net"
	"sync"
)

// maxRequests bounds the connections of a listener for WebSockets that have yet
// to send their request, or to be answered. One costs about 14 KiB.
const maxRequests = 1024

// queue holds those connections. It is bounded, and a quarter of it is for one
// address. Who has been in for longest makes room for the newcomer, so that
// strangers who connect and say nothing keep nobody out.
type queue struct {
	limit int

	mu     sync.Mutex
	all    *list.List // of net.Conn, the oldest first
	places map[net.Conn]*list.Element
	from   map[string]int
}

func newQueue(limit int) *queue {
	return &queue{limit: limit, all: list.New(), places: map[net.Conn]*list.Element{}, from: map[string]int{}}
}

// enter takes c in, and closes another one if there are too many.
func (q *queue) enter(c net.Conn) {
	q.mu.Lock()
	defer q.mu.Unlock()
	host := hostOf(c)
	switch {
	case q.from[host] >= max(1, q.limit/4):
		q.expel(q.oldest(host))
	case q.all.Len() >= q.limit:
		q.expel(q.all.Front().Value.(net.Conn))
	}
	q.places[c] = q.all.PushBack(c)
	q.from[host]++
}

// oldest returns the one of that host that has been in for longest.
func (q *queue) oldest(host string) net.Conn {
	place := q.all.Front()
	for hostOf(place.Value.(net.Conn)) != host {
		place = place.Next()
	}
	return place.Value.(net.Conn)
}

// leave takes c out, if it has not been taken out already.
func (q *queue) leave(c net.Conn) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.remove(c)
}

func (q *queue) remove(c net.Conn) {
	place := q.places[c]
	if place == nil {
		return
	}
	q.all.Remove(place)
	delete(q.places, c)
	host := hostOf(c)
	if q.from[host]--; q.from[host] == 0 {
		delete(q.from, host)
	}
}

// expel closes c. It goes around TLS, which would wait to say so.
func (q *queue) expel(c net.Conn) {
	q.remove(c)
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	c.Close()
}

// hostOf returns the address at the far end of c, without its port.
func hostOf(c net.Conn) string {
	addr := c.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(addr); err == nil {
		return host
	}
	return addr
}
