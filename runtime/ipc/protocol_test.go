package ipc_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// These tests keep PROTOCOL.md true: whatever on that page a machine can read
// is held against the code.

// TestDocumentedConversations says what the dialer says, and wants to hear what
// the acceptor says, to the byte, and nothing else before the dialer speaks again.
func TestDocumentedConversations(t *testing.T) {
	for _, b := range readDocument(t).in("conversation") {
		if strings.Contains(b.lines[0], `"challenge"`) {
			continue // see handshake_test.go
		}
		t.Run(b.section, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { converse(t, b.lines) })
		})
	}
}

func converse(t *testing.T, lines []string) {
	srv, _ := newHost(t, ipc.ServerOptions{})
	p := joinScripted(t, srv)
	var shutdown sync.WaitGroup
	defer shutdown.Wait()
	listened := false
	for _, line := range lines {
		who, packet := speaker(t, line)
		synctest.Wait() // until the acceptor has said, and done, what it can
		if listened && who == "dialer" {
			p.idle()
		}
		listened = who == "acceptor"
		switch {
		case who == "dialer":
			p.say(packet)
			continue
		case packet == `{"kind":"goaway"}`:
			shutdown.Go(func() { srv.Shutdown(context.Background()) })
		}
		p.want(packet)
		if strings.HasPrefix(packet, `{"kind":"close"`) {
			p.want("closed 3000 the server is shutting down")
			return
		}
	}
	p.idle()
}

// speaker takes a line of a conversation apart.
func speaker(t *testing.T, line string) (who, what string) {
	t.Helper()
	who, what, _ = strings.Cut(line, " ")
	if who != "dialer" && who != "acceptor" {
		t.Fatalf("who speaks in %q?", line)
	}
	return who, strings.TrimSpace(what)
}

