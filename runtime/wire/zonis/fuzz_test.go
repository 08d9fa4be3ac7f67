package zonis

import (
	"bytes"
	"errors"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

// FuzzNext reads anything, as either side. What is understood must have been
// there, and every request that is answered is answered once.
func FuzzNext(f *testing.F) {
	for _, seed := range []string{
		identifyAs("one", "s", "null"), identifyAs("one", "s", `"key"`), welcomed,
		call("1", "hello", `{"name":"Ada"}`), called("1", "hello", `{"x":NaN}`),
		succeeded("1", "one", `[1,{"a":"b\"]"}]`), failed("1", "one", "hello is not a valid route name."),
		`{"packet_id":"1","type":"request","data":{"type":"REQUEST","data":{"route":"a b"}}}`, `{}`, `{"a":[`,
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed+"\n"+seed), true)
	}
	f.Fuzz(func(t *testing.T, msg []byte, dialed bool) {
		s := newSession(Dialect{}, dialed)
		for rest := msg; len(rest) > 0; {
			var p wire.Packet
			next, err := s.Next(rest, &p)
			var refused *wire.PacketError
			if err != nil && !errors.As(err, &refused) {
				return
			}
			if len(next) >= len(rest) {
				t.Fatalf("no progress at %q", rest)
			}
			if len(p.Body) > 0 && p.Kind != wire.KindIdentify && !bytes.Contains(msg, p.Body) {
				t.Fatalf("a body of %q", p.Body)
			}
			answer(t, s, &p, refused)
			rest = next
		}
		if len(s.open) > 0 {
			t.Fatalf("%d requests wait for ever", len(s.open))
		}
	})
}

// answer answers p as the runtime would, twice.
func answer(t *testing.T, s *session, p *wire.Packet, refused *wire.PacketError) {
	t.Helper()
	if p.Kind != wire.KindCall {
		return
	}
	if refused == nil && wire.ValidName(p.Route) != nil {
		t.Fatalf("a call of %q", p.Route)
	}
	said, err := s.Append(nil, &wire.Packet{Kind: wire.KindError, ID: p.ID, Code: "no_route", Message: p.Route})
	if err != nil || bytes.Count(said, []byte{separator}) != 1 || !bytes.HasSuffix(said, []byte{separator}) {
		t.Fatalf("answered %q, %v", said, err)
	}
	if said, err := s.Append(nil, &wire.Packet{Kind: wire.KindReply, ID: p.ID}); len(said) > 0 || err != nil {
		t.Fatalf("answered again %q, %v", said, err)
	}
}
