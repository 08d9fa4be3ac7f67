//go:build !linux

package main

import (
	"os"
	"runtime"
	"testing"
)

// withoutPrivilege runs f, for which file permissions must count.
func withoutPrivilege(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("permissions of folders do not bind this process")
	}
	f()
}
