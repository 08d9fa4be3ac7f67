//go:build unix

package transport

import (
	"os"
	"syscall"
)

// rawConn returns the descriptor of conn, for attempts that do not block.
func rawConn(conn syscall.Conn) syscall.RawConn {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// tryRead reads what there is. done is false if the caller has to wait.
func tryRead(fd uintptr, p []byte) (n int, done bool, err error) {
	for {
		n, err = syscall.Read(int(fd), p)
		switch err {
		case nil:
			return n, true, nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, false, nil
		default:
			return 0, true, os.NewSyscallError("read", err)
		}
	}
}

// tryWrite writes what fits. done is false if that is nothing.
func tryWrite(fd uintptr, p []byte) (n int, done bool, err error) {
	for {
		n, err = syscall.Write(int(fd), p)
		switch err {
		case nil:
			return n, true, nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, false, nil
		default:
			return 0, true, os.NewSyscallError("write", err)
		}
	}
}
