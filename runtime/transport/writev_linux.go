package transport

import (
	"os"
	"syscall"
	"unsafe"
)

// tryWriteBoth writes what fits of head and then of body, neither of them
// empty, with one call. done is false if that is nothing.
func tryWriteBoth(fd uintptr, head, body []byte) (n int, done bool, err error) {
	parts := [2]syscall.Iovec{{Base: &head[0]}, {Base: &body[0]}}
	parts[0].SetLen(len(head))
	parts[1].SetLen(len(body))
	for {
		n, _, errno := syscall.Syscall(syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&parts)), uintptr(len(parts)))
		switch errno {
		case 0:
			return int(n), true, nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, false, nil
		default:
			return 0, true, os.NewSyscallError("writev", errno)
		}
	}
}
