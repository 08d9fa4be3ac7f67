package wire_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

var dialects = []wire.Dialect{wire.CBORv1, wire.JSONv1}

// packets has one for each kind, and one with all there is.
var packets = map[string]wire.Packet{
	"call":        {Kind: wire.KindCall, ID: 7, Route: "Greeter.Hello", Body: []byte(`{"name":"Ada"}`), Timeout: 2 * time.Second},
	"reply":       {Kind: wire.KindReply, ID: 7, Body: []byte(`"hello"`)},
	"null":        {Kind: wire.KindReply, ID: 7, Body: []byte(`null`)},
	"error":       {Kind: wire.KindError, ID: 7, Code: "greet.quota", Message: "too \"much\"\n\x01", Ran: true, Body: []byte(`{"Limit":3}`)},
	"refusal":     {Kind: wire.KindError, ID: 8, Code: "rate_limited", RetryAfter: 1500 * time.Millisecond, Incident: "a1b2"},
	"notify":      {Kind: wire.KindNotify, Route: "Greeter.Forget", Body: []byte(`{"name":"Ada"}`)},
	"cancel":      {Kind: wire.KindCancel, ID: math.MaxUint64},
	"item":        {Kind: wire.KindItem, ID: 1 << 40, Body: []byte(`[1,[2,"]}\"\\"],{}]`)},
	"end":         {Kind: wire.KindEnd, ID: 300},
	"credit":      {Kind: wire.KindCredit, ID: 9, Credit: 65536},
	"subscribe":   {Kind: wire.KindSubscribe, ID: 5, Route: "RoomEvents", Topic: "room.*"},
	"unsubscribe": {Kind: wire.KindUnsubscribe, Route: "RoomEvents", Topic: "room.*"},
	"event":       {Kind: wire.KindEvent, Route: "RoomEvents.Posted", Topic: "room.größe 1", Body: []byte(`{"room":"größe 1"}`)},
	"missed":      {Kind: wire.KindMissed, Route: "RoomEvents", Topic: "room.*", Missed: 3},
	"ping":        {Kind: wire.KindPing, ID: 1},
	"close":       {Kind: wire.KindClose, Status: 3001, Message: "später"},
	"hint":        {Kind: 65, ID: 3, Body: []byte(`1`)},
	"all": {
		Kind: wire.KindCall, ID: 1, Route: "a:b/c-d_e.F", Body: []byte(`{}`), Timeout: time.Millisecond,
		Meta: map[string]string{"b": "2", "a": "1", "": "empty", "ü": ""}, Code: "c", Message: "m", Ran: true, Incident: "i",
		RetryAfter: math.MaxInt64, Status: math.MaxUint16, Credit: math.MaxUint32, Depth: math.MaxUint8,
		Topic: "t", Missed: math.MaxUint64, Seq: math.MaxUint64, Ack: 1, Target: "group/name", Origin: "group/other", Trace: "00-4bf92f3577b34da6",
	},
}

