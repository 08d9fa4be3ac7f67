package ipc

import (
	"fmt"
	"runtime/debug"
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
