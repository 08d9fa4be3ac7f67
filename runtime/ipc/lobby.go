package ipc

import (
	"container/list"
	"net"
	"strconv"
	"sync"

	"github.com/ipcgen/ipcgen/runtime/transport"
)

// lobby holds the connections of a server that have not identified. It is
// bounded, and whoever has waited longest makes room for the newcomer, so that
// strangers who connect and say nothing keep nobody out.
type lobby struct {
	limit int

	mu      sync.Mutex
	waiting *list.List // of transport.Conn, the oldest first
	from    map[string]int
}

func (l *lobby) init(limit int) {
	l.limit, l.waiting, l.from = limit, list.New(), map[string]int{}
}

// enter takes tc in, and returns what it calls to leave, and false if too many
// of its address are in already.
func (l *lobby) enter(tc transport.Conn) (leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	origin := originOf(tc.Info())
	if origin != "" && l.from[origin] >= max(1, l.limit/4) {
		return nil, false
	}
	if l.waiting.Len() >= l.limit {
		go l.waiting.Front().Value.(transport.Conn).Close(statusFull, "another connection needed the place")
		l.waiting.Remove(l.waiting.Front())
	}
	place := l.waiting.PushBack(tc)
	l.from[origin]++
	return func() { l.leave(place, origin) }, true
}

func (l *lobby) leave(place *list.Element, origin string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting.Remove(place) // does nothing if it was removed
	if l.from[origin]--; l.from[origin] <= 0 {
		delete(l.from, origin)
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
