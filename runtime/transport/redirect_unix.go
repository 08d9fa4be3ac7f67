//go:build unix && !linux

package transport

import "syscall"

// redirect makes fd mean what target means.
func redirect(target, fd int) error { return syscall.Dup2(target, fd) }
