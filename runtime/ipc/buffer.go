package ipc

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

// buffer is storage for a message, or for the body of one packet. It comes from
// a pool for its size, so that small bodies do not keep large storage and large
// ones do not grow into it anew each time.
type buffer struct {
	bytes []byte
	// refs counts who looks at a received message. The packets decoded from it
	// alias its bytes, so everybody who keeps one for longer than it takes to
	// look at it holds a reference; the last to let go returns the storage.
	refs atomic.Int32
	// packet is what is made of the bytes before it is queued.
	packet wire.Packet
	// packets is how many of them are in a message that is being filled.
	packets int
}

// Buffers come in powers of two from minBuffer to maxBuffer. Larger ones are
// not kept.
const (
	minBuffer = 1 << 10
	maxBuffer = minBuffer << (classes - 1)
	classes   = 12
)

var buffers [classes]sync.Pool

// newBuffer returns an empty buffer with room for n bytes, and one reference.
func newBuffer(n int) *buffer {
	class := bits.Len(uint(max(n, 1)-1) / minBuffer)
	if class >= classes {
		return fresh(n)
	}
	if b, ok := buffers[class].Get().(*buffer); ok {
		b.refs.Store(1)
		return b
	}
	return fresh(minBuffer << class)
}

func fresh(n int) *buffer {
	b := &buffer{bytes: make([]byte, 0, n)}
	b.refs.Store(1)
	return b
}

// reserve makes room for n bytes more.
func (b *buffer) reserve(n int) {
	if cap(b.bytes)-len(b.bytes) >= n {
		return
	}
	larger := newBuffer(max(len(b.bytes)+n, 2*cap(b.bytes)))
	b.bytes, larger.bytes = append(larger.bytes, b.bytes...), b.bytes
	larger.release()
}

// keep takes a reference.
func (b *buffer) keep() *buffer {
	b.refs.Add(1)
	return b
}

// release gives a reference back; nil is allowed. One too many would hand the
// bytes of one peer to another later on, and ends the program instead.
func (b *buffer) release() {
	if b == nil {
		return
	}
	switch left := b.refs.Add(-1); {
	case left > 0:
		return
	case left < 0:
		panic("ipc: a message was released once too often")
	}
	class := bits.Len(uint(cap(b.bytes))/minBuffer) - 1
	if class < 0 || class >= classes {
		return
	}
	b.bytes, b.packet, b.packets = b.bytes[:0], wire.Packet{}, 0
	buffers[class].Put(b)
}

// usual remembers how large things of a kind have been lately, so that the next
// one gets storage that fits.
type usual struct{ bytes atomic.Int64 }

// seen notes one of n bytes. Large ones are forgotten slowly.
func (u *usual) seen(n int) {
	last := u.bytes.Load()
	if next := max(int64(n), last-last/16); next != last {
		u.bytes.Store(next)
	}
}

func (u *usual) size() int { return int(u.bytes.Load()) }
