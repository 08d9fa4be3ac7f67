package main

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

const nobody = 65534

// withoutPrivilege runs f on a thread for which file permissions count, though
// the test may run as root.
func withoutPrivilege(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setfsuid(0)
	f()
}
