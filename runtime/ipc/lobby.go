package ipc

import (
	"container/list"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/transport"
)

// lobby holds the connections of a server that have not identified. It is
// bounded, and whoever has waited longest makes room for the newcomer, so that
// strangers who connect and say nothing keep nobody out: not even those who
// share their address, as all do that come through one proxy.
type lobby struct {
	limit int

	mu      sync.Mutex
	waiting *list.List // of *guest, the oldest first
	from    map[string]int
}

// guest is one connection in the lobby.
type guest struct {
	conn   transport.Conn
	origin string
	since  time.Time
}

// grace is how long a guest keeps its place from others of its address. It
// is enough for a handshake: where many come at once those who are in get
// through it, and the others are turned away.
const grace = time.Second

func (l *lobby) init(limit int) {
	l.limit, l.waiting, l.from = limit, list.New(), map[string]int{}
}

// enter takes tc in, and returns what it calls to leave, and false if too many
// of its address have come in just now.
func (l *lobby) enter(tc transport.Conn) (leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := &guest{tc, originOf(tc.Info()), time.Now()}
	if g.origin != "" && l.from[g.origin] >= max(1, l.limit/4) && !l.expelOldest(g) {
		return nil, false
	}
	if l.waiting.Len() >= l.limit {
		l.expel(l.waiting.Front())
	}
	place := l.waiting.PushBack(g)
	l.from[g.origin]++
	return func() { l.leave(place) }, true
}

// expelOldest makes room for newcomer among those of its address, and reports
// false if none of them has been in for long.
func (l *lobby) expelOldest(newcomer *guest) bool {
	for place := l.waiting.Front(); place != nil; place = place.Next() {
		g := place.Value.(*guest)
		if newcomer.since.Sub(g.since) < grace {
			return false
		}
		if g.origin == newcomer.origin {
			l.expel(place)
			return true
		}
	}
	return false
}

func (l *lobby) expel(place *list.Element) {
	go place.Value.(*guest).conn.Close(statusFull, "another connection needed the place")
	l.remove(place)
}

func (l *lobby) leave(place *list.Element) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(place)
}

// remove takes out who is in place, if it has not been taken out already.
func (l *lobby) remove(place *list.Element) {
	g, there := place.Value.(*guest)
	if !there {
		return
	}
	l.waiting.Remove(place)
	place.Value = nil
	if l.from[g.origin]--; l.from[g.origin] <= 0 {
		delete(l.from, g.origin)
	}
}

// originOf tells those apart who connect: by address, on Unix sockets by user.
// It is empty where that cannot be told.
func originOf(info transport.Info) string {
	switch addr := info.Remote.(type) {
	case *net.TCPAddr:
		return addr.IP.String()
	case *net.UnixAddr:
		if info.UID >= 0 {
			return "uid " + strconv.Itoa(info.UID)
		}
	}
	return ""
}
