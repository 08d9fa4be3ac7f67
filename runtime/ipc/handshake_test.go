package ipc_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// handshake is the one in PROTOCOL.md: its vectors, and its three bodies.
type handshake struct {
	vectors                      map[string]string
	secret                       []byte
	challenge, identify, welcome body
}

// body is one of a packet, as JSON decodes it.
type body map[string]any

// TestDocumentedProofs computes the proofs from the words of the document.
func TestDocumentedProofs(t *testing.T) {
	h := readHandshake(t)
	acceptor, dialer := unhex(t, h.vectors["acceptor nonce"]), unhex(t, h.vectors["dialer nonce"])
	conn, _ := h.welcome["conn"].(string)
	for side, covered := range map[string][]byte{
		"dialer":   parts("ipc 1 dialer", acceptor, dialer, "bots", "bot-1"),
		"acceptor": parts("ipc 1 acceptor", acceptor, dialer, "bots", "bot-1", conn),
	} {
		if diff := cmp.Diff(h.vectors[side+" covers"], hex.EncodeToString(covered)); diff != "" {
			t.Errorf("what the %s's proof covers: %s", side, diff)
		}
		if diff := cmp.Diff(h.vectors[side+" proof"], hex.EncodeToString(prove(h.secret, covered))); diff != "" {
			t.Errorf("the %s's proof: %s", side, diff)
		}
	}
	said := map[string]any{
		"acceptor nonce": h.challenge["nonce"], "dialer nonce": h.identify["nonce"],
		"dialer proof": h.identify["proof"], "acceptor proof": h.welcome["proof"],
	}
	for name, value := range said {
		if want := unhex(t, h.vectors[name]); !cmp.Equal(unbase64(t, value), want) {
			t.Errorf("the conversation has %v for %s %x", value, name, want)
		}
	}
}

// TestServerFollowsTheDocument: only what is random differs.
func TestServerFollowsTheDocument(t *testing.T) {
	h := readHandshake(t)
	synctest.Test(t, func(t *testing.T) {
		srv, _ := newHost(t, ipc.ServerOptions{Secret: h.secret})
		p := dialScripted(t, ipctest.Serve(t, srv))

		challenge := p.hearBody("challenge")
		theirs, mine := unbase64(t, challenge["nonce"]), unbase64(t, h.identify["nonce"])
		wantSame(t, h.challenge, challenge, "nonce")
		p.sayBody("identify", h.identify, "proof", prove(h.secret, parts("ipc 1 dialer", theirs, mine, "bots", "bot-1")))

		welcome := p.hearBody("welcome")
		conn, _ := welcome["conn"].(string)
		want := prove(h.secret, parts("ipc 1 acceptor", theirs, mine, "bots", "bot-1", conn))
		if proof := unbase64(t, welcome["proof"]); !hmac.Equal(proof, want) {
			t.Errorf("the acceptor's proof is %x, want %x", proof, want)
		}
		wantSame(t, h.welcome, welcome, "proof", "conn")
		p.idle()
	})
}

// TestClientFollowsTheDocument, and is not taken in by one who only looks like
// the server.
func TestClientFollowsTheDocument(t *testing.T) {
	h := readHandshake(t)
	synctest.Test(t, func(t *testing.T) {
		if err := h.withClient(t, h.secret); err != nil {
			t.Errorf("the server knows the secret: %v", err)
		}
		if err := h.withClient(t, []byte("another")); !errors.Is(err, code.Denied) {
			t.Errorf("the server does not know the secret: %v", err)
		}
	})
}

