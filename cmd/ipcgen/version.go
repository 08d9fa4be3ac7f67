package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version prints what the build knows of itself: the version of the module,
// or (devel), and that of Go.
func (t *tool) version() {
	version := "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	fmt.Fprintln(t.stdout, "ipcgen", version, runtime.Version())
}
