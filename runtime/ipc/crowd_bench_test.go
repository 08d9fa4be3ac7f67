package ipc_test

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// What it costs to speak with many at once, all in one process:
//
//	go test ./runtime/ipc -run '^$' -bench 'Publish|Gather'
//
// Two processes and ten thousand connections are examples/bench -kinds fanout.

// BenchmarkPublish tells an event of 256 bytes to so many subscribers, and waits
// until all have heard it.
func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{1, 100, 1_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			srv := scaleServer(b)
			var missing atomic.Int64
			all := make(chan struct{}, 1)
			heard := posted.Handle(func(context.Context, *postedArgs) error {
				if missing.Add(-1) == 0 {
					all <- struct{}{}
				}
				return nil
			})
			for _, cl := range scaleClients(b, serveScale(b, srv, "unix"), n) {
				if _, err := cl.Subscribe(b.Context(), "room.*", heard); err != nil {
					b.Fatal(err)
				}
			}
			event := &postedArgs{Room: "go", Text: strings.Repeat("x", 256)}
			for b.Loop() {
				missing.Store(int64(n))
				if err := posted.Publish(b.Context(), srv, event); err != nil {
					b.Fatal(err)
				}
				<-all
			}
			perPeer(b, n)
		})
	}
}

// BenchmarkGather asks so many peers and waits for all replies.
func BenchmarkGather(b *testing.B) {
	for _, n := range []int{1, 100, 1_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			srv := scaleServer(b)
			url := serveScale(b, srv, "unix")
			for i := range n {
				cl := ipc.NewClient(url, &ipc.ClientOptions{
					Identity: ipc.Identity{Group: "crowd", Name: fmt.Sprint(i)}, Secret: scaleSecret, Logger: slog.New(slog.DiscardHandler),
				})
				cl.Register(echoed.Handle(handleEcho))
				b.Cleanup(func() { cl.Close() })
				if err := cl.Connect(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			args := &textArgs{"hello"}
			for b.Loop() {
				answers := 0
				for r := range echoed.Gather(b.Context(), srv.Group("crowd"), args) {
					if r.Err != nil {
						b.Fatal(r.Err)
					}
					answers++
				}
				if answers != n {
					b.Fatalf("%d answers of %d", answers, n)
				}
			}
			perPeer(b, n)
		})
	}
}

// perPeer reports what one of n peers takes of an iteration.
func perPeer(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/peer")
}
