package zonis

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// maxID bounds the id of a request of the far side, in bytes.
const maxID = 128

// heard is a message as it was read.
type heard struct {
	id, kind   string // of the envelope
	identifier object // of the data, unread
	t          string
	data       []byte // of the data, as it is written
}

// Next implements [wire.Dialect].
func (s *session) Next(msg []byte, p *wire.Packet) (rest []byte, err error) {
	*p = wire.Packet{}
	h, rest, err := read(msg)
	if err == nil {
		err = s.interpret(h, p)
	}
	var refused *wire.PacketError
	if err != nil && !errors.As(err, &refused) {
		return nil, fmt.Errorf("malformed packet: %w", err)
	}
	return rest, err
}

func (s *session) interpret(h *heard, p *wire.Packet) error {
	switch h.kind {
	case "request":
		return s.request(h, p)
	case "response":
		return s.response(h, p)
	}
	return errors.New("type: neither request nor response")
}

// read reads as far as all messages are the same.
func read(msg []byte) (*heard, []byte, error) {
	outer, rest, err := wire.Members(msg)
	if err != nil {
		return nil, nil, err
	}
	inner, _, err := wire.Members(outer["data"])
	if err != nil {
		return nil, nil, fmt.Errorf("data: %w", err)
	}
	h := &heard{identifier: inner, data: inner["data"]}
	err = errors.Join(
		object(outer).text("packet_id", &h.id),
		object(outer).text("type", &h.kind),
		object(inner).text("type", &h.t),
	)
	switch {
	case err != nil:
		return nil, nil, err
	case h.id == "" || len(h.id) > maxID:
		return nil, nil, fmt.Errorf("packet_id: not of 1 to %d bytes", maxID)
	case h.data == nil:
		return nil, nil, errors.New("data.data: missing")
	}
	return h, rest, nil
}

// object is what [wire.Members] returns.
type object map[string][]byte

// text reads the member of that name, which must be a text.
func (o object) text(name string, s *string) error {
	value, ok := o[name]
	if !ok {
		return fmt.Errorf("%s: missing", name)
	}
	if err := wire.Unmarshal(wire.JSON, value, nil, s); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// request makes a call of h, or the client's part of the handshake.
func (s *session) request(h *heard, p *wire.Packet) error {
	if h.t == typeIdentify {
		return s.identified(h, p)
	}
	p.Kind = wire.KindCall
	if p.ID = s.ours(h.id); p.ID != 0 {
		return nil // one that has not left: the id is all that matters
	}
	if p.ID = s.admit(h.id); p.ID == 0 {
		return errors.New("too many requests wait for an answer")
	}
	if why, message := h.call(p); why != "" {
		return &wire.PacketError{ID: p.ID, Kind: p.Kind, Code: string(why), Message: message}
	}
	return nil
}

// call reads a route and its arguments, or says why it is no call.
func (h *heard) call(p *wire.Packet) (why code.Code, message string) {
	if h.t != typeRequest && h.t != typeClientRequest {
		return code.Unsupported, fmt.Sprintf("a request of the type %.40q", h.t)
	}
	data, _, err := wire.Members(h.data)
	if err == nil {
		err = object(data).text("route", &p.Route)
	}
	if err != nil {
		return code.BadRequest, err.Error()
	}
	if wire.ValidName(p.Route) != nil {
		return code.NoRoute, shortened(p.Route)
	}
	p.Body = data["arguments"]
	return "", ""
}

// shortened returns as much of a route as is worth repeating.
func shortened(route string) string {
	return strings.ToValidUTF8(route[:min(len(route), wire.MaxName)], "")
}

// response makes the answer to a call of h, or to the client's part of the
// handshake. An answer that is nobody's becomes one without an id, which
// everybody ignores.
func (s *session) response(h *heard, p *wire.Packet) error {
	if s.dialed && h.id == s.greeting {
		return s.welcomed(h, p)
	}
	p.Kind, p.ID = wire.KindReply, s.ours(h.id)
	switch {
	case p.ID == 0:
	case h.t == typeSuccess:
		p.Body = h.data
	case h.t == typeFailure:
		h.failure(p)
	default:
		return &wire.PacketError{ID: p.ID, Kind: p.Kind, Code: wire.CodeUnsupported, Message: fmt.Sprintf("a response of the type %.40q", h.t)}
	}
	return nil
}

// failure reads why a call failed. That there is no such route is the only thing
// of which it is certain that nothing ran.
func (h *heard) failure(p *wire.Packet) {
	p.Kind, p.Code, p.Ran = wire.KindError, string(RequestFailed), true
	if wire.Unmarshal(wire.JSON, h.data, nil, &p.Message) != nil {
		p.Message = "the reason is no text"
	}
	if route, ok := strings.CutSuffix(p.Message, unknownRoute); ok {
		p.Code, p.Message, p.Ran = string(code.NoRoute), route, false
	}
	p.Message = strings.ToValidUTF8(p.Message[:min(len(p.Message), wire.MaxText)], "")
}

// identified reads the client's part of the handshake.
func (s *session) identified(h *heard, p *wire.Packet) error {
	p.Kind = wire.KindIdentify
	if s.dialed || s.greeting != "" {
		return nil // not now: whoever receives it will say so
	}
	id := wire.Identify{Version: wire.Version, Group: s.group, Method: wire.MethodSecret}
	data, _, err := wire.Members(h.data)
	if err == nil {
		err = errors.Join(h.identifier.text("identifier", &id.Name), object(data).text("secret_key", &id.Token))
	}
	if key := data["override_key"]; err == nil && key != nil && string(key) != "null" {
		var text string
		err = object(data).text("override_key", &text)
		id.Override = []byte(text)
	}
	if err == nil && id.Name == "" {
		err = errors.New("identifier: empty")
	}
	if err != nil {
		return err
	}
	s.greeting, s.identifier = strings.Clone(h.id), id.Name
	p.Body, err = wire.Marshal(wire.JSON, nil, nil, &id)
	return err
}

// welcomed reads the server's part of the handshake.
func (s *session) welcomed(h *heard, p *wire.Packet) (err error) {
	switch h.t {
	case typeIdentify:
		p.Kind = wire.KindWelcome
		p.Body, err = wire.Marshal(wire.JSON, nil, nil, &wire.Welcome{Group: s.group, Name: s.identifier, Conn: s.prefix})
	case typeFailure:
		h.failure(p)
		p.Kind, p.Status = wire.KindClose, 3500
	default:
		err = errors.New("data.type: not IDENTIFY")
	}
	return err
}
