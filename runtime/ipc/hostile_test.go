package ipc_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// What identified peers may say that they should not. The simplest cases, in
// JSON, are in PROTOCOL.md.

// touch serves Test.Touch, which must never run.
func touch(t *testing.T) func(*ipc.Server) {
	return func(srv *ipc.Server) {
		srv.Register(method[textArgs, string]("Test.Touch", ipc.KindCall).Handle(func(_ context.Context, a *textArgs) (string, error) {
			t.Errorf("the handler was called with %q", a.Text)
			return "", nil
		}))
	}
}

// alive makes sure that the connection goes on, and that no more was said.
func alive(id uint64) step {
	return func(s *stranger) {
		s.t.Helper()
		s.talk(say(call(id, "Test.Echo", text("alive"))), hearReply(id, "alive"), hearNothing)
	}
}

// Arguments that are refused do not reach the handler.
func TestBadArguments(t *testing.T) {
	for name, args := range map[string]any{
		"of another type":     map[string]any{"Text": 1},
		"not a map":           "a",
		"null":                raw{"f6", "null"},
		"none":                nil,
		"a null":              raw{"a1 6454657874 f6", `{"Text":null}`},
		"a key twice":         raw{"a2 6454657874 6161 6454657874 6162", `{"Text":"a","Text":"b"}`},
		"unknown key twice":   raw{"a2 6178 01 6178 02", `{"x":1,"x":2}`},
		"a key in lower case": raw{"a1 6474657874 6161", `{"text":"a"}`},
		"not UTF-8":           raw{"a1 6454657874 61ff", "{\"Text\":\"\xff\"}"},
		"too deep":            raw{"a1 6178" + strings.Repeat("81", 17) + "01", `{"x":` + strings.Repeat("[", 17) + strings.Repeat("]", 17) + `}`},
	} {
		t.Run(name, func(t *testing.T) {
			scene(t, ipc.ServerOptions{}, touch(t),
				identified, say(call(1, "Test.Touch", args)), hearRefusal(1, code.BadRequest), alive(3))
		})
	}
}

// What only CBOR can say. In JSON bytes behind the arguments are bytes in the
// middle of the packet.
func TestBadArgumentsInCBOR(t *testing.T) {
	for name, body := range map[string]string{
		"bytes behind":      "a1 6454657874 6161 00",
		"cut short":         "a1 6454657874 62 61",
		"indefinite length": "bf 6454657874 6161 ff",
		"a tag":             "c1 a0",
		"a long array":      "9b 4000000000000000",
		"a large map":       "ba ffffffff",
		"long bytes":        "5b 7fffffffffffffff",
	} {
		t.Run(name, func(t *testing.T) {
			scene(t, ipc.ServerOptions{}, touch(t), func(s *stranger) {
				s.t.Helper()
				if s.dialect != wire.CBORv1 {
					return
				}
				s.talk(identified, say(call(1, "Test.Touch", raw{cbor: body})), hearRefusal(1, code.BadRequest), alive(3))
			})
		})
	}
}

func TestRequestsForNobody(t *testing.T) {
	scene(t, ipc.ServerOptions{}, nil, identified,
		say(call(1, "No.Such", empty)), hearRefusal(1, code.NoRoute),
		say(call(3, "test.echo", text("a"))), hearRefusal(3, code.NoRoute),
		say(call(5, "Test.Echo.", text("a"))), hearRefusal(5, code.NoRoute),
		say(with(packet{Kind: wire.KindCall, ID: 7}, empty)), hearRefusal(7, code.NoRoute),
		say(notify("No.Such", empty)), say(notify("Test.Echo", text("a"))),
		say(with(packet{Kind: wire.KindCall, ID: 9, Route: "Test.Echo", Depth: 17}, text("a"))), hearRefusal(9, code.Overloaded),
		alive(11))
}

