package wire_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// TestRefusedPackets: the rest of the message is not affected.
func TestRefusedPackets(t *testing.T) {
	for _, test := range []struct {
		name, cbor, json string
		want             wire.PacketError
		json0            bool // JSON cannot name the kind
	}{
		{"unknown kind", `84 18 40 07 60 40`, `{"kind":"other","id":7}`,
			wire.PacketError{ID: 7, Kind: 64, Code: wire.CodeUnsupported}, true},
		{"kind of a reserved number", `84 0d 07 60 40`, `{"kind":"kind-13","id":7}`,
			wire.PacketError{ID: 7, Kind: 13, Code: wire.CodeUnsupported}, true},
		{"kind 0", `84 00 07 60 40`, `{"kind":"","id":7}`,
			wire.PacketError{ID: 7, Code: wire.CodeUnsupported}, true},
		{"unknown header", `85 01 07 "r" 40 a2 01 05 18 40 82 01 a0`, `{"kind":"call","new":[1,{}],"id":7}`,
			wire.PacketError{ID: 7, Kind: wire.KindCall, Code: wire.CodeUnsupported}, false},
		{"header of a later version below 64", `85 01 07 "r" 40 a1 18 3f 01`, `{"kind":"call","new":1,"id":7}`,
			wire.PacketError{ID: 7, Kind: wire.KindCall, Code: wire.CodeUnsupported}, false},
		{"bad route", `84 01 07 "a b" 40`, `{"kind":"call","route":"a b","id":7}`,
			wire.PacketError{ID: 7, Kind: wire.KindCall, Code: wire.CodeBadRequest}, false},
		{"bad code", `85 03 07 60 40 a1 03 "a b"`, `{"kind":"error","code":"a b","id":7}`,
			wire.PacketError{ID: 7, Kind: wire.KindError, Code: wire.CodeBadRequest}, false},
		{"long trace", `85 01 07 60 40 a1 14 79 02 01 ` + strings.Repeat("61", 513), `{"kind":"call","trace":"` + strings.Repeat("a", 513) + `","id":7}`,
			wire.PacketError{ID: 7, Kind: wire.KindCall, Code: wire.CodeBadRequest}, false},
		{"long topic", `85 01 07 60 40 a1 0b 79 02 01 ` + strings.Repeat("61", 513), `{"kind":"call","topic":"` + strings.Repeat("a", 513) + `","id":7}`,
			wire.PacketError{ID: 7, Kind: wire.KindCall, Code: wire.CodeBadRequest}, false},
		{"status above 16 bits", `85 13 00 60 40 a1 08 1a 00 01 00 00`, `{"kind":"close","status":65536}`,
			wire.PacketError{Kind: wire.KindClose, Code: wire.CodeBadRequest}, false},
		{"depth above 8 bits", `85 01 07 60 40 a1 0a 19 01 00`, `{"kind":"call","id":7,"depth":256}`,
			wire.PacketError{ID: 7, Kind: wire.KindCall, Code: wire.CodeBadRequest}, false},
		{"credit above 32 bits", `85 08 09 60 40 a1 09 1b 00 00 00 01 00 00 00 00`, `{"kind":"credit","id":9,"credit":4294967296}`,
			wire.PacketError{ID: 9, Kind: wire.KindCredit, Code: wire.CodeBadRequest}, false},
	} {
		for _, dialect := range dialects {
			t.Run(dialect.Name()+"/"+test.name, func(t *testing.T) {
				msg, want := unhex(t, test.cbor), test.want
				if dialect.Text() {
					msg = append([]byte(test.json), '\n')
				}
				if dialect.Text() && test.json0 {
					want.Kind = 0
				}
				next := appendPacket(t, dialect, nil, &wire.Packet{Kind: wire.KindPing, ID: 1})
				wantRefused(t, dialect, append(msg, next...), want)
			})
		}
	}
}

// wantRefused expects the first packet of msg to be refused and the second to
// be a ping.
func wantRefused(t *testing.T, dialect wire.Dialect, msg []byte, want wire.PacketError) {
	t.Helper()
	var p wire.Packet
	rest, err := dialect.Next(msg, &p)
	var got *wire.PacketError
	if !errors.As(err, &got) {
		t.Fatalf("%q: %v", msg, err)
	}
	if got.Message == "" || !strings.Contains(got.Error(), got.Message) {
		t.Errorf("no message in %q", got)
	}
	want.Message = got.Message
	if *got != want {
		t.Errorf("%+v, want %+v", *got, want)
	}
	if rest, err = dialect.Next(rest, &p); err != nil || p.Kind != wire.KindPing || len(rest) > 0 {
		t.Errorf("the packet behind it: %+v %q %v", p, rest, err)
	}
}

