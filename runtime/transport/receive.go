package transport

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// Read reads what there is, as io.Reader. Bytes that arrived with what the
// caller did not ask for stay in a chunk.
func (l *link) Read(p []byte) (int, error) {
	if l.r == l.w {
		if len(p) >= l.readSize() {
			return l.receive(p)
		}
		if err := l.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, l.in[l.r:l.w])
	l.r += n
	if l.r == l.w && l.rawIn != nil {
		l.returnChunk()
	}
	return n, nil
}

// unread puts back what somebody else has read already, before the first Read.
func (l *link) unread(p []byte) error {
	if len(p) > chunkSize {
		return fmt.Errorf("%d bytes were read ahead, at most %d fit", len(p), chunkSize)
	}
	if len(p) == 0 {
		return nil
	}
	if l.rawIn == nil {
		l.in = make([]byte, max(heldSize, len(p)))
	} else {
		l.in = chunks.Get().(*chunk)[:]
	}
	l.r, l.w = 0, copy(l.in, p)
	l.received.Add(uint64(len(p)))
	return nil
}

// peek shows at most n bytes that have arrived and were not read.
func (l *link) peek(n int) []byte { return l.in[l.r:min(l.w, l.r+n)] }

// readSize is how much is read at once, in bytes. More than that goes
// straight to where it belongs.
func (l *link) readSize() int {
	if l.rawIn == nil {
		return heldSize
	}
	return chunkSize
}

// fill waits for bytes and leaves them in a chunk.
func (l *link) fill() error {
	var into []byte
	if l.rawIn == nil {
		if l.in == nil {
			l.in = make([]byte, heldSize)
		}
		into = l.in
	}
	n, err := l.receive(into)
	l.r, l.w = 0, n
	return err
}

// receive waits for bytes and reads them into p, or a new chunk if p is nil.
func (l *link) receive(p []byte) (n int, err error) {
	if l.rawIn == nil {
		l.setDeadline()
		n, err = l.Conn.Read(p)
	} else {
		n, err = l.receiveRaw(p)
	}
	l.received.Add(uint64(n))
	if n > 0 {
		return n, nil
	}
	return 0, l.explain(err)
}

// explain names the ends of reading that are our own doing.
func (l *link) explain(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Load() {
		return net.ErrClosed
	}
	if errors.Is(l.writeErr, ErrSlow) {
		return l.writeErr
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && l.pace == deadlined {
		return fmt.Errorf("%w: %v", ErrTimeout, l.messageTimeout)
	}
	return err
}

// setDeadline is called before a read waits, or may.
func (l *link) setDeadline() {
	if l.pace == hurried {
		l.pace = deadlined
		l.SetReadDeadline(time.Now().Add(l.messageTimeout))
	}
}

func (l *link) receiveRaw(p []byte) (int, error) {
	l.readInto, l.readCount, l.readErr = p, 0, nil
	if err := l.rawIn.Read(l.readable); err != nil {
		return 0, err
	}
	l.readInto = nil
	if l.readCount == 0 && l.readErr == nil {
		return 0, io.EOF
	}
	return l.readCount, l.readErr
}

// readOnce makes one attempt to read. It borrows a chunk only if there is
// something to put into it: who waits holds no memory.
func (l *link) readOnce(fd uintptr) (done bool) {
	p, own := l.readInto, l.readInto == nil
	if own {
		l.in = chunks.Get().(*chunk)[:]
		p = l.in
	}
	l.poll.wakes()
	l.readCount, done, l.readErr = tryRead(fd, p)
	if !done {
		done = l.pollRead(fd, p)
	}
	if own && l.readCount == 0 {
		l.returnChunk()
	}
	if !done {
		l.setDeadline()
		l.poll.sleeps()
	}
	return done
}

// returnChunk leaves the link without a chunk, and with nothing to read.
func (l *link) returnChunk() {
	chunks.Put((*chunk)(l.in))
	l.in, l.r, l.w = nil, 0, 0
}

// hurry says that a message has begun to arrive.
func (l *link) hurry() {
	if l.pace == atRest {
		l.pace = hurried
	}
}

// rest says that the message is complete.
func (l *link) rest() {
	if l.pace == deadlined {
		l.SetReadDeadline(time.Time{})
	}
	l.pace = atRest
}
