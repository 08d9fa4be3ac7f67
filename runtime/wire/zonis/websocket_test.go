package zonis

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// serveWeb serves srv over WebSockets until the test ends.
func serveWeb(t *testing.T, srv *ipc.Server) (url string) {
	t.Helper()
	l, err := srv.Listen(t.Context(), "ws://127.0.0.1:0/ipc")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), l) }()
	t.Cleanup(func() {
		srv.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return l.URL()
}

// W11: clients of all dialects share one URL: the one of Zonis offers no
// subprotocol.
func TestOneURL(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	srv := newServer(ipc.ServerOptions{})
	url := serveWeb(t, srv)
	defer srv.Close()
	for name, d := range map[string]wire.Dialect{"cbor": wire.CBORv1, "json": wire.JSONv1, "zonis": Dialect{}} {
		cl := ipc.NewClient(url, &ipc.ClientOptions{
			Dialect: d, Identity: ipc.Identity{Group: "bots", Name: name}, Secret: []byte(secret), Logger: quiet,
		})
		RegisterBot(cl, bot{})
		if err := cl.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer cl.Close()
		for _, c := range []ipc.Caller{cl, srv.Peer(ipc.Identity{Group: "bots", Name: name})} {
			if got, err := NewBotClient(c).Hello(t.Context(), name); got != "hello, "+name || err != nil {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	}
	if n := len(srv.Peers()); n != 3 {
		t.Errorf("%d are connected", n)
	}
}

// A WebSocket without a subprotocol is for who speaks a dialect without one.
func TestNoDialectWithoutAName(t *testing.T) {
	srv := ipc.NewServer(&ipc.ServerOptions{Secret: []byte(secret), Logger: quiet})
	ws, response, err := websocket.Dial(t.Context(), serveWeb(t, srv), nil)
	if err == nil {
		ws.CloseNow()
		t.Fatal("it was let in")
	}
	if response == nil || response.StatusCode != http.StatusBadRequest {
		t.Errorf("refused with %v, %v", response, err)
	}
}

// abroad is a listener whose connections come from elsewhere, as it seems.
type abroad struct{ net.Listener }

func (l abroad) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return foreigner{c}, err
}

type foreigner struct{ net.Conn }

func (foreigner) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9} }

// A secret that others could read is not accepted, unless the server says so.
func TestServerWantsPrivacy(t *testing.T) {
	for _, insecure := range []bool{false, true} {
		srv := newServer(ipc.ServerOptions{Insecure: insecure})
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		web := &http.Server{Handler: srv}
		go web.Serve(abroad{l})
		cl := ipc.NewClient("ws://"+l.Addr().String(), &ipc.ClientOptions{
			Dialect: Dialect{}, Identity: one, Secret: []byte(secret), Logger: quiet,
		})
		err = cl.Connect(t.Context())
		if insecure && err != nil || !insecure && !errors.Is(err, code.Denied) {
			t.Errorf("insecure %v: %v", insecure, err)
		}
		cl.Close()
		srv.Close()
		web.Close()
	}
}

// Pings of the WebSocket tell whether a peer lives to which nothing else may be
// said. Who answers them stays, and is measured; who does not goes.
func TestLiveness(t *testing.T) {
	left := make(chan error, 2)
	srv := newServer(ipc.ServerOptions{
		Limits:  ipc.Limits{Heartbeat: 100 * time.Millisecond, Silence: time.Second},
		OnLeave: func(p *ipc.Peer, cause error) { left <- cause },
	})
	url := serveWeb(t, srv)
	dead, alive := dialWeb(t, url, "dead"), dialWeb(t, url, "alive")
	_ = dead // and never read again
	heard := make(chan error, 1)
	go func() {
		_, _, err := alive.Read(t.Context())
		heard <- err
	}()
	if err := <-left; !errors.Is(err, code.Silent) {
		t.Errorf("who does not answer left with %v", err)
	}
	peer := srv.Peer(ipc.Identity{Group: "bots", Name: "alive"})
	if latency, ok := peer.Latency(); !ok || latency <= 0 || !peer.Connected() {
		t.Errorf("who answers: %v, %v", latency, ok)
	}
	peer.Close("enough")
	if err := <-heard; websocket.CloseStatus(err) != 3504 {
		t.Errorf("who answers heard %v", err)
	}
}

// dialWeb identifies by a WebSocket library that knows nothing of us.
func dialWeb(t *testing.T, url, name string) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), url, nil)
	if err == nil {
		t.Cleanup(func() { ws.CloseNow() })
		err = ws.Write(t.Context(), websocket.MessageText, []byte(identifyAs(name, secret, "null")))
	}
	if err == nil {
		_, _, err = ws.Read(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

// Many who claim an identity do not cost its holder the connection: pings of
// WebSockets are few.
func TestManyClaims(t *testing.T) {
	srv := newServer(ipc.ServerOptions{})
	url := serveWeb(t, srv)
	holder := dialWeb(t, url, "one")
	heard := make(chan error, 1)
	go func() {
		_, _, err := holder.Read(t.Context())
		heard <- err
	}()
	for range 50 {
		ws, _, err := websocket.Dial(t.Context(), url, nil)
		if err == nil {
			err = ws.Write(t.Context(), websocket.MessageText, []byte(identifyAs("one", secret, "null")))
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := ws.Read(t.Context()); websocket.CloseStatus(err) != 4102 {
			t.Fatalf("a claim: %v", err)
		}
	}
	srv.Peer(one).Close("enough")
	if err := <-heard; websocket.CloseStatus(err) != 3504 {
		t.Errorf("the holder heard %v", err)
	}
}
