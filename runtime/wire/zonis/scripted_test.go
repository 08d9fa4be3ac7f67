package zonis

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// scripted is a peer that says and hears Zonis as it crosses. It knows nothing
// of package ipc. Ids that the other side has made, of which half is random, it
// hears and says as #1, #2, ...
type scripted struct {
	t      *testing.T
	conn   transport.Conn
	prefix string // of the other side's ids
}

// inZonis are the options of a connection that speaks nothing else.
var inZonis = &transport.Options{Subprotocols: []string{"zonis.2"}, Text: func(string) bool { return true }}

const secret = "correct horse"

// newServer returns a server of everything, which is quiet.
func newServer(opts ipc.ServerOptions) *ipc.Server {
	opts.Logger = quiet
	opts.Secret = []byte(secret)
	opts.Dialects = []wire.Dialect{wire.CBORv1, wire.JSONv1, Dialect{Group: "bots"}}
	srv := ipc.NewServer(&opts)
	RegisterBot(srv, bot{caller: func() ipc.Caller { return srv.Peer(one) }})
	return srv
}

var one = ipc.Identity{Group: "bots", Name: "one"}

func dialScripted(t *testing.T, url string) *scripted {
	t.Helper()
	conn, err := transport.Dial(t.Context(), url, inZonis)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(0, "") })
	return &scripted{t: t, conn: conn}
}

// identifyAs is how a client begins.
func identifyAs(name, secret, override string) string {
	return fmt.Sprintf(`{"packet_id":"f0","type":"request","data":{"identifier":%q,"type":"IDENTIFY","data":{"secret_key":%q,"override_key":%s}}}`, name, secret, override)
}

// welcomed is what a client called one hears then.
const welcomed = `{"packet_id":"f0","type":"response","data":{"identifier":"one","type":"IDENTIFY","data":null}}`

// join connects to srv and identifies as one.
func join(t *testing.T, srv *ipc.Server) *scripted {
	t.Helper()
	p := dialScripted(t, ipctest.Serve(t, srv))
	p.say(identifyAs("one", secret, "null"))
	p.want(welcomed)
	return p
}

// acceptScripted listens for a client, which start makes connect, and
// returns the other end of its next connection.
func acceptScripted(t *testing.T, l transport.Listener) *scripted {
	t.Helper()
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

var (
	theirID = regexp.MustCompile(`"packet_id":"([0-9a-f]{16})0{8,}([0-9a-f]+)"`)
	namedID = regexp.MustCompile(`"packet_id":"#([0-9a-f]+)"`)
)

// say sends one message.
func (p *scripted) say(message string) {
	p.t.Helper()
	message = namedID.ReplaceAllStringFunc(message, func(id string) string {
		digits := namedID.FindStringSubmatch(id)[1]
		return `"packet_id":"` + p.prefix + strings.Repeat("0", 16-len(digits)) + digits + `"`
	})
	drained, err := p.conn.Write([]byte(message))
	if err == nil && !drained {
		err = p.conn.Flush()
	}
	if err != nil {
		p.t.Fatalf("say %s: %v", message, err)
	}
}

// hear waits for the next message. After the last it returns how the connection
// was closed, in the words "closed 4100 reason".
func (p *scripted) hear() string {
	p.t.Helper()
	msg, err := p.conn.Read(nil)
	var closed *transport.CloseError
	switch {
	case errors.As(err, &closed):
		return fmt.Sprintf("closed %d %s", closed.Code, closed.Reason)
	case err != nil:
		return "closed: " + err.Error()
	}
	if id := theirID.FindSubmatch(msg); id != nil {
		p.prefix = string(id[1])
	}
	return theirID.ReplaceAllString(string(msg), `"packet_id":"#$2"`)
}

// want hears exactly these messages.
func (p *scripted) want(messages ...string) {
	p.t.Helper()
	for _, want := range messages {
		if got := p.hear(); got != want {
			p.t.Fatalf("heard %s\nwant  %s", got, want)
		}
	}
}

// call is a request of the client called one.
func call(id, route, arguments string) string {
	return fmt.Sprintf(`{"packet_id":%q,"type":"request","data":{"identifier":"one","type":"CLIENT_REQUEST","data":{"route":%q,"arguments":%s}}}`, id, route, arguments)
}

// called is a request of the server to the client called one.
func called(id, route, arguments string) string {
	return fmt.Sprintf(`{"packet_id":%q,"type":"request","data":{"identifier":"one","type":"REQUEST","data":{"route":%q,"arguments":%s}}}`, id, route, arguments)
}

// succeeded and failed are responses of who.
func succeeded(id, who, result string) string {
	return fmt.Sprintf(`{"packet_id":%q,"type":"response","data":{"identifier":%q,"type":"SUCCESS_RESPONSE","data":%s}}`, id, who, result)
}

func failed(id, who, text string) string {
	return fmt.Sprintf(`{"packet_id":%q,"type":"response","data":{"identifier":%q,"type":"FAILURE_RESPONSE","data":%q}}`, id, who, text)
}

// idle makes sure that nothing more was said than the answer to a request.
func (p *scripted) idle() {
	p.t.Helper()
	p.say(call("still-there", "hello", `{"name":"x"}`))
	p.want(succeeded("still-there", "SERVER", `"hello, x"`))
}
