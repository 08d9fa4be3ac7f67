//go:build !unix

package transport

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// Without users and modes, files belong to whom they belong to.

func peerUID(net.Conn) int { return -1 }

func fileUID(fs.FileInfo) int { return os.Geteuid() }

func restrictSocket(string, string, syscall.RawConn) error { return nil }

const wsaECONNREFUSED = syscall.Errno(10061)

func isRefused(err error) bool { return errors.Is(err, wsaECONNREFUSED) }
