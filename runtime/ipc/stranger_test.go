package ipc_test

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// stranger is a peer that speaks packets by hand, in either dialect, and need
// not follow the rules. What it says and hears is a list of steps, so that a
// test reads as a conversation:
//
//	identified, say(call(1, "No.Such", empty)), hearRefusal(1, code.NoRoute)
type stranger struct {
	t       *testing.T
	conn    transport.Conn
	dialect wire.Dialect
	heard   chan []byte // messages; nil for one that reads only when it wants to hear
	end     error       // why there are no more; set before heard is closed
	rest    []byte      // of the last message
	line    string      // of the conversation

	challenge wire.Challenge
	welcome   wire.Welcome
	identify  []byte // the message it identified with
}

// step is one line of a conversation.
type step func(s *stranger)

// bothDialects are what every conversation is held in.
var bothDialects = []wire.Dialect{wire.CBORv1, wire.JSONv1}

// meet connects to url, as far as the transport goes.
func meet(t *testing.T, url string, d wire.Dialect) *stranger {
	t.Helper()
	s := meetDeaf(t, url, d)
	s.heard = make(chan []byte, 1<<16)
	go s.listen()
	return s
}

// meetDeaf is meet for one who reads only what the conversation wants to hear.
func meetDeaf(t *testing.T, url string, d wire.Dialect) *stranger {
	t.Helper()
	conn, err := transport.Dial(t.Context(), url, &transport.Options{
		Subprotocols: []string{d.Name()}, Text: func(string) bool { return d.Text() }, MaxMessage: 64 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(0, "") })
	return &stranger{t: t, conn: conn, dialect: d}
}

func (s *stranger) listen() {
	defer close(s.heard)
	for {
		msg, err := s.conn.Read(nil)
		if err != nil {
			s.end = err
			return
		}
		s.heard <- msg
	}
}

// talk goes through the steps.
func (s *stranger) talk(steps ...step) {
	s.t.Helper()
	outer := s.line
	for i, next := range steps {
		s.line = fmt.Sprintf("%s%d: ", outer, i+1)
		next(s)
	}
	s.line = outer
}

// fatalf ends the test at this line of the conversation.
func (s *stranger) fatalf(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("line %s%s", s.line, fmt.Sprintf(format, args...))
}

// send sends one message. That it cannot may be what the peer wants: the next
// thing heard tells.
func (s *stranger) send(msg []byte) {
	if drained, err := s.conn.Write(msg); err == nil && !drained {
		s.conn.Flush()
	}
}

// next waits for the next packet, and reports false when there are no more. It
// answers pings.
func (s *stranger) next() (p wire.Packet, ok bool) {
	s.t.Helper()
	for patience := time.After(time.Minute); ; {
		if len(s.rest) == 0 && !s.more(patience) {
			return p, false
		}
		var err error
		if s.rest, err = s.dialect.Next(s.rest, &p); err != nil {
			s.fatalf("the peer speaks nonsense: %v", err)
		}
		if s.noteLeak(p.Message); p.Kind != wire.KindPing {
			return p, true
		}
		s.send(s.message(about(wire.KindPong, p.ID)))
	}
}

// more waits for the next message, and reports false when there are no more.
func (s *stranger) more(patience <-chan time.Time) (ok bool) {
	s.t.Helper()
	if s.heard == nil {
		s.rest, s.end = s.conn.Read(nil)
		return s.end == nil
	}
	select {
	case s.rest, ok = <-s.heard:
	case <-patience:
		s.fatalf("nothing is said for a minute")
	}
	return ok
}

// noteLeak makes sure that no secret is told.
func (s *stranger) noteLeak(text string) {
	s.t.Helper()
	if leaks(text) {
		s.t.Errorf("a secret is told: %q", text)
	}
}

// packet is a packet whose body is given, or absent.
type packet wire.Packet

func (p packet) of(wire.Dialect) wire.Packet { return wire.Packet(p) }

// spoken is a packet as a dialect has it.
type spoken func(wire.Dialect) wire.Packet

// raw is a body, or a message, by its bytes: hexadecimal for CBOR, text for JSON.
type raw struct{ cbor, json string }