func TestPacketsCross(t *testing.T) {
	for _, dialect := range dialects {
		for name, want := range packets {
			t.Run(dialect.Name()+"/"+name, func(t *testing.T) {
				msg := appendPacket(t, dialect, nil, &want)
				got := wire.Packet{Kind: 99, Code: "left over"}
				rest, err := dialect.Next(msg, &got)
				if err != nil || len(rest) > 0 {
					t.Fatalf("%q: rest %q, %v", msg, rest, err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%q (-want +got):\n%s", msg, diff)
				}
			})
		}
	}
}

func appendPacket(t testing.TB, dialect wire.Dialect, msg []byte, p *wire.Packet) []byte {
	t.Helper()
	msg, err := dialect.Append(msg, p)
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

// TestPacketBytes pins what crosses: other implementations are written to it.
func TestPacketBytes(t *testing.T) {
	for _, test := range []struct{ name, cbor, json string }{
		{"reply", `84 02 07 60 47 22 68 65 6c 6c 6f 22`, `{"kind":"reply","id":7,"body":"hello"}`},
		{"end", `84 07 19 01 2c 60 40`, `{"kind":"end","id":300}`},
		{"credit", `85 08 09 60 40 a1 09 1a 00 01 00 00`, `{"kind":"credit","id":9,"credit":65536}`},
		{"refusal", `85 03 08 60 40 a3 03 "rate_limited" 06 "a1b2" 07 19 05 dc`, `{"kind":"error","id":8,"code":"rate_limited","incident":"a1b2","retry_after_ms":1500}`},
		{"error",
			`85 03 07 60 4b 7b 22 4c 69 6d 69 74 22 3a 33 7d a3 03 "greet.quota" 04 6c 74 6f 6f 20 22 6d 75 63 68 22 0a 01 05 f5`,
			`{"kind":"error","id":7,"body":{"Limit":3},"code":"greet.quota","message":"too \"much\"\u000a\u0001","ran":true}`},
		{"event", `85 0b 00 "RoomEvents.Posted" 54 7b 22 72 6f 6f 6d 22 3a 22 67 72 c3 b6 c3 9f 65 20 31 22 7d a1 0b 6e 72 6f 6f 6d 2e 67 72 c3 b6 c3 9f 65 20 31`,
			`{"kind":"event","route":"RoomEvents.Posted","body":{"room":"größe 1"},"topic":"room.größe 1"}`},
		{"missed", `85 0c 00 "RoomEvents" 40 a2 0b "room.*" 0c 03`, `{"kind":"missed","route":"RoomEvents","topic":"room.*","missed":3}`},
		{"hint", `84 18 41 03 60 41 31`, `{"kind":"x-65","id":3,"body":1}`},
	} {
		p := packets[test.name]
		if got, want := appendPacket(t, wire.CBORv1, nil, &p), unhex(t, test.cbor); !bytes.Equal(got, want) {
			t.Errorf("%s: %x, want %x", test.name, got, want)
		}
		if got := string(appendPacket(t, wire.JSONv1, nil, &p)); got != test.json {
			t.Errorf("%s: %s, want %s", test.name, got, test.json)
		}
	}
}

func TestManyPacketsInAMessage(t *testing.T) {
	for _, dialect := range dialects {
		var msg []byte
		var want []wire.Packet
		for _, p := range packets {
			msg = appendPacket(t, dialect, msg, &p)
			want = append(want, p)
		}
		var got []wire.Packet
		for rest := msg; len(rest) > 0; {
			var p wire.Packet
			var err error
			if rest, err = dialect.Next(rest, &p); err != nil {
				t.Fatal(err)
			}
			got = append(got, p)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", dialect.Name(), diff)
		}
		if dialect.Text() != (bytes.Count(msg, []byte("\n")) == len(want)-1) {
			t.Errorf("%s: packets not on lines of their own: %q", dialect.Name(), msg)
		}
	}
}

// TestMessageIsMadeToFit: an error's text is cut rather than lost.
func TestMessageIsMadeToFit(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("a", 2000):             strings.Repeat("a", wire.MaxText),
		strings.Repeat("a", 1023) + "ü":       strings.Repeat("a", 1023),
		"bad \xff byte":                       "bad \uFFFD byte",
		strings.Repeat("a\xff", wire.MaxText): strings.Repeat("a\uFFFD", 256),
	} {
		for _, dialect := range dialects {
			var p wire.Packet
			_, err := dialect.Next(appendPacket(t, dialect, nil, &wire.Packet{Kind: wire.KindError, Message: text}), &p)
			if err != nil || p.Message != want {
				t.Errorf("%s: %q (%d bytes), want %q: %v", dialect.Name(), p.Message, len(p.Message), want, err)
			}
		}
	}
}

// TestJustFits: limits are what may be, not what may not.
func TestJustFits(t *testing.T) {
	want := wire.Packet{
		Kind: wire.KindCall, Route: strings.Repeat("r", wire.MaxName), Message: strings.Repeat("m", wire.MaxText),
		Trace: strings.Repeat("t", wire.MaxLabel), Meta: map[string]string{"key": strings.Repeat("v", wire.MaxMeta-3)},
	}
	for _, dialect := range dialects {
		var got wire.Packet
		if _, err := dialect.Next(appendPacket(t, dialect, nil, &want), &got); err != nil {
			t.Errorf("%s: %v", dialect.Name(), err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", dialect.Name(), diff)
		}
		want.Meta["key"] += "v"
		if _, err := dialect.Append(nil, &want); err == nil {
			t.Errorf("%s: too long a value of meta", dialect.Name())
		}
		want.Meta["key"] = want.Meta["key"][1:]
	}
}

func TestDurationsRoundUp(t *testing.T) {
	const longest = math.MaxInt64 / time.Millisecond * time.Millisecond
	for d, want := range map[time.Duration]time.Duration{
		1:                            time.Millisecond,
		time.Millisecond:             time.Millisecond,
		time.Millisecond + 1:         2 * time.Millisecond,
		math.MaxInt64:                math.MaxInt64,
		longest:                      longest,
		math.MaxInt64 - time.Second:  (math.MaxInt64-time.Second)/time.Millisecond*time.Millisecond + time.Millisecond,
		time.Hour + time.Microsecond: time.Hour + time.Millisecond,
	} {
		for _, dialect := range dialects {
			var p wire.Packet
			_, err := dialect.Next(appendPacket(t, dialect, nil, &wire.Packet{Kind: wire.KindCall, Timeout: d}), &p)
			if err != nil || p.Timeout != want {
				t.Errorf("%s: %d became %d, want %d: %v", dialect.Name(), d, p.Timeout, want, err)
			}
		}
	}
}

func TestKinds(t *testing.T) {
	known := 0
	for n := range 256 {
		k := wire.Kind(n)
		if k.Known() {
			known++
			if k.Ignorable() || k.String() != strings.ToLower(k.String()) || strings.Contains(k.String(), "-") {
				t.Errorf("%d: %s", n, k)
			}
		}
	}
	if known != 20 {
		t.Errorf("%d known kinds", known)
	}
	for k, want := range map[wire.Kind]string{63: "kind-63", 64: "kind-64", 65: "x-65", 255: "x-255", wire.KindGoAway: "goaway"} {
		if k.String() != want {
			t.Errorf("%d is %s, want %s", k, k, want)
		}
	}
}

// TestUnnumberedHints: a kind that may be ignored needs no number in JSON.
func TestUnnumberedHints(t *testing.T) {
	for _, name := range []string{"x-hint", "x-", "x-64", "x-300", "x-65.5"} {
		var p wire.Packet
		if _, err := wire.JSONv1.Next([]byte(`{"kind":"`+name+`"}`), &p); err != nil || !p.Kind.Ignorable() || p.Kind.Known() {
			t.Errorf("%s: %v, %v", name, p.Kind, err)
		}
	}
}

func TestValidName(t *testing.T) {
	for _, name := range []string{"a", "Greeter.Hello", "a_b.c:d/e-9", strings.Repeat("x", 128)} {
		if err := wire.ValidName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", "a b", "ä", "a\x00", "a*", "a>", strings.Repeat("x", 129)} {
		if wire.ValidName(name) == nil {
			t.Errorf("%q is valid", name)
		}
	}
}

// TestPacketsAlias: a route and a body are in the message, nothing else is, and
// appending to a body does not write into what follows it.
func TestPacketsAlias(t *testing.T) {
	for _, dialect := range dialects {
		all := packets["all"]
		msg := appendPacket(t, dialect, nil, &all)
		var p wire.Packet
		if _, err := dialect.Next(msg, &p); err != nil {
			t.Fatal(err)
		}
		if cap(p.Body) != len(p.Body) {
			t.Errorf("%s: body has room behind it", dialect.Name())
		}
		for i := range msg {
			msg[i] = 'X'
		}
		p.Route, p.Body = all.Route, all.Body
		if diff := cmp.Diff(all, p); diff != "" {
			t.Errorf("%s (-want +got):\n%s", dialect.Name(), diff)
		}
	}
}

func TestPacketsDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("allocations are not counted under -race")
	}
	for _, name := range []string{"call", "reply", "item", "end", "credit", "ping"} {
		p := packets[name]
		msg := make([]byte, 0, 256)
		for _, dialect := range dialects {
			if n := testing.AllocsPerRun(100, func() {
				msg, _ = dialect.Append(msg[:0], &p)
				_, _ = dialect.Next(msg, &p)
			}); n != 0 {
				t.Errorf("%s: %s: %v allocations", dialect.Name(), name, n)
			}
		}
	}
}

