package ipc_test

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// Strangers by the hundred who connect and say nothing: the server keeps no more
// of them than it has places, so that its memory and descriptors are bounded, and
// serves who is there and who comes.
func TestSilentStrangersOnSockets(t *testing.T) {
	const crowd = 700
	secret := []byte("correct horse battery staple")
	for scheme, places := range map[string]int{"tcp": 16, "ws": 256} {
		t.Run(scheme, func(t *testing.T) {
			noLeaks(t)
			srv := testServer(ipc.ServerOptions{Secret: secret, Limits: ipc.Limits{Unidentified: 64}})
			url := serveAt(t, srv, scheme+"://127.0.0.1:0")
			old := dialAt(t, url, ipc.ClientOptions{Secret: secret})
			var turnedAway atomic.Int32
			gone := make(chan struct{}, crowd)
			_, addr, _ := strings.Cut(strings.TrimSuffix(url, "/"), "://")
			for range crowd {
				c, err := net.Dial("tcp", addr)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				go func() {
					io.Copy(io.Discard, c)
					turnedAway.Add(1)
					gone <- struct{}{}
				}()
			}
			for range crowd - places {
				select {
				case <-gone:
				case <-time.After(time.Minute):
					t.Fatalf("%d of %d were turned away, there are %d places", turnedAway.Load(), crowd, places)
				}
			}
			if got, err := echo.Call(t.Context(), old, &textArgs{"still"}); got != "still" || err != nil {
				t.Errorf("who was there: %q, %v", got, err)
			}
			for { // of the same address: within the first second it may be told to come again
				cl, err := ipc.Dial(t.Context(), url, &ipc.ClientOptions{Secret: secret, Logger: quiet})
				if err == nil {
					cl.Close()
					break
				}
				if !strings.Contains(err.Error(), "from this address") {
					t.Fatalf("who comes: %v", err)
				}
			}
			srv.Close()
			for range places { // so that all are gone
				<-gone
			}
		})
	}
}