func (r raw) in(d wire.Dialect) []byte {
	if d == wire.JSONv1 {
		return []byte(r.json)
	}
	b, err := hex.DecodeString(strings.ReplaceAll(r.cbor, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// encode returns v as a body: a raw as it is, nothing for nil.
func encode(d wire.Dialect, v any) []byte {
	switch v := v.(type) {
	case nil:
		return nil
	case raw:
		return v.in(d)
	}
	b, err := wire.Marshal(d.Codec(), nil, nil, &v)
	if err != nil {
		panic(err)
	}
	return b
}

// with returns p with the body v.
func with(p packet, v any) spoken {
	return func(d wire.Dialect) wire.Packet {
		p.Body = encode(d, v)
		return wire.Packet(p)
	}
}

// empty are no arguments.
var empty = raw{"a0", "{}"}

// text is the argument of Test.Echo.
func text(s string) any { return map[string]any{"Text": s} }

func call(id uint64, route string, args any) spoken {
	return with(packet{Kind: wire.KindCall, ID: id, Route: route}, args)
}

func notify(route string, args any) spoken {
	return with(packet{Kind: wire.KindNotify, Route: route}, args)
}

func item(id uint64, v any) spoken { return with(packet{Kind: wire.KindItem, ID: id}, v) }

func reply(id uint64, v any) spoken { return with(packet{Kind: wire.KindReply, ID: id}, v) }

// about is a packet of that kind that says no more.
func about(kind wire.Kind, id uint64) spoken { return packet{Kind: kind, ID: id}.of }

func credit(id uint64, n uint32) spoken {
	return packet{Kind: wire.KindCredit, ID: id, Credit: n}.of
}

// message is the packets as one message.
func (s *stranger) message(packets ...spoken) (msg []byte) {
	for _, p := range packets {
		p := p(s.dialect)
		var err error
		if msg, err = s.dialect.Append(msg, &p); err != nil {
			s.fatalf("%+v: %v", p, err)
		}
	}
	return msg
}

// say sends the packets as one message.
func say(packets ...spoken) step {
	return func(s *stranger) { s.send(s.message(packets...)) }
}

// sayRaw sends a message by its bytes.
func sayRaw(msg raw) step { return func(s *stranger) { s.send(msg.in(s.dialect)) } }

// flood sends n messages of what packets returns for each.
func flood(n int, packets func(i int) []spoken) step {
	return func(s *stranger) {
		for i := range n {
			s.send(s.message(packets(i)...))
		}
	}
}

// pause lets time pass.
func pause(d time.Duration) step { return func(*stranger) { time.Sleep(d) } }

// hear wants a packet of that kind and id, for which the rest holds.
func hear(kind wire.Kind, id uint64, rest func(*wire.Packet) bool) step {
	return func(s *stranger) {
		s.t.Helper()
		p, ok := s.next()
		if !ok {
			s.fatalf("instead of %v %d the connection ends: %v", kind, id, s.end)
		}
		if p.Kind != kind || p.ID != id || rest != nil && !rest(&p) {
			s.fatalf("instead of %v %d: %+v", kind, id, p)
		}
	}
}

// hearReply wants the reply to call id, with the result v.
func hearReply(id uint64, v any) step {
	return func(s *stranger) {
		s.t.Helper()
		want := string(encode(s.dialect, v))
		hear(wire.KindReply, id, func(p *wire.Packet) bool { return string(p.Body) == want })(s)
	}
}

// hearRefusal wants to be told that call id did not run.
func hearRefusal(id uint64, why code.Code) step {
	return hear(wire.KindError, id, func(p *wire.Packet) bool { return p.Code == string(why) && !p.Ran })
}

// hearFailure wants to be told that call id ran and failed.
func hearFailure(id uint64, why code.Code) step {
	return hear(wire.KindError, id, func(p *wire.Packet) bool { return p.Code == string(why) && p.Ran })
}

// hearNothing makes sure that nothing has been said but what was heard.
func hearNothing(s *stranger) {
	s.t.Helper()
	s.talk(say(about(wire.KindPing, 99)), hear(wire.KindPong, 99, nil))
}

// hearEnd wants the connection to end with that status, told by a packet, by
// the transport, or by both; what is said before that does not matter.
func hearEnd(status uint16) step {
	return func(s *stranger) {
		s.t.Helper()
		for p, ok := s.next(); ok; p, ok = s.next() {
			if p.Kind == wire.KindClose && p.Status != status {
				s.fatalf("closed with %d %q, want %d", p.Status, p.Message, status)
			}
		}
		var end *transport.CloseError
		if !errors.As(s.end, &end) || end.Code != status {
			s.fatalf("the connection ends with %v, want %d", s.end, status)
		}
		s.noteLeak(end.Reason)
	}
}

// hangUp ends the connection without a word.
func hangUp(s *stranger) { s.conn.Close(0, "") }

// hearChallenge waits for the first packet.
func hearChallenge(s *stranger) {
	s.t.Helper()
	hear(wire.KindChallenge, 0, func(p *wire.Packet) bool {
		return wire.Unmarshal(s.dialect.Codec(), p.Body, nil, &s.challenge) == nil && len(s.challenge.Nonce) == 32
	})(s)
}

// as is an answer to a challenge by who knows the secret, for change to spoil.
func as(group, name, secret string, change func(*wire.Identify)) step {
	return func(s *stranger) {
		s.t.Helper()
		id := wire.Identify{Version: wire.Version, Group: group, Name: name, Method: "hmac", Nonce: make([]byte, 32)}
		rand.Read(id.Nonce)
		id.Proof = prove([]byte(secret), parts("ipc 1 dialer", s.challenge.Nonce, id.Nonce, group, name))
		if change != nil {
			change(&id)
		}
		body, err := wire.Marshal(s.dialect.Codec(), nil, nil, &id)
		if err != nil {
			s.t.Fatal(err)
		}
		s.identify = s.message(packet{Kind: wire.KindIdentify, Body: body}.of)
		s.send(s.identify)
	}
}

// hearWelcome waits for the end of the handshake.
func hearWelcome(s *stranger) {
	s.t.Helper()
	hear(wire.KindWelcome, 0, func(p *wire.Packet) bool {
		return wire.Unmarshal(s.dialect.Codec(), p.Body, nil, &s.welcome) == nil
	})(s)
}

// identified is the whole of the handshake, done as it should be.
func identified(s *stranger) {
	s.t.Helper()
	s.talk(hearChallenge, as("strangers", "one", canary, nil), hearWelcome)
}
