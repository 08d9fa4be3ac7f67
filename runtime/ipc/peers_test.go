package ipc_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ipcgen/ipcgen/internal/require"
	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// TestPeersInOtherLanguages runs programs that were written from PROTOCOL.md
// alone, and know nothing of this project but its sockets.
func TestPeersInOtherLanguages(t *testing.T) {
	for tool, test := range map[string]struct{ url, program, name string }{
		"python": {"ws://127.0.0.1:0/ipc", "python/peer.py", "Guido"},
		"node":   {"unix://" + filepath.Join(shortDir(t), "s"), "node/peer.mjs", "Ryan"},
	} {
		t.Run(tool, func(t *testing.T) {
			path := require.Tool(t, tool)
			left := make(chan error, 1)
			srv, h := newHost(t, ipc.ServerOptions{
				Secret:  []byte("correct horse battery staple"),
				OnLeave: func(_ *ipc.Peer, cause error) { left <- cause },
			})
			out := talk(t, path, filepath.Join("../../testdata/peers", test.program), listenFor(t, srv, test.url))
			want := []string{
				"identified as guests/" + tool,
				"call: hello, Ada",
				`error: greet.too_long ran {"Limit":8}`,
				"error: no_route did not run null",
				"stream: 5 4 3 2 1",
				"called back: hello, " + test.name,
				`event: room.go {"room":"go","text":"hello"} by guests/` + tool,
				"cancelled",
				"closed",
			}
			if diff := cmp.Diff(want, strings.Split(out, "\n")); diff != "" {
				t.Errorf("it printed:\n%s", diff)
			}
			if name := <-h.forgotten; name != "Ada" {
				t.Errorf("the notification said %q", name)
			}
			if cause := <-h.cancelled; cause != context.Canceled {
				t.Errorf("the handler was stopped because of %v", cause)
			}
			if cause := <-left; !errors.Is(cause, code.NotConnected) || !strings.Contains(cause.Error(), "that was all") {
				t.Errorf("it left because of %v", cause)
			}
		})
	}
}

// shortDir returns a directory with a path that fits the address of a socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ipc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// listenFor serves until the test ends, and returns the URL to dial.
func listenFor(t *testing.T, srv *ipc.Server, url string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l, err := srv.Listen(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return l.URL()
}

// talk runs a peer and returns what it prints.
func talk(t *testing.T, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "IPC_SECRET=correct horse battery staple")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\nstdout:\n%s\nstderr:\n%s", err, &stdout, &stderr)
	}
	return strings.TrimSpace(stdout.String())
}