// A packet that is not understood is refused alone, and what stands behind it
// in the message is heard.
func TestPacketsOfLaterVersions(t *testing.T) {
	const echoA = "69 546573742e4563686f 48 a1 64 54657874 61 61" // route and arguments
	for name, tc := range map[string]struct {
		msg  raw
		hear step
	}{
		"unknown kind":            {raw{"84 1828 01 60 40", `{"kind":"later","id":1}`}, hearRefusal(1, code.Unsupported)},
		"unknown kind, hint":      {raw{"84 1841 01 60 40", `{"kind":"x-later","id":1}`}, hearNothing},
		"unknown header":          {raw{"85 01 01" + echoA + "a1 1840 01", `{"kind":"call","id":1,"route":"Test.Echo","body":{"Text":"a"},"later":1}`}, hearRefusal(1, code.Unsupported)},
		"unknown header, hint":    {raw{"85 01 01" + echoA + "a1 1841 01", `{"kind":"call","id":1,"route":"Test.Echo","body":{"Text":"a"},"x-later":1}`}, hearReply(1, "a")},
		"a route that is none":    {raw{"84 01 01 63 612062 41 a0", `{"kind":"call","id":1,"route":"a b","body":{}}`}, hearRefusal(1, code.BadRequest)},
		"a number out of range":   {raw{"85 01 01" + echoA + "a1 0a 190100", `{"kind":"call","id":1,"route":"Test.Echo","body":{"Text":"a"},"depth":256}`}, hearRefusal(1, code.BadRequest)},
		"an unknown ping":         {raw{"85 10 01 60 40 a1 1840 01", `{"kind":"ping","id":1,"later":1}`}, hearNothing},
		"an unknown notification": {raw{"85 04 00" + echoA + "a1 1840 01", `{"kind":"notify","route":"Test.Echo","body":{"Text":"a"},"later":1}`}, hearNothing},
	} {
		t.Run(name, func(t *testing.T) {
			scene(t, ipc.ServerOptions{}, nil, identified, sayRaw(tc.msg), tc.hear, func(s *stranger) {
				behind := s.message(call(3, "Test.Echo", text("behind")))
				if s.dialect == wire.JSONv1 {
					behind = append([]byte("\n"), behind...)
				}
				s.send(append(tc.msg.in(s.dialect), behind...))
			}, func(s *stranger) {
				for p, ok := s.next(); ok; p, ok = s.next() {
					if p.Kind == wire.KindReply && p.ID == 3 {
						return
					}
				}
				s.t.Errorf("the packet behind is not answered: %v", s.end)
			}, alive(5))
		})
	}
}

// What cannot be read at all, or must never be said, ends the connection.
func TestViolationsEndTheConnection(t *testing.T) {
	for name, said := range map[string]step{
		"garbage":              sayRaw(raw{"ff ff ff", "?"}),
		"a call cut short":     sayRaw(raw{"84 01 01 69 546573", `{"kind":"call","id":1,"rou`}),
		"no kind":              sayRaw(raw{"83 01 01 60", `{"id":1}`}),
		"not a packet":         sayRaw(raw{"a0", `[]`}),
		"a header twice":       sayRaw(raw{"85 10 01 60 40 a2 01 01 01 01", `{"kind":"ping","id":1,"id":1}`}),
		"call 0":               say(call(0, "Test.Echo", text("a"))),
		"call of our parity":   say(call(2, "Test.Echo", text("a"))),
		"an id in use":         say(call(1, "Test.Block", empty), call(1, "Test.Echo", text("a"))),
		"a second identify":    say(about(wire.KindIdentify, 0)),
		"a challenge":          say(about(wire.KindChallenge, 0)),
		"a welcome":            say(about(wire.KindWelcome, 0)),
		"a call, then garbage": sayRaw(raw{"84 01 01 69 546573742e4563686f 48 a1 64 54657874 61 61 ff", `{"kind":"call","id":1,"route":"Test.Echo","body":{"Text":"a"}}` + "\n?"}),
	} {
		t.Run(name, func(t *testing.T) {
			scene(t, ipc.ServerOptions{}, nil, identified, said, hearEnd(3502))
		})
	}
}

// A message of more than the limit is not read to its end.
func TestMessagesThatAreTooLarge(t *testing.T) {
	scene(t, ipc.ServerOptions{}, nil, identified,
		say(call(1, "Test.Echo", text(strings.Repeat("x", 1<<20-100)))), hear(wire.KindReply, 1, nil),
		say(call(3, "Test.Echo", text(strings.Repeat("x", 2<<20)))), hearEnd(1009))
}

// Z4: what belongs to no call or stream is late, and ignored.
func TestStrayPackets(t *testing.T) {
	scene(t, ipc.ServerOptions{}, nil, identified,
		say(reply(0, "a")), say(reply(2, "a")), say(reply(1, "a")), say(reply(1<<63, "a")),
		say(packet{Kind: wire.KindError, ID: 2, Code: "tea.pot"}.of), say(packet{Kind: wire.KindError}.of),
		say(item(0, 1), item(1, 1), item(2, 1), item(1<<63+1, 1)),
		say(about(wire.KindEnd, 0), about(wire.KindEnd, 1), about(wire.KindEnd, 2)),
		say(about(wire.KindCancel, 0), about(wire.KindCancel, 1), about(wire.KindCancel, 2)),
		say(credit(0, 1), credit(1, 1), credit(2, 1<<32-1)),
		say(about(wire.KindPong, 0), about(wire.KindPong, 77)),
		alive(1))
}