// FuzzCBORPacket: whatever is a packet is so again.
func FuzzCBORPacket(f *testing.F) { fuzzPacket(f, wire.CBORv1) }

// FuzzJSONPacket is FuzzCBORPacket for JSON.
func FuzzJSONPacket(f *testing.F) { fuzzPacket(f, wire.JSONv1) }

func fuzzPacket(f *testing.F, dialect wire.Dialect) {
	for _, p := range packets {
		f.Add(appendPacket(f, dialect, nil, &p))
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		var p wire.Packet
		rest, err := dialect.Next(msg, &p)
		if len(rest) > 0 && len(rest) >= len(msg) {
			t.Fatalf("%q: no progress", msg)
		}
		if err != nil {
			return
		}
		again := appendPacket(t, dialect, nil, &p)
		var got wire.Packet
		if _, err := dialect.Next(again, &got); err != nil {
			t.Fatalf("%q became %q: %v", msg, again, err)
		}
		if diff := cmp.Diff(p, got); diff != "" {
			t.Errorf("%q became %q (-want +got):\n%s", msg, again, diff)
		}
	})
}

// FuzzPacketsAgree: a packet is the same after either dialect.
func FuzzPacketsAgree(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		want := newDice(seed, false).packet()
		var got [2]wire.Packet
		for i, dialect := range dialects {
			msg, err := dialect.Append(nil, &want)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := dialect.Next(msg, &got[i]); err != nil {
				t.Fatalf("%s: %q: %v", dialect.Name(), msg, err)
			}
		}
		if diff := cmp.Diff(got[0], got[1]); diff != "" {
			t.Errorf("-CBOR +JSON:\n%s", diff)
		}
	})
}

