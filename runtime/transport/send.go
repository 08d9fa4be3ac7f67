package transport

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// Write takes p and sends what it can without blocking, unless l is corked.
// What is left is sent by a goroutine that ends when it is done, or the link.
func (l *link) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.add(p); err != nil {
		return 0, err
	}
	if l.corked || l.push() || l.writeErr != nil {
		return len(p), l.writeErr
	}
	l.startDrain()
	return len(p), nil
}

// startDrain sends what is left on a goroutine, which Close waits for. It
// requires mu.
func (l *link) startDrain() {
	if !l.flushing {
		l.flushing, l.draining = true, true
		l.drains.Go(l.drainOrDie)
	}
}

// send takes head and body as one message and sends what it can without
// blocking.
func (l *link) send(head, body []byte) (drained bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(body) >= directSize && l.out == nil && !l.flushing && l.rawOut != nil && l.writeErr == nil {
		head, body = l.direct(head, body)
	}
	if len(body) == 0 {
		return true, l.writeErr
	}
	if l.out == nil {
		l.out = getBuffer(len(head) + len(body))
	}
	if err := l.add(head); err != nil {
		return false, err
	}
	if err := l.add(body); err != nil {
		return false, err
	}
	return l.push(), l.writeErr
}

// directSize is how large a message must be, in bytes, for it to pay to send it
// from where it is instead of copying it behind its head.
const directSize = 4 << 10

// direct makes one attempt to send head and body without copying them, and
// returns what is left. It requires mu, and that nothing waits before them.
func (l *link) direct(head, body []byte) (restHead, restBody []byte) {
	l.writeHead, l.writeFrom, l.writeCount = head, body, 0
	err := l.rawOut.Write(l.attempt)
	if err == nil {
		err = l.attemptErr
	}
	l.writeHead, l.writeFrom = nil, nil
	if err != nil {
		l.writeErr = err
		return head, body
	}
	n := min(l.writeCount, len(head))
	return head[n:], body[l.writeCount-n:]
}

// cork holds back what is written until uncork.
func (l *link) cork() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.corked = true
}

func (l *link) isCorked() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.corked
}

// uncork sends what it can without blocking.
func (l *link) uncork() (drained bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.corked = false
	return l.push(), l.writeErr
}

// add appends p to what has yet to leave. It requires mu.
func (l *link) add(p []byte) error {
	if l.writeErr != nil {
		return l.writeErr
	}
	if l.out != nil && len(*l.out)+len(p) > l.maxPending {
		return fmt.Errorf("%w: %d bytes wait already", ErrSlow, len(*l.out)-l.sent)
	}
	l.out = appendBuffer(l.out, p)
	return nil
}

// push makes one attempt to send without blocking, and reports whether nothing
// is left. It requires mu.
func (l *link) push() (drained bool) {
	if l.flushing || l.writeErr != nil {
		return false
	}
	if l.out == nil {
		return true
	}
	if l.rawOut == nil {
		return false
	}
	l.writeFrom = (*l.out)[l.sent:]
	err := l.rawOut.Write(l.attempt)
	if err == nil {
		err = l.attemptErr
	}
	l.writeFrom = nil
	if err != nil {
		l.writeErr = err
		return false
	}
	l.sent += l.writeCount
	if l.sent < len(*l.out) {
		return false
	}
	putBuffer(l.out)
	l.out, l.sent = nil, 0
	return true
}

// writeOnce makes one attempt to write and never waits.
func (l *link) writeOnce(fd uintptr) (done bool) {
	if l.writeHead != nil {
		l.writeCount, _, l.attemptErr = tryWriteBoth(fd, l.writeHead, l.writeFrom)
		return true
	}
	l.writeCount, _, l.attemptErr = tryWrite(fd, l.writeFrom)
	return true
}

// writeSome waits until the socket takes something.
func (l *link) writeSome(fd uintptr) (done bool) {
	l.writeCount, done, l.attemptErr = tryWrite(fd, l.writeFrom)
	return done
}

// flush blocks until everything has left.
func (l *link) flush() error {
	l.mu.Lock()
	for l.flushing {
		l.idle.Wait()
	}
	if l.out == nil || l.writeErr != nil {
		defer l.mu.Unlock()
		return l.writeErr
	}
	l.flushing = true
	l.mu.Unlock()
	return l.drain()
}

// drain sends until nothing is left. Its caller has set flushing.
func (l *link) drain() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.out != nil && l.writeErr == nil {
		out, sent := l.out, l.sent
		l.out, l.sent = nil, 0
		l.mu.Unlock()
		err := l.writeAll((*out)[sent:])
		putBuffer(out)
		l.mu.Lock()
		if l.writeErr == nil {
			l.writeErr = err
		}
	}
	l.flushing, l.draining = false, false
	l.idle.Broadcast()
	return l.writeErr
}

// drainOrDie sends what nobody waits for. If that fails, reading fails.
func (l *link) drainOrDie() {
	if l.drain() != nil {
		l.Conn.Close()
	}
}

// writeAll blocks until p has left, or the peer accepts nothing of it for
// writeTimeout.
func (l *link) writeAll(p []byte) error {
	defer l.SetWriteDeadline(time.Time{})
	for len(p) > 0 {
		l.SetWriteDeadline(time.Now().Add(l.writeTimeout))
		n, err := l.writeStep(p)
		p = p[n:]
		slow := errors.Is(err, os.ErrDeadlineExceeded)
		if slow && n == 0 {
			return fmt.Errorf("%w for %v", ErrSlow, l.writeTimeout)
		}
		if err != nil && !slow {
			return err
		}
	}
	return nil
}

// recordSize is how much is written at once where we cannot see what the peer
// accepts of it: a TLS record, in bytes.
const recordSize = 16 << 10

// writeStep blocks until the peer has accepted some of p.
func (l *link) writeStep(p []byte) (int, error) {
	if l.rawOut == nil {
		return l.Conn.Write(p[:min(len(p), recordSize)])
	}
	l.writeFrom, l.writeCount = p, 0
	if err := l.rawOut.Write(l.insist); err != nil {
		return 0, err
	}
	l.writeFrom = nil
	return l.writeCount, l.attemptErr
}