// A call of the server's is settled by the first reply, whatever follows.
func TestRepliesThatShouldNotBe(t *testing.T) {
	var srv *ipc.Server
	var futures []*ipc.Future[string]
	ask := func(s *stranger) {
		peer := srv.Peer(ipc.Identity{Group: "strangers", Name: "one"})
		futures = append(futures, echo.Start(s.t.Context(), peer, &textArgs{"?"}))
	}
	settled := func(want string, why code.Code) step {
		return func(s *stranger) {
			s.t.Helper()
			got, err := futures[0].Wait(s.t.Context())
			futures = futures[1:]
			if got != want || (why != "") != (err != nil) || err != nil && !errors.Is(err, why) {
				s.t.Errorf("the server's call: %q, %v", got, err)
			}
		}
	}
	scene(t, ipc.ServerOptions{}, func(s *ipc.Server) { srv, futures = s, nil }, identified,
		ask, hear(wire.KindCall, 2, nil),
		say(reply(2, "first"), reply(2, "second"), packet{Kind: wire.KindError, ID: 2, Code: "third"}.of), settled("first", ""),
		ask, hear(wire.KindCall, 4, nil), say(reply(6, "too early"), reply(4, "right")), settled("right", ""),
		ask, hear(wire.KindCall, 6, nil), say(reply(6, 7)), settled("", code.BadReply),
		ask, hear(wire.KindCall, 8, nil), say(reply(8, nil)), settled("", code.BadReply),
		ask, hear(wire.KindCall, 10, nil), say(packet{Kind: wire.KindError, ID: 10, Code: "tea.pot"}.of), settled("", "tea.pot"),
		ask, hear(wire.KindCall, 12, nil), say(item(12, "an item"), about(wire.KindEnd, 12), credit(12, 7), reply(12, "after items")), settled("after items", ""),
		alive(1))
}

// Streams that get what they have no room for are broken off, alone.
func TestItemsBeyondCredit(t *testing.T) {
	causes := make(chan error, 10)
	gulp := inputMethod[noArgs, []byte, int]("Test.Gulp", ipc.KindUpload)
	serve := func(srv *ipc.Server) {
		srv.Register(gulp.HandleUpload(func(ctx context.Context, _ *noArgs, in iter.Seq2[[]byte, error]) (n int, err error) {
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return 0, nil
		}))
	}
	full := with(packet{Kind: wire.KindItem, ID: 1}, make([]byte, 64<<10))
	scene(t, ipc.ServerOptions{}, serve, identified,
		say(call(1, "Test.Gulp", empty)), hear(wire.KindCredit, 1, func(p *wire.Packet) bool { return p.Credit <= 1<<20 }),
		flood(8, func(int) []spoken { return []spoken{full} }), hearFailure(1, code.Protocol),
		say(call(3, "Test.Sum", empty)), hear(wire.KindCredit, 3, nil),
		say(about(wire.KindEnd, 3), item(3, 1)), func(s *stranger) {
			for p, ok := s.next(); ok; p, ok = s.next() { // the reply may come first, or the failure
				if p.ID == 3 && (p.Kind == wire.KindReply || p.Code == string(code.Protocol)) {
					return
				}
			}
		},
		say(call(5, "Test.Count", map[string]any{"N": 1})), // not a stream that takes items
		say(item(5, 1)), hearFailure(5, code.Protocol),
		alive(7), func(s *stranger) {
			if cause := <-causes; !errors.Is(cause, code.Protocol) {
				s.t.Errorf("the handler was stopped by %v", cause)
			}
		})
}

// Credit may be given in any amount, and as often as one likes: it is the
// giver's memory.
func TestTooMuchCredit(t *testing.T) {
	scene(t, ipc.ServerOptions{}, nil, identified,
		say(with(packet{Kind: wire.KindCall, ID: 1, Route: "Test.Count", Credit: 1<<32 - 1}, map[string]any{"N": 3})),
		flood(1000, func(int) []spoken { return []spoken{credit(1, 1<<32-1)} }),
		hear(wire.KindItem, 1, nil), hear(wire.KindItem, 1, nil), hear(wire.KindItem, 1, nil), hear(wire.KindReply, 1, nil),
		alive(3))
}

// Who goes away may still call. Why it left in the end is logged as it was told.
func TestGoAwayAndOddFarewells(t *testing.T) {
	var srv *ipc.Server
	for name, status := range map[string]uint16{"none": 0, "of HTTP": 200, "of WebSocket": 1002, "unknown": 3999, "large": 65535} {
		t.Run(name, func(t *testing.T) {
			left := make(chan error, 10)
			opts := ipc.ServerOptions{OnLeave: func(p *ipc.Peer, cause error) {
				if p.Identity().Group == "strangers" {
					left <- cause
				}
			}}
			scene(t, opts, func(s *ipc.Server) { srv = s }, identified,
				say(about(wire.KindGoAway, 0)), hearNothing,
				func(s *stranger) {
					_, err := echo.Call(s.t.Context(), srv.Peer(ipc.Identity{Group: "strangers", Name: "one"}), &textArgs{})
					if !errors.Is(err, code.Draining) || !errors.Is(err, ipc.ErrNotSent) {
						s.t.Errorf("a call of who goes away: %v", err)
					}
				},
				alive(1), // it may still call
				say(packet{Kind: wire.KindClose, Status: status, Message: "so"}.of),
				func(s *stranger) {
					select {
					case cause := <-left:
						if !strings.Contains(cause.Error(), "so") {
							s.t.Errorf("it left because of %v", cause)
						}
					case <-time.After(time.Second):
						s.t.Error("it is still there")
					}
				})
		})
	}
}
