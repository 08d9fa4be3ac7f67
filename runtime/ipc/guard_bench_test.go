package ipc_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// BenchmarkGuards measures what a condition and limits add to a call, and what
// a refusal costs.
func BenchmarkGuards(b *testing.B) {
	plenty := &ipc.Limit{Count: 1 << 30, Period: time.Second}
	none := &ipc.Limit{Count: 1, Period: 1000 * time.Hour}
	for name, tc := range map[string]struct {
		limits  []*ipc.Limit
		allow   func(*ipc.Request) bool
		refused bool
	}{
		"none":      {},
		"limit":     {limits: []*ipc.Limit{plenty}},
		"condition": {allow: func(r *ipc.Request) bool { return r.Args.(*textArgs).Text != "" }},
		"session":   {allow: func(r *ipc.Request) bool { return visitor.Get(r.Peer).Name == "" }},
		"denied":    {allow: func(*ipc.Request) bool { return false }, refused: true},
		"exceeded":  {limits: []*ipc.Limit{none}, refused: true},
	} {
		b.Run(name, func(b *testing.B) {
			m := *echoed
			m.Route = &ipc.Route{Name: "Test.Guarded", Limits: tc.limits}
			h := m.Handle(handleEcho)
			if tc.allow != nil {
				h.Allow(tc.allow)
			}
			srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet})
			srv.Register(h)
			l, err := srv.Listen(b.Context(), "unix://"+filepath.Join(b.TempDir(), "s"))
			if err != nil {
				b.Fatal(err)
			}
			go srv.Serve(b.Context(), l)
			defer srv.Close()
			cl, err := ipc.Dial(b.Context(), l.URL(), &ipc.ClientOptions{Logger: quiet})
			if err != nil {
				b.Fatal(err)
			}
			defer cl.Close()
			args := &textArgs{"hello"}
			m.Call(b.Context(), cl, args) // takes the only token
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Call(b.Context(), cl, args); (err != nil) != tc.refused {
					b.Fatal(err)
				}
			}
		})
	}
}
