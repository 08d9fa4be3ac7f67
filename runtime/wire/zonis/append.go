package zonis

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// separator ends a packet. JSON has it only between values, and there we do not
// write it.
const separator = '\n'

// The types of the data in an envelope.
const (
	typeIdentify      = "IDENTIFY"
	typeRequest       = "REQUEST"        // from the server
	typeClientRequest = "CLIENT_REQUEST" // from the client
	typeSuccess       = "SUCCESS_RESPONSE"
	typeFailure       = "FAILURE_RESPONSE"
)

// envelope is a message as it is written.
type envelope struct {
	PacketID string `json:"packet_id"`
	Type     string `json:"type"`
	Data     inner  `json:"data"`
}

type inner struct {
	Identifier string `json:"identifier"`
	Type       string `json:"type"`
	Data       any    `json:"data"`
}

type request struct {
	Route     string          `json:"route"`
	Arguments json.RawMessage `json:"arguments"`
}

type identify struct {
	SecretKey   string  `json:"secret_key"`
	OverrideKey *string `json:"override_key"`
}

// Append implements [wire.Dialect].
func (s *session) Append(msg []byte, p *wire.Packet) ([]byte, error) {
	switch p.Kind {
	case wire.KindCall:
		return s.appendCall(msg, p)
	case wire.KindReply:
		return s.appendAnswer(msg, p.ID, typeSuccess, raw(p.Body))
	case wire.KindError:
		return s.appendAnswer(msg, p.ID, typeFailure, failureText(p))
	case wire.KindIdentify:
		return s.appendIdentify(msg, p)
	case wire.KindWelcome:
		return s.appendEnvelope(msg, s.greeting, "response", typeIdentify, nil)
	case wire.KindCancel, wire.KindGoAway, wire.KindClose:
		return msg, nil // it has no word for it, and need not know
	}
	return msg, &wire.PacketError{ID: p.ID, Kind: p.Kind, Code: wire.CodeUnsupported,
		Message: fmt.Sprintf("Zonis has calls and replies, and nothing like %s", p.Kind)}
}

func (s *session) appendCall(msg []byte, p *wire.Packet) ([]byte, error) {
	t := typeRequest
	if s.dialed {
		t = typeClientRequest
	}
	return s.appendEnvelope(msg, s.ourID(p.ID), "request", t, request{p.Route, raw(p.Body)})
}

// appendAnswer answers a request, once.
func (s *session) appendAnswer(msg []byte, n uint64, t string, data any) ([]byte, error) {
	id, ok := s.settle(n)
	if !ok {
		return msg, nil
	}
	out, err := s.appendEnvelope(msg, id, "response", t, data)
	if err != nil {
		s.reopen(n, id) // a failure is about to be sent instead
	}
	return out, err
}

func (s *session) appendEnvelope(msg []byte, id, kind, t string, data any) ([]byte, error) {
	who := s.identifier
	if !s.dialed && kind == "response" && t != typeIdentify {
		who = "SERVER"
	}
	b, err := marshal(envelope{id, kind, inner{who, t, data}})
	if err != nil {
		return msg, fmt.Errorf("append packet: %w", err)
	}
	return append(msg, b...), nil
}

// marshal returns v with a newline behind it, and none within.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// raw returns a body as it is; that of no result is null.
func raw(body []byte) json.RawMessage {
	if len(body) == 0 {
		return json.RawMessage("null")
	}
	return body
}

// unknownRoute is how Zonis says that there is no such route.
const unknownRoute = " is not a valid route name."

// failureText is what is said of a failure.
func failureText(p *wire.Packet) string {
	if p.Code == string(code.NoRoute) && !p.Ran {
		return p.Message + unknownRoute
	}
	text := p.Code
	if p.Message != "" {
		text += ": " + p.Message
	}
	if p.Incident != "" {
		text += " (incident " + p.Incident + ")"
	}
	return text
}

// anonymous is the identifier of a client that has no name.
const anonymous = "DEFAULT"

// appendIdentify is the client's part of the handshake.
func (s *session) appendIdentify(msg []byte, p *wire.Packet) ([]byte, error) {
	var id wire.Identify
	if err := json.Unmarshal(p.Body, &id); err != nil {
		return msg, errors.New("append packet: identify: it cannot be decoded")
	}
	s.identifier, s.group = cmp.Or(id.Name, anonymous), id.Group
	s.greeting = s.ourID(0)
	data := identify{SecretKey: id.Token}
	if len(id.Override) > 0 {
		key := string(id.Override)
		data.OverrideKey = &key
	}
	return s.appendEnvelope(msg, s.greeting, "request", typeIdentify, data)
}
