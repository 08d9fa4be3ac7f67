//go:build unix && !linux

package transport

import (
	"net"
	"syscall"
)

// peerUID is not known here.
func peerUID(net.Conn) int { return -1 }

// restrictSocket can do nothing here before the file exists: between bind and
// chmod its mode is that of the umask.
func restrictSocket(string, string, syscall.RawConn) error { return nil }
