//go:build unix

package transport

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// divertStdio moves stdin and stdout to new descriptors, and leaves /dev/null
// and stderr in their places.
func divertStdio() (in, out *os.File, err error) {
	if in, err = moveFile(0, "stdin"); err != nil {
		return nil, nil, err
	}
	if out, err = moveFile(1, "stdout"); err != nil {
		in.Close()
		return nil, nil, err
	}
	if err := leaveBehind(); err != nil {
		in.Close()
		out.Close()
		return nil, nil, err
	}
	return in, out, nil
}

// moveFile duplicates fd. A pipe or a socket is made non-blocking, which lets
// Close end a Read.
func moveFile(fd int, name string) (*os.File, error) {
	moved, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var stat unix.Stat_t
	if err := unix.Fstat(moved, &stat); err != nil {
		unix.Close(moved)
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if kind := stat.Mode & unix.S_IFMT; kind == unix.S_IFIFO || kind == unix.S_IFSOCK {
		if err := unix.SetNonblock(moved, true); err != nil {
			unix.Close(moved)
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return os.NewFile(uintptr(moved), name), nil
}

func leaveBehind() error {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	if err := redirect(int(null.Fd()), 0); err != nil {
		return fmt.Errorf("stdin: %w", err)
	}
	if err := redirect(2, 1); err != nil {
		return fmt.Errorf("stdout: %w", err)
	}
	return nil
}
