package transport

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// peerUID is the user of the process at the far end of a Unix socket.
func peerUID(conn net.Conn) int {
	uid := -1
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return uid
	}
	raw.Control(func(fd uintptr) {
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			uid = int(cred.Uid)
		}
	})
	return uid
}

// restrictSocket sets the mode that bind gives to the file: there is no moment
// at which others could connect.
func restrictSocket(_, _ string, raw syscall.RawConn) error {
	var err error
	if controlErr := raw.Control(func(fd uintptr) { err = unix.Fchmod(int(fd), 0o600) }); controlErr != nil {
		return controlErr
	}
	return err
}
