package ipc

import (
	"sync"
	"sync/atomic"
)

// forward is a call that is passed on.
type forward struct {
	from, to *conn
	id       uint64   // at from
	call     *pending // at to, under its own id
	sent     atomic.Bool

	forth, back atomic.Int64 // credit for items to the callee, to the caller
}

// forwards are the calls of one connection's peer that are passed on.
type forwards struct {
	any atomic.Bool // this connection has been part of one, on either side

	mu    sync.Mutex
	byID  map[uint64]*forward // that its peer makes
	count int                 // of these, and of those that it is to answer
	empty chan struct{}       // closed when count falls to 0; nil if nobody waits
}

// add enters f, unless there are too many.
func (fs *forwards) add(f *forward, limit int) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if len(fs.byID) >= limit {
		return false
	}
	if fs.byID == nil {
		fs.byID = map[uint64]*forward{}
	}
	fs.byID[f.id] = f
	return true
}

func (fs *forwards) find(id uint64) *forward {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.byID[id]
}

// remove takes f out. Whoever gets true tells the caller how it ended.
func (fs *forwards) remove(f *forward) bool {
	fs.mu.Lock()
	was := fs.byID[f.id] == f
	if was {
		delete(fs.byID, f.id)
	}
	fs.mu.Unlock()
	return was
}

// counted counts calls that begin or, with less than 0, have ended and are told.
func (fs *forwards) counted(n int) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.count += n; fs.count == 0 {
		signal(&fs.empty)
	}
}

// counted counts f at both ends.
func (f *forward) counted(n int) {
	f.from.forwards.counted(n)
	f.to.forwards.counted(n)
}

// over says that f is over and everybody who should know has been told.
func (f *forward) over() { f.counted(-1) }

// none returns what is closed when there are none.
func (fs *forwards) none() <-chan struct{} {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.count == 0 {
		return closedChan
	}
	if fs.empty == nil {
		fs.empty = make(chan struct{})
	}
	return fs.empty
}

// all returns those there are.
func (fs *forwards) all() (all []*forward) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.byID {
		all = append(all, f)
	}
	return all
}
