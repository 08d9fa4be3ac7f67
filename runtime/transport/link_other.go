//go:build !unix

package transport

import "syscall"

// Elsewhere a socket cannot be asked without waiting: every Write leaves its
// message to Flush, and a connection that waits holds a chunk.

func rawConn(syscall.Conn) syscall.RawConn { return nil }

func tryRead(uintptr, []byte) (int, bool, error)  { panic("unreachable") }
func tryWrite(uintptr, []byte) (int, bool, error) { panic("unreachable") }
