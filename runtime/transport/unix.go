package transport

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// probeTimeout is how long a socket that is in the way may take to answer.
const probeTimeout = time.Second

// socket is a listener that leaves no socket behind, and takes away none that
// has replaced its own.
type socket struct {
	*net.UnixListener
	path string
	file fs.FileInfo
}

// listenUnix opens the socket at path for this user alone. An abstract one
// (@name) has no file and no mode: there it turns other users away.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	if strings.HasPrefix(path, "@") {
		return listenAbstract(ctx, path)
	}
	if err := checkDirectory(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if err := clearPath(ctx, path); err != nil {
		return nil, err
	}
	return bindSocket(ctx, path)
}

func listenAbstract(ctx context.Context, path string) (net.Listener, error) {
	if runtime.GOOS != "linux" {
		return nil, fmt.Errorf("abstract sockets such as %s exist on Linux only", path)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	return ownUserOnly{l}, nil
}

// bindSocket creates the socket with mode 0600, whatever the umask is.
func bindSocket(ctx context.Context, path string) (net.Listener, error) {
	config := net.ListenConfig{Control: restrictSocket}
	l, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	s := &socket{UnixListener: l.(*net.UnixListener), path: path}
	s.SetUnlinkOnClose(false)
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	if s.file, err = os.Lstat(path); err != nil {
		l.Close()
		return nil, err
	}
	return s, nil
}

// Close removes the file first: as long as the socket is open nothing else can
// be taken for it.
func (s *socket) Close() error {
	if now, err := os.Lstat(s.path); err == nil && os.SameFile(s.file, now) {
		os.Remove(s.path)
	}
	return s.UnixListener.Close()
}

// checkDirectory refuses a directory in which anybody could replace the socket.
func checkDirectory(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return fmt.Errorf("everybody may replace files in %s (mode %v): take that right away or set the sticky bit", dir, info.Mode())
	}
	return nil
}

// clearPath makes sure that nothing is at path, removing a socket of ours that
// nobody listens at.
func clearPath(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := checkReplaceable(path, info); err != nil {
		return err
	}
	if err := checkStale(ctx, path); err != nil {
		return err
	}
	if now, err := os.Lstat(path); err != nil || !os.SameFile(info, now) {
		return fmt.Errorf("%s changed while it was looked at: somebody else starts there", path)
	}
	return os.Remove(path)
}

// checkReplaceable refuses what is no socket of this user.
func checkReplaceable(path string, info fs.FileInfo) error {
	switch kind := info.Mode().Type(); {
	case kind == fs.ModeSymlink:
		return fmt.Errorf("%s is a symbolic link, which will not be followed", path)
	case kind != fs.ModeSocket:
		return fmt.Errorf("%s is in the way and no socket (mode %v)", path, info.Mode())
	}
	if uid := fileUID(info); uid != os.Geteuid() {
		return fmt.Errorf("%s is the socket of another user (uid %d)", path, uid)
	}
	return nil
}

// checkStale refuses a socket somebody listens at, or might.
func checkStale(ctx context.Context, path string) error {
	dialer := net.Dialer{Timeout: probeTimeout}
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err == nil {
		conn.Close()
		return fmt.Errorf("%s is in use: a process listens there", path)
	}
	if !isRefused(err) {
		return fmt.Errorf("%s may be in use: %w", path, err)
	}
	return nil
}

// ownUserOnly accepts connections of this user and of root.
type ownUserOnly struct{ net.Listener }

func (l ownUserOnly) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if uid := peerUID(conn); uid == os.Geteuid() || uid == 0 {
			return conn, nil
		}
		conn.Close()
	}
}
