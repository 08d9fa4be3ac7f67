package ipc_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// packets remembers what OnPacket was shown.
type packets struct {
	mu    sync.Mutex
	shown []string
}

func (s *packets) show(p *ipc.Peer, packet *wire.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = append(s.shown, strings.TrimSpace(p.Identity().Group+" "+packet.Kind.String()+" "+packet.Route))
	if packet.Route == "Greeter.Panic" {
		panic("not my day")
	}
}

func (s *packets) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := s.shown
	s.shown = nil
	return shown
}

// W8: either side is shown what the other one sends, also what means nothing to
// anybody. A hook that panics harms nobody.
func TestOnPacket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var server, client packets
		srv, _ := newHost(t, ipc.ServerOptions{OnPacket: server.show})
		cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{OnPacket: client.show})
		ipctest.Connect(t, cl)
		synctest.Wait()
		server.take()
		client.take()
		if _, err := greeterHello.Call(t.Context(), cl, &nameArgs{Name: "Ada"}); err != nil {
			t.Error(err)
		}
		unknown := &ipc.Method[nameArgs, string]{Route: &ipc.Route{Name: "Greeter.Panic"}}
		if _, err := unknown.Call(t.Context(), cl, &nameArgs{}); err == nil {
			t.Error("an unknown route was served")
		}
		synctest.Wait()
		if got, want := server.take(), []string{"client call Greeter.Hello", "client call Greeter.Panic"}; !slices.Equal(got, want) {
			t.Errorf("the server was shown %q, want %q", got, want)
		}
		if got, want := client.take(), []string{"server reply", "server error"}; !slices.Equal(got, want) {
			t.Errorf("the client was shown %q, want %q", got, want)
		}
	})
}
