package ipc

import (
	"fmt"
	"runtime/debug"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

// panicked is a panic in a function that the application gave us.
type panicked struct {
	value any
	stack []byte
}

// Error returns the value and the stack: it is for the log, not for the peer.
func (p *panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

// guard calls fn and returns its error, or its panic as an error.
func guard(fn func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicked{value, debug.Stack()}
		}
	}()
	return fn()
}

// show shows a packet to OnPacket.
func (c *conn) show(p *wire.Packet) {
	if err := guard(func() error { c.node.onPacket(c.peer, p); return nil }); err != nil {
		c.gripes.warn("ipc: OnPacket failed", "peer", c.peer.id, "error", err)
	}
}
