package transport

import "golang.org/x/sys/unix"

// redirect makes fd mean what target means.
func redirect(target, fd int) error { return unix.Dup3(target, fd, 0) }
