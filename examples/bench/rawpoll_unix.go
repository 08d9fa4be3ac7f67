//go:build unix

package main

import (
	"io"
	"net"
	"os"
	"runtime"
	"syscall"
	"time"
)

// pollingRaw is raw where both sides look for the next frame before they sleep,
// for as long as ipcgen does by default. It takes part in calls only.
func pollingRaw(transport string) []contender {
	c := overRaw(transport)[0]
	c.library = "raw-poll"
	c.serve = listening(transport, accepting(func(conn net.Conn) {
		if poller, err := newPoller(conn); err == nil {
			newFramer(poller).serve(&rawCrowd{})
		}
	}))
	c.dial = func(address string, _ int) (client, error) {
		conn, err := dialRaw(transport, address)
		if err != nil {
			return nil, err
		}
		poller, err := newPoller(conn)
		if err != nil {
			return nil, err
		}
		return &rawClient{newFramer(poller)}, nil
	}
	c.listen, c.publish, c.streams = nil, nil, false
	return []contender{c}
}

// rawLook is how long a poller looks.
const rawLook = 100 * time.Microsecond

// poller is a connection whose Read looks for a while before it sleeps.
type poller struct {
	net.Conn
	raw    syscall.RawConn
	looked func(fd uintptr) bool // look, made once: a read allocates nothing

	// Of the Read under way.
	p   []byte
	n   int
	err error
}

func newPoller(conn net.Conn) (*poller, error) {
	raw, err := conn.(syscall.Conn).SyscallConn()
	c := &poller{Conn: conn, raw: raw}
	c.looked = c.look
	return c, err
}

func (c *poller) Read(p []byte) (int, error) {
	c.p = p
	if err := c.raw.Read(c.looked); err != nil {
		return 0, err
	}
	if c.n == 0 && c.err == nil {
		return 0, io.EOF
	}
	return c.n, c.err
}

// look tries to read until it has, or the time for it is over. Between the
// attempts others have their turn of the processor.
func (c *poller) look(fd uintptr) (done bool) {
	for start := time.Now(); ; runtime.Gosched() {
		if done = c.try(fd); done || time.Since(start) > rawLook {
			return done
		}
	}
}

// try reports whether there was something to read, be it an error.
func (c *poller) try(fd uintptr) bool {
	n, err := syscall.Read(int(fd), c.p)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return false
	}
	c.n, c.err = max(n, 0), os.NewSyscallError("read", err)
	return true
}