// TestDocumentedFrames speaks the bytes of the document to a listener.
func TestDocumentedFrames(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	l, err := transport.Listen(t.Context(), "unix://"+path, &transport.Options{Subprotocols: []string{"ipc.cbor.v1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	heard := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			err = c.Handshake(context.Background())
		}
		if err == nil {
			_, err = c.Read(nil)
		}
		heard <- err
	}()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	for _, line := range readDocument(t).in("hex")[0].lines {
		who, what := speaker(t, line)
		digits, _, _ := strings.Cut(what, "  ")
		if who == "dialer" {
			conn.Write(unhex(t, digits))
			continue
		}
		got := make([]byte, len(unhex(t, digits)))
		if _, err := io.ReadFull(conn, got); err != nil || !cmp.Equal(got, unhex(t, digits)) {
			t.Errorf("the acceptor says %x (%v), not %s", got, err, digits)
		}
	}
	var closed *transport.CloseError
	if err := <-heard; !errors.As(err, &closed) || closed.Code != 3000 || closed.Reason != "bye" {
		t.Errorf("after the last frame: %v", err)
	}
}

// TestDocumentedPacket: the same call in both dialects, to the byte.
func TestDocumentedPacket(t *testing.T) {
	v := readDocument(t).in("packet")[0].vectors()
	var packets [2]wire.Packet
	var args [2]nameArgs
	for i, dialect := range []wire.Dialect{wire.JSONv1, wire.CBORv1} {
		text := []byte(v["json"])
		if dialect == wire.CBORv1 {
			text = unhex(t, v["cbor"])
		}
		p := &packets[i]
		rest, err := dialect.Next(text, p)
		if err != nil || len(rest) > 0 {
			t.Fatalf("%s: %v, rest %q", dialect.Name(), err, rest)
		}
		if back, err := dialect.Append(nil, p); err != nil || !cmp.Equal(back, text) {
			t.Errorf("%s is written %q: %v", dialect.Name(), back, err)
		}
		if err := wire.UnmarshalArgs(dialect.Codec(), p.Body, nil, &args[i]); err != nil {
			t.Errorf("%s: %v", dialect.Name(), err)
		}
		p.Body = nil
	}
	if diff := cmp.Diff(packets[0], packets[1]); diff != "" || args[0] != args[1] {
		t.Errorf("the dialects differ: %s%v, %v", diff, args[0], args[1])
	}
}

func TestDocumentedKinds(t *testing.T) {
	documented := 0
	for _, row := range readDocument(t).table("Kinds") {
		n, err := strconv.Atoi(row[0])
		if err != nil || wire.Kind(n).String() != row[1] {
			t.Errorf("kind %s is %v, not %s", row[0], wire.Kind(n), row[1])
		}
		documented++
	}
	for n := range 256 {
		if wire.Kind(n).Known() {
			documented--
		}
	}
	if documented != 0 {
		t.Errorf("%d kinds too many are documented", documented)
	}
}

// TestDocumentedFields writes every field by its name and by its key, and wants
// the same packet to be read.
func TestDocumentedFields(t *testing.T) {
	values := map[string]struct{ json, cbor, tooMuch string }{
		"unsigned":    {"7", "07", ""},
		"8 bits":      {"7", "07", "256"},
		"16 bits":     {"7", "07", "65536"},
		"32 bits":     {"7", "07", "4294967296"},
		"bool":        {"true", "f5", ""},
		"name":        {`"abc"`, "63616263", `"a b"`},
		"text":        {`"abc"`, "63616263", ""},
		"map of text": {`{"a":"b"}`, "a161616162", ""},
	}
	missing := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[wire.Packet]()) {
		missing[f.Name] = true
	}
	for _, apart := range []string{"Kind", "ID", "Route", "Body"} {
		delete(missing, apart)
	}
	for _, row := range readDocument(t).table("Fields") {
		key, _ := strconv.Atoi(row[0])
		name, value := row[1], values[row[2]]
		var byName, byKey wire.Packet
		if _, err := wire.JSONv1.Next(fmt.Appendf(nil, `{"kind":"ping",%q:%s}`, name, value.json), &byName); err != nil {
			t.Errorf("%s in JSON: %v", name, err)
		}
		if _, err := wire.CBORv1.Next(unhex(t, fmt.Sprintf("85 10 00 60 40 a1 %02x %s", key, value.cbor)), &byKey); err != nil {
			t.Errorf("%s in CBOR: %v", name, err)
		}
		if diff := cmp.Diff(byName, byKey); diff != "" {
			t.Errorf("%s is not %d: %s", name, key, diff)
		}
		for field := range missing {
			if !reflect.ValueOf(byName).FieldByName(field).IsZero() {
				delete(missing, field)
			}
		}
		var bad *wire.PacketError
		if value.tooMuch == "" {
			continue
		}
		if _, err := wire.JSONv1.Next(fmt.Appendf(nil, `{"kind":"ping",%q:%s}`, name, value.tooMuch), &byName); !errors.As(err, &bad) {
			t.Errorf("%s of %s: %v", name, value.tooMuch, err)
		}
	}
	if len(missing) > 0 {
		t.Errorf("not documented: %v", missing)
	}
}

func TestDocumentedValues(t *testing.T) {
	values := map[string]func(wire.Codec) ([]byte, error){
		"integer":                         encoded(-5),
		"float":                           encoded(1.5),
		"text":                            encoded("Ada"),
		"bytes":                           encoded([]byte{1, 2, 3}),
		"array of 3 bytes":                encoded([3]byte{1, 2, 3}),
		"list":                            encoded([]string{"a", "b"}),
		"map from integers":               encoded(map[int]bool{7: true}),
		"nil list, map or pointer":        encoded((*int)(nil)),
		"time":                            encoded(time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))),
		"duration of 2 s, in nanoseconds": encoded(2 * time.Second),
		"struct": encoded(struct {
			ID    int
			Extra map[string]int `json:"extra"`
		}{ID: 7}),
	}
	for _, row := range readDocument(t).table("Bodies") {
		encode := values[row[0]]
		if encode == nil {
			t.Errorf("%s: not known to the test", row[0])
			continue
		}
		if got, err := encode(wire.JSON); string(got) != row[1] {
			t.Errorf("%s in JSON is %s, not %s: %v", row[0], got, row[1], err)
		}
		if got, err := encode(wire.CBOR); hex.EncodeToString(got) != row[2] {
			t.Errorf("%s in CBOR is %x, not %s: %v", row[0], got, row[2], err)
		}
	}
}