func TestMetaLimits(t *testing.T) {
	many := make(map[string]string)
	for i := range wire.MaxMetaKeys + 1 {
		many[strings.Repeat("k", i+1)] = ""
	}
	for _, dialect := range dialects {
		for name, meta := range map[string]map[string]string{
			"keys":  many,
			"bytes": {"k": strings.Repeat("v", wire.MaxMeta)},
			"utf-8": {"k": "\xff"},
		} {
			if _, err := dialect.Append(nil, &wire.Packet{Kind: wire.KindCall, Meta: meta}); err == nil {
				t.Errorf("%s: appended too many %s", dialect.Name(), name)
			}
		}
		delete(many, "k")
		p := wire.Packet{Kind: wire.KindCall, ID: 7, Meta: many}
		msg := appendPacket(t, dialect, nil, &p)
		var got wire.Packet
		if _, err := dialect.Next(msg, &got); err != nil || len(got.Meta) != wire.MaxMetaKeys {
			t.Errorf("%s: %d keys: %v", dialect.Name(), len(got.Meta), err)
		}
		many["k"] = ""
	}
}

func TestTooMuchMetaIsRefused(t *testing.T) {
	long := strings.Repeat("v", wire.MaxMeta)
	cbor := append(unhex(t, `85 01 07 60 40 a1 02 a1 "k" 79 20 00`), long...)
	want := wire.PacketError{ID: 7, Kind: wire.KindCall, Code: wire.CodeBadRequest}
	wantRefused(t, wire.CBORv1, append(cbor, unhex(t, `84 10 01 60 40`)...), want)
	wantRefused(t, wire.JSONv1, []byte(`{"kind":"call","meta":{"k":"`+long+`"},"id":7}{"kind":"ping","id":1}`), want)
}

func TestIgnoredParts(t *testing.T) {
	want := wire.Packet{Kind: wire.KindCall, ID: 7, Route: "r", Timeout: 5 * time.Millisecond}
	for _, test := range []struct {
		dialect wire.Dialect
		msg     []byte
	}{
		{wire.CBORv1, unhex(t, `85 01 07 "r" 40 a2 01 05 18 41 82 01 a1 "x" f6`)},
		{wire.CBORv1, unhex(t, `85 01 07 "r" 40 a5 01 05 02 a0 03 60 05 f4 18 ff f6`)},
		{wire.CBORv1, unhex(t, `85 01 07 "r" 40 a3 01 05 02 a0 18 41`+strings.Repeat("81", 13)+`80`)}, // 16 deep in all
		{wire.JSONv1, []byte(`{"x-new":[{"a":[]}, "}]"],"kind":"call","x-":null,"id":7,"route":"r","timeout_ms":5}`)},
		{wire.JSONv1, []byte(" {\n\"timeout_ms\": 5 , \"kind\" : \"c\\u0061ll\", \"id\":7,\"route\":\"r\",\"meta\":{}, \"code\":\"\",\"ran\":false}\r\n")},
	} {
		var got wire.Packet
		if rest, err := test.dialect.Next(test.msg, &got); err != nil || len(rest) > 0 {
			t.Errorf("%q: rest %q, %v", test.msg, rest, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.msg, diff)
		}
	}
}

