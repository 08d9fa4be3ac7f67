package transport

import (
	"math/bits"
	"sync"
)

// Buffers for what has been written and has not left yet. A connection holds
// one only while there is something in it, so that an idle one holds none.
//
// They come in powers of eight, from 512 bytes to 2 MiB.
var buffers [5]sync.Pool

const minBuffer = 512

// bufferClass is the index in buffers of the smallest with n bytes.
func bufferClass(n int) int {
	return (bits.Len(uint(max(n, minBuffer)-1)/minBuffer) + 2) / 3
}

// getBuffer returns an empty buffer with room for n bytes.
func getBuffer(n int) *[]byte {
	class := bufferClass(n)
	if class >= len(buffers) {
		b := make([]byte, 0, n)
		return &b
	}
	if b, ok := buffers[class].Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 0, minBuffer<<(3*class))
	return &b
}

// putBuffer takes back what getBuffer gave.
func putBuffer(b *[]byte) {
	class := bufferClass(cap(*b))
	if class >= len(buffers) || cap(*b) != minBuffer<<(3*class) {
		return
	}
	*b = (*b)[:0]
	buffers[class].Put(b)
}

// appendBuffer appends p to b, which may be nil, moving to a larger one where
// it must.
func appendBuffer(b *[]byte, p []byte) *[]byte {
	if b == nil {
		b = getBuffer(len(p))
	}
	if len(*b)+len(p) > cap(*b) {
		larger := getBuffer(len(*b) + len(p))
		*larger = append(*larger, *b...)
		putBuffer(b)
		b = larger
	}
	*b = append(*b, p...)
	return b
}

const (
	chunkSize = 16 << 10 // bytes read from a socket at once
	heldSize  = 1 << 10  // the same where the buffer must be held while waiting
)

type chunk [chunkSize]byte

// chunks are held from the arrival of bytes to their consumption.
var chunks = sync.Pool{New: func() any { return new(chunk) }}