func encoded[T any](v T) func(wire.Codec) ([]byte, error) {
	return func(c wire.Codec) ([]byte, error) { return wire.Marshal(c, nil, nil, &v) }
}

// TestDocumentedRefusals sends each packet on a connection of its own.
func TestDocumentedRefusals(t *testing.T) {
	for _, row := range readDocument(t).table("What a receiver refuses") {
		t.Run(row[0], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv, _ := newHost(t, ipc.ServerOptions{})
				p := joinScripted(t, srv)
				p.say(row[0])
				if row[1] == "nothing" {
					p.idle()
				} else if got := p.outcome(); got != row[1] {
					t.Errorf("leads to %s, not to %s", got, row[1])
				}
			})
		})
	}
}

// outcome hears a packet and says what it is, in the words of the document.
func (p *scripted) outcome() string {
	p.t.Helper()
	packet := p.hear()
	var said struct {
		Kind, Code string
		Status     int
		Ran        bool
	}
	if err := json.Unmarshal([]byte(packet), &said); err != nil {
		return packet
	}
	switch {
	case said.Kind == "error" && !said.Ran:
		p.idle()
		return said.Code
	case said.Kind == "close" && strings.HasPrefix(p.hear(), fmt.Sprintf("closed %d ", said.Status)):
		return fmt.Sprintf("close %d", said.Status)
	}
	return said.Kind
}

// TestDocumentedStatuses closes a client's connection for every reason.
func TestDocumentedStatuses(t *testing.T) {
	for _, row := range readDocument(t).table("Closing") {
		t.Run(row[0], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				status, err := strconv.ParseUint(row[0], 10, 16)
				if err != nil {
					t.Fatal(err)
				}
				cl, p := acceptClient(t)
				f := block.Start(t.Context(), cl, &noArgs{})
				p.hear()
				p.say(fmt.Sprintf(`{"kind":"close","status":%d,"message":"so"}`, status))
				p.conn.Close(uint16(status), "so")
				if _, err := f.Wait(t.Context()); !errors.Is(err, code.Code(row[1])) || !errors.Is(err, ipc.ErrUnknownOutcome) {
					t.Errorf("a call fails with %v, not with %s", err, row[1])
				}
				synctest.Wait()
				if comesBack := cl.State() != ipc.Closed; comesBack != (row[3] == "yes") {
					t.Errorf("the client is %v", cl.State())
				}
			})
		})
	}
}

// acceptClient returns a client and the scripted end it is connected to.
func acceptClient(t *testing.T) (*ipc.Client, *scripted) {
	t.Helper()
	connected := make(chan *ipc.Client, 1)
	p := acceptScripted(t, func(url string) {
		cl := ipc.NewClient(url, &ipc.ClientOptions{Dialect: wire.JSONv1, Logger: quiet})
		cl.Connect(t.Context())
		connected <- cl
	})
	p.greet()
	cl := <-connected
	t.Cleanup(func() { cl.Close() })
	return cl, p
}

func TestDocumentedLimits(t *testing.T) {
	limits := map[string]int{
		"levels of nesting in a body": wire.MaxDepth,
		"elements of an array":        wire.MaxArray,
		"entries of a map":            wire.MaxMap,
		"bytes of a name":             wire.MaxName,
		"keys of `meta":               wire.MaxMetaKeys,
		"bytes of `meta":              wire.MaxMeta,
		"bytes of `message":           wire.MaxText,
		"bytes of `incident`, `topic`, `target`, `origin` and `trace": wire.MaxLabel,
		"keys of metadata": query.MaxKeys, "bytes of metadata": query.MaxSize,
	}
	rows := readDocument(t).table("Limits")
	for _, row := range rows {
		if n, err := strconv.Atoi(strings.ReplaceAll(row[1], ",", "")); err != nil || limits[row[0]] != n {
			t.Errorf("%s: at most %d, not %s", row[0], limits[row[0]], row[1])
		}
	}
	if len(rows) != len(limits) {
		t.Errorf("%d limits are documented, %d known", len(rows), len(limits))
	}
}
