package ipc_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/transport"
)

// scripted is one end of a connection that says and hears packets as they
// cross, in JSON. It knows nothing of package ipc.
type scripted struct {
	t       *testing.T
	conn    transport.Conn
	pending []string // heard, and not looked at
}

// inJSON are the options of a connection that speaks JSON only.
var inJSON = &transport.Options{
	Subprotocols: []string{"ipc.json.v1"},
	Text:         func(string) bool { return true },
}

// dialScripted connects to the server at url, as far as the transport goes.
func dialScripted(t *testing.T, url string) *scripted {
	t.Helper()
	conn, err := transport.Dial(t.Context(), url, inJSON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(0, "") })
	return &scripted{t: t, conn: conn}
}

// joinScripted connects to srv and identifies as bots/one, without credentials.
func joinScripted(t *testing.T, srv *ipc.Server) *scripted {
	t.Helper()
	p := dialScripted(t, ipctest.Serve(t, srv))
	p.hear() // the challenge
	p.say(`{"kind":"identify","body":{"version":1,"group":"bots","name":"one","method":"none"}}`)
	if welcome := p.hear(); !strings.HasPrefix(welcome, `{"kind":"welcome",`) {
		t.Fatalf("instead of a welcome: %s", welcome)
	}
	return p
}

// acceptScripted listens for one client, which start connects to the URL it is
// given, and returns the other end, as far as the transport goes.
func acceptScripted(t *testing.T, start func(url string)) *scripted {
	t.Helper()
	url := "mem:" + t.Name()
	l, err := transport.Listen(t.Context(), url, inJSON)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go start(url)
	conn, err := l.Accept()
	if err == nil {
		err = conn.Handshake(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(0, "") })
	return &scripted{t: t, conn: conn}
}

// greet lets the client in, whoever it is.
func (p *scripted) greet() {
	p.t.Helper()
	p.say(`{"kind":"challenge","body":{"version":1,"nonce":"AAAA","methods":["none"]}}`)
	p.hear()
	p.say(`{"kind":"welcome","body":{"group":"bots","name":"one","conn":"c","heartbeat_ms":15000,"silence_ms":35000}}`)
}

// say sends one message.
func (p *scripted) say(message string) {
	p.t.Helper()
	drained, err := p.conn.Write([]byte(message))
	if err == nil && !drained {
		err = p.conn.Flush()
	}
	if err != nil {
		p.t.Fatalf("say %s: %v", message, err)
	}
}

// hear waits for the next packet. After the last it returns how the connection
// was closed, in the words "closed 3000 reason".
func (p *scripted) hear() string {
	p.t.Helper()
	if len(p.pending) == 0 {
		msg, err := p.conn.Read(nil)
		var closed *transport.CloseError
		switch {
		case errors.As(err, &closed):
			return fmt.Sprintf("closed %d %s", closed.Code, closed.Reason)
		case err != nil:
			return "closed: " + err.Error()
		}
		p.pending = strings.Split(string(msg), "\n")
	}
	next := p.pending[0]
	p.pending = p.pending[1:]
	return next
}

// want hears exactly these packets.
func (p *scripted) want(packets ...string) {
	p.t.Helper()
	for _, want := range packets {
		if got := p.hear(); got != want {
			p.t.Fatalf("heard %s\nwant  %s", got, want)
		}
	}
}

// idle makes sure that nothing more is said than the answer to a ping.
func (p *scripted) idle() {
	p.t.Helper()
	p.say(`{"kind":"ping","id":99}`)
	p.want(`{"kind":"pong","id":99}`)
}