func (d dice) packet() wire.Packet {
	kinds := []wire.Kind{wire.KindCall, wire.KindReply, wire.KindError, wire.KindClose, wire.KindWelcome, wire.KindEvent, wire.KindMissed, 65, 255}
	p := wire.Packet{Kind: kinds[d.IntN(len(kinds))], ID: d.Uint64() >> d.IntN(64)}
	for bit, fill := range []func(){
		func() { p.Route, p.Code = "Greeter.Hello", "greet.empty" },
		func() { p.Body, _ = wire.Marshal(wire.JSON, nil, nil, d.message(0)) },
		func() { p.Timeout, p.RetryAfter = time.Duration(d.int64()).Abs(), time.Duration(d.int64()).Abs() },
		func() { p.Meta = map[string]string{d.text(): d.text(), d.text(): d.text()} },
		func() { p.Message, p.Incident, p.Ran = d.text(), d.text(), true },
		func() { p.Status, p.Credit, p.Depth = uint16(d.Uint32()), d.Uint32(), uint8(d.Uint32()) },
		func() { p.Seq, p.Ack = d.Uint64(), d.Uint64() },
		func() { p.Topic, p.Missed = d.text(), d.Uint64() },
		func() { p.Target, p.Origin, p.Trace = d.text(), d.text(), d.text() },
	} {
		if d.Uint32()>>bit&1 == 1 {
			fill()
		}
	}
	return p
}
