package ipc

import (
	"fmt"
	"runtime/debug"

	"github.com/ipcgen/ipcgen/runtime/code"
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

// contain is deferred where a call runs on a goroutine of ours, with the
// interceptors, encoders and sequences that the application gave it: when one
// panics the call fails, and not the process.
func (n *node) contain(route *Route, fail func(error)) {
	value := recover()
	if value == nil {
		return
	}
	n.log.Error("ipc: call failed", "route", route.Name, "error", fmt.Sprintf("panic: %v", value), "stack", string(debug.Stack()))
	fail(&Error{Code: code.Internal, Message: fmt.Sprintf("panic at the caller: %v", value), made: true})
}

// show shows a packet to OnPacket.
func (c *conn) show(p *wire.Packet) {
	if err := guard(func() error { c.node.onPacket(c.peer, p); return nil }); err != nil {
		c.gripes.warn("ipc: OnPacket failed", "peer", c.peer.id, "error", err)
	}
}