// withClient is the acceptor of a client that knows h's secret. It returns what
// the client's Connect returned.
func (h *handshake) withClient(t *testing.T, secret []byte) error {
	connected := make(chan error, 1)
	p := acceptScripted(t, func(url string) {
		cl := ipc.NewClient(url, &ipc.ClientOptions{
			Identity: ipc.Identity{Group: "bots", Name: "bot-1"}, Secret: h.secret, Dialect: wire.JSONv1, Logger: quiet,
		})
		connected <- cl.Connect(t.Context())
		cl.Close()
	})
	p.sayBody("challenge", h.challenge, "", nil)

	identify := p.hearBody("identify")
	mine, theirs := unbase64(t, h.challenge["nonce"]), unbase64(t, identify["nonce"])
	want := prove(h.secret, parts("ipc 1 dialer", mine, theirs, "bots", "bot-1"))
	if proof := unbase64(t, identify["proof"]); !hmac.Equal(proof, want) || len(theirs) != len(mine) {
		t.Errorf("the dialer's proof is %x, want %x", proof, want)
	}
	wantSame(t, h.identify, identify, "nonce", "proof")
	p.sayBody("welcome", h.welcome, "proof", prove(secret, parts("ipc 1 acceptor", mine, theirs, "bots", "bot-1", h.welcome["conn"])))
	return <-connected
}

func readHandshake(t *testing.T) *handshake {
	t.Helper()
	d := readDocument(t)
	h := &handshake{vectors: d.in("vectors")[0].vectors()}
	h.secret = unhex(t, h.vectors["secret"])
	for _, f := range d.in("conversation") {
		if strings.Contains(f.lines[0], `"challenge"`) {
			h.challenge = bodyOf(t, f.lines[0], "challenge")
			h.identify = bodyOf(t, f.lines[1], "identify")
			h.welcome = bodyOf(t, f.lines[2], "welcome")
			return h
		}
	}
	t.Fatal("PROTOCOL.md has no handshake")
	return nil
}

// bodyOf returns the body of a packet of that kind, who says it aside.
func bodyOf(t *testing.T, packet, kind string) body {
	t.Helper()
	var p struct {
		Kind string `json:"kind"`
		Body body   `json:"body"`
	}
	if err := json.Unmarshal([]byte(packet[strings.Index(packet, "{"):]), &p); err != nil || p.Kind != kind {
		t.Fatalf("instead of %s: %s (%v)", kind, packet, err)
	}
	return p.Body
}

func (p *scripted) hearBody(kind string) body {
	p.t.Helper()
	packet := p.hear()
	if !strings.HasPrefix(packet, "{") {
		p.t.Fatalf("instead of %s: %s", kind, packet)
	}
	return bodyOf(p.t, packet, kind)
}

// sayBody says what the document says, with one value instead of the
// documented one.
func (p *scripted) sayBody(kind string, b body, key string, value []byte) {
	p.t.Helper()
	if b = maps.Clone(b); key != "" {
		b[key] = value
	}
	packet, err := json.Marshal(map[string]any{"kind": kind, "body": b})
	if err != nil {
		p.t.Fatal(err)
	}
	p.say(string(packet))
}

// wantSame compares two bodies but for the values of keys that are random.
func wantSame(t *testing.T, want, got body, random ...string) {
	t.Helper()
	got = maps.Clone(got)
	for _, key := range random {
		got[key] = want[key]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("not as documented: %s", diff)
	}
}

// parts is what a proof covers: texts and bytes, each after its length.
func parts(parts ...any) (covered []byte) {
	for _, part := range parts {
		if text, ok := part.(string); ok {
			part = []byte(text)
		}
		covered = binary.BigEndian.AppendUint32(covered, uint32(len(part.([]byte))))
		covered = append(covered, part.([]byte)...)
	}
	return covered
}

func prove(secret, covered []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write(covered)
	return mac.Sum(nil)
}

func unhex(t *testing.T, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil || len(b) == 0 {
		t.Fatalf("%q is not hexadecimal: %v", digits, err)
	}
	return b
}

func unbase64(t *testing.T, v any) []byte {
	t.Helper()
	text, _ := v.(string)
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) == 0 {
		t.Fatalf("%v is not base64: %v", v, err)
	}
	return b
}
