//go:build unix

package transport

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// leaveSocket makes a socket at path; a live one accepts until the test ends.
func leaveSocket(t *testing.T, path string, live bool) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if !live {
		l.Close()
		return
	}
	t.Cleanup(func() { l.Close() })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestUnixPaths is case B8.
func TestUnixPaths(t *testing.T) {
	tests := []struct {
		name    string
		root    bool // only root can prepare this
		prepare func(t *testing.T, path string)
		refusal string // empty for success
	}{
		{"nothing there", false, func(*testing.T, string) {}, ""},
		{"stale socket", false, func(t *testing.T, path string) { leaveSocket(t, path, false) }, ""},
		{"socket in use", false, func(t *testing.T, path string) { leaveSocket(t, path, true) }, "in use"},
		{"regular file", false, func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte("precious"), 0o600)) }, "no socket"},
		{"directory", false, func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, "no socket"},
		{"symbolic link", false, func(t *testing.T, path string) {
			leaveSocket(t, path+".real", false)
			must(t, os.Symlink(path+".real", path))
		}, "symbolic link"},
		{"dangling symbolic link", false, func(t *testing.T, path string) { must(t, os.Symlink("/nonexistent", path)) }, "symbolic link"},
		{"socket of another user", true, func(t *testing.T, path string) {
			leaveSocket(t, path, false)
			must(t, os.Chown(path, 12345, -1))
		}, "another user (uid 12345)"},
		{"no directory", false, func(t *testing.T, path string) { must(t, os.Remove(filepath.Dir(path))) }, "no such file"},
		{"open directory", false, func(t *testing.T, path string) { must(t, os.Chmod(filepath.Dir(path), 0o777)) }, "everybody may replace"},
		{"sticky directory", false, func(t *testing.T, path string) { must(t, os.Chmod(filepath.Dir(path), 0o777|fs.ModeSticky)) }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.root && os.Geteuid() != 0 {
				t.Skip("needs root")
			}
			path := filepath.Join(t.TempDir(), "d", "s")
			must(t, os.Mkdir(filepath.Dir(path), 0o700))
			test.prepare(t, path)
			before, _ := os.Lstat(path)
			l, err := Listen(t.Context(), "unix://"+path, nil)
			if test.refusal == "" {
				must(t, err)
				checkServes(t, l, path)
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.refusal) {
				t.Errorf("error %v, want one with %q", err, test.refusal)
			}
			if after, _ := os.Lstat(path); before != nil && !os.SameFile(before, after) {
				t.Error("what was there is gone")
			}
		})
	}
}

func checkServes(t *testing.T, l Listener, path string) {
	t.Helper()
	info, err := os.Lstat(path)
	must(t, err)
	if info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("mode %v, want that of a socket and 0600", info.Mode())
	}
	a, b := meet(t, l, nil)
	a.Close(0, "")
	b.Close(0, "")
	l.Close()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is still there after Close: %v", err)
	}
}

func TestUnixModeIgnoresTheUmask(t *testing.T) {
	for _, umask := range []int{0, 0o777} {
		path := filepath.Join(t.TempDir(), "s")
		old := syscall.Umask(umask)
		l, err := Listen(t.Context(), "unix://"+path, nil)
		syscall.Umask(old)
		must(t, err)
		checkServes(t, l, path)
	}
}

func TestUnixCloseRemovesOnlyItsOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l := listenAt(t, "unix://"+path, nil)
	must(t, os.Remove(path))
	leaveSocket(t, path, true)
	l.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the other's socket is gone: %v", err)
	}
}

func TestUnixRelativeAndAbstract(t *testing.T) {
	t.Chdir(t.TempDir())
	urls := []string{"unix:relative.sock"}
	if runtime.GOOS == "linux" {
		urls = append(urls, "unix:@ipcgen-transport-test")
	}
	for _, url := range urls {
		l := listenAt(t, url, nil)
		if l.URL() != url {
			t.Errorf("URL %s, want %s", l.URL(), url)
		}
		a, b := meet(t, l, nil)
		if runtime.GOOS == "linux" && b.Info().UID != os.Getuid() {
			t.Errorf("uid %d", b.Info().UID)
		}
		a.Close(0, "")
		b.Close(0, "")
		l.Close()
	}
}
