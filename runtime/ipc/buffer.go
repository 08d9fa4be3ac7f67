package ipc

import (
	"sync"
	"sync/atomic"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

// message is a received message. The packets decoded from it alias its bytes,
// so everybody who keeps one for longer than it takes to look at it holds a
// reference; the last to let go returns the storage.
type message struct {
	bytes []byte
	refs  atomic.Int32
}

var messages = sync.Pool{New: func() any { return new(message) }}

// newMessage returns an empty message with one reference.
func newMessage() *message {
	m := messages.Get().(*message)
	m.refs.Store(1)
	return m
}

// keep takes a reference.
func (m *message) keep() *message {
	m.refs.Add(1)
	return m
}

// release gives a reference back; nil is allowed.
func (m *message) release() {
	if m == nil || m.refs.Add(-1) > 0 || cap(m.bytes) > maxScratch {
		return
	}
	m.bytes = m.bytes[:0]
	messages.Put(m)
}

// scratch is where one packet is made before it is queued.
type scratch struct {
	bytes  []byte
	packet wire.Packet
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func newScratch() *scratch { return scratches.Get().(*scratch) }

// release gives the storage back; nil is allowed.
func (s *scratch) release() {
	if s == nil || cap(s.bytes) > maxScratch {
		return
	}
	s.bytes, s.packet = s.bytes[:0], wire.Packet{}
	scratches.Put(s)
}