func TestMalformedPackets(t *testing.T) {
	for _, input := range []string{
		``, `00`, `80`, `83 01 07 60`, `86 01 07 60 40 a0 00`, `84 01 07 60`, `84 20 07 60 40`, `84 01 20 60 40`,
		`84 01 07 40 40`, `84 01 07 60 60`, `84 01 07 61 ff 40`, `85 01 07 60 40 80`, `85 01 07 60 40 f6`,
		`85 01 07 60 40 a1 00 00`,               // keys begin at 1
		`85 01 07 60 40 a2 01 05 01 05`,         // duplicate
		`85 01 07 60 40 a2 09 05 01 05`,         // descending
		`85 01 07 60 40 a1 "x" 05`,              // key of text
		`85 01 07 60 40 a1 01 "x"`,              // timeout of text
		`85 01 07 60 40 a1 02 a2 "a" 60 "a" 60`, // duplicate in meta
		`85 01 07 60 40 a1 02 a1 "a" 01`, `85 01 07 60 40 a1 05 01`, `85 01 07 60 40 a1 18 41 c1 00`,
		`9f 01 07 60 40 ff`, `c1 84 01 07 60 40`, `84 01 07 60 5b ff ff ff ff ff ff ff ff`,
	} {
		wantMalformed(t, wire.CBORv1, unhex(t, input))
	}
	for _, input := range []string{
		``, ` `, `null`, `[]`, `{}`, `{"id":7}`, `{"kind":"call"`, `{"kind":"call",}`, `{"kind":7}`, `{"kind":null}`,
		`{"kind":"call","kind":"call"}`, `{"kind":"call","Id":7}`, `{"kind":"call","id":-1}`, `{"kind":"call","id":1.0}`,
		`{"kind":"call","id":18446744073709551616}`, `{"kind":"call","id":"7"}`, `{"kind":"call","body":}`, `{"kind":"call","body":[}`,
		`{"kind":"call","meta":{"a":"","a":""}}`, `{"kind":"call","meta":{"a":1}}`, `{"kind":"call","meta":null}`, `{"kind":"call","ran":1}`,
		`{"kind":"call","x-a":1,"x-a":1}`, "{\"kind\":\"call\",\"code\":\"\xff\"}", `x`,
	} {
		wantMalformed(t, wire.JSONv1, []byte(input))
	}
}

func wantMalformed(t *testing.T, dialect wire.Dialect, msg []byte) {
	t.Helper()
	var p wire.Packet
	_, err := dialect.Next(msg, &p)
	var refused *wire.PacketError
	if err == nil || errors.As(err, &refused) {
		t.Errorf("%s: %q: %v", dialect.Name(), msg, err)
	}
}

// TestBadBodies: a body that is not JSON is the trouble of its packet, and
// where the packet ends is not in doubt.
func TestBadBodies(t *testing.T) {
	for _, body := range []string{`tru`, `01`, `[1,]`, `{"a"}`, `[}`, `"\x"`, "\"\x01\"", strings.Repeat("[", 99) + strings.Repeat("]", 99)} {
		var p wire.Packet
		msg := `{"kind":"call","body":` + body + `,"id":7}` + "\n" + `{"kind":"ping"}`
		rest, err := wire.JSONv1.Next([]byte(msg), &p)
		if err != nil || string(p.Body) != body || p.ID != 7 || string(rest) != `{"kind":"ping"}` {
			t.Errorf("%s: %+v %q %v", body, p, rest, err)
		}
		if err := wire.Unmarshal(wire.JSON, p.Body, nil, new(any)); err == nil {
			t.Errorf("%s: decoded", body)
		}
	}
}

func TestDialects(t *testing.T) {
	if d := wire.CBORv1; d.Name() != "ipc.cbor.v1" || d.Codec() != wire.CBOR || d.Text() {
		t.Errorf("%s %d %t", d.Name(), d.Codec(), d.Text())
	}
	if d := wire.JSONv1; d.Name() != "ipc.json.v1" || d.Codec() != wire.JSON || !d.Text() {
		t.Errorf("%s %d %t", d.Name(), d.Codec(), d.Text())
	}
}

func TestAppendRefuses(t *testing.T) {
	for name, p := range map[string]wire.Packet{
		"no kind":           {},
		"bad route":         {Kind: wire.KindCall, Route: "a b"},
		"long route":        {Kind: wire.KindCall, Route: strings.Repeat("r", wire.MaxName+1)},
		"bad code":          {Kind: wire.KindError, Code: "ä"},
		"negative timeout":  {Kind: wire.KindCall, Timeout: -1},
		"negative retry":    {Kind: wire.KindError, RetryAfter: -1},
		"long trace":        {Kind: wire.KindCall, Trace: strings.Repeat("t", wire.MaxLabel+1)},
		"origin not UTF-8":  {Kind: wire.KindCall, Origin: "\xff"},
		"JSON: no value":    {Kind: wire.KindCall, Body: []byte(" ")},
		"JSON: two values":  {Kind: wire.KindCall, Body: []byte("1 2")},
		"JSON: open object": {Kind: wire.KindCall, Body: []byte(`{"a":"}"`)},
		"JSON: injection":   {Kind: wire.KindCall, Body: []byte(`1,"id":8`)},
	} {
		for _, dialect := range dialects {
			if strings.HasPrefix(name, "JSON") && !dialect.Text() {
				continue
			}
			if msg, err := dialect.Append([]byte("before"), &p); err == nil || string(msg) != "before" {
				t.Errorf("%s: %s: %q %v", dialect.Name(), name, msg, err)
			}
		}
	}
}
