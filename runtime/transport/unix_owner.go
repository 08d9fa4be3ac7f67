//go:build unix

package transport

import (
	"errors"
	"io/fs"
	"syscall"
)

func fileUID(info fs.FileInfo) int {
	return int(info.Sys().(*syscall.Stat_t).Uid)
}

func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
