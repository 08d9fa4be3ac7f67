//go:build unix

package main

import (
	"syscall"
	"time"
)

// processorTime returns how long this process has run, in its own code and in
// the kernel's.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
