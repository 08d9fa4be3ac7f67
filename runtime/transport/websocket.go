package transport

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/coder/websocket"
)

// webSocketConn carries messages as those of a WebSocket (RFC 6455).
//
// Under the library lies a guard, and under that the link, which takes what
// the library writes without ever blocking. So a message can be one frame,
// though the library writes it in pieces: they leave with one system call, and
// no pong waits for them longer than it takes to copy them. Pongs, which the
// library writes while it reads, leave by themselves.
type webSocketConn struct {
	ws          *websocket.Conn
	guard       *guard
	o           *Options
	info        Info
	role        role
	subprotocol string
	kind        websocket.MessageType
	begun       io.Reader // of a message, nil if none has begun
	maxRead     int       // bytes of a message that Read takes

	// mu is held while a frame is on its way into the link, so that the last
	// frame comes after it and not into it.
	mu      sync.Mutex
	closing sync.Once
}

func newWebSocket(ws *websocket.Conn, g *guard, subprotocol string, o *Options, r role, info Info) *webSocketConn {
	g.begin()
	c := &webSocketConn{ws: ws, guard: g, o: o, info: info, role: r, subprotocol: subprotocol, kind: websocket.MessageBinary}
	if o.Text(subprotocol) {
		c.kind = websocket.MessageText
	}
	c.Limit(o.MaxMessage)
	return c
}

func (c *webSocketConn) Limit(bytes int) {
	c.maxRead = bytes
	c.ws.SetReadLimit(int64(bytes))
}

// Handshake has nothing left to do: the upgrade was it.
func (c *webSocketConn) Handshake(context.Context) error { return nil }

func (c *webSocketConn) Subprotocol() string { return c.subprotocol }
func (c *webSocketConn) Received() uint64    { return c.guard.link.received.Load() }
func (c *webSocketConn) Info() Info          { return c.info }
func (c *webSocketConn) Flush() error        { return c.guard.link.flush() }

func (c *webSocketConn) Write(msg []byte) (drained bool, err error) {
	if err := checkMessage(msg, c.o); err != nil {
		return true, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.guard.link.cork()
	writeErr := c.ws.Write(context.Background(), c.kind, msg)
	drained, err = c.guard.link.uncork()
	if err == nil {
		err = writeErr
	}
	return drained, err
}

func (c *webSocketConn) Read(buf []byte) ([]byte, error) {
	msg, err := c.readMessage(buf[:0])
	if err != nil {
		err = c.explain(err)
		c.Close(violation(err), err.Error())
		return nil, err
	}
	return msg, nil
}

func (c *webSocketConn) Wait() error {
	err := c.begin()
	if err != nil {
		err = c.explain(err)
		c.Close(violation(err), err.Error())
	}
	return err
}

// begin waits for the next message, unless it has begun.
func (c *webSocketConn) begin() (err error) {
	if c.begun != nil {
		return nil
	}
	_, c.begun, err = c.ws.Reader(context.Background())
	if err == nil {
		c.guard.enter()
	}
	return err
}

func (c *webSocketConn) readMessage(buf []byte) ([]byte, error) {
	err := c.begin()
	if err != nil {
		return nil, err
	}
	r := c.begun
	c.begun = nil
	for err == nil {
		if len(buf) > c.maxRead {
			return nil, fmt.Errorf("%w: over %d bytes", ErrTooLarge, c.maxRead)
		}
		buf, err = c.readSome(r, buf)
	}
	if err != io.EOF {
		return nil, err
	}
	c.guard.leave()
	if len(buf) == 0 {
		return nil, ErrEmpty
	}
	return buf, nil
}

// readSome appends at most growth bytes of r to buf. It enlarges buf only for
// a byte that has arrived.
func (c *webSocketConn) readSome(r io.Reader, buf []byte) ([]byte, error) {
	into := buf[len(buf):min(cap(buf), len(buf)+growth)]
	full := len(into) == 0
	if full {
		into = c.guard.spill[:]
	}
	n, err := r.Read(into)
	if n == 0 {
		return buf, err
	}
	c.guard.progress()
	if full {
		return append(slices.Grow(buf, max(len(buf), minBuffer)), into...), err
	}
	return buf[:len(buf)+n], err
}

// explain takes the library's wrapping off.
func (c *webSocketConn) explain(err error) error {
	var end websocket.CloseError
	switch {
	case errors.As(err, &end) && end.Code == websocket.StatusNoStatusRcvd:
		return io.EOF
	case errors.As(err, &end):
		return closed(uint16(end.Code), end.Reason)
	case c.guard.err != nil:
		return c.guard.err
	case errors.Is(err, websocket.ErrMessageTooBig):
		return fmt.Errorf("%w: over %d bytes", ErrTooLarge, c.maxRead)
	}
	return err
}

// Ping implements [Pinger].
func (c *webSocketConn) Ping(answered func()) error {
	c.guard.answered.Store(&answered)
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.guard.link.Write(pingFrame(c.role))
	return err
}

func (c *webSocketConn) Close(code uint16, reason string) error {
	c.closing.Do(func() {
		c.closeLink(code, cutReason(reason))
		c.ws.CloseNow()
	})
	return nil
}

func (c *webSocketConn) closeLink(code uint16, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.guard.goodbye.Load() {
		c.guard.Close()
		return
	}
	c.guard.closeWith(lastWebSocketFrame(c.role, code, reason))
}

// The first bytes of a close frame (RFC 6455, section 5.2).
const (
	finClose = 0x88
	finPing  = 0x89
	masked   = 0x80 // with a length
)

// lastWebSocketFrame is a close frame. The library has none that does not
// wait for the peer's.
func lastWebSocketFrame(r role, code uint16, reason string) []byte {
	var payload []byte
	if sayable(code) {
		payload = append(binary.BigEndian.AppendUint16(nil, code), reason...)
	}
	if r == accepting {
		return append([]byte{finClose, byte(len(payload))}, payload...)
	}
	key := binary.BigEndian.AppendUint32(nil, rand.Uint32())
	for i := range payload {
		payload[i] ^= key[i%4]
	}
	frame := append([]byte{finClose, masked | byte(len(payload))}, key...)
	return append(frame, payload...)
}

// pingFrame is a ping without payload. The library's waits for the pong. Of
// nothing any mask makes nothing.
func pingFrame(r role) []byte {
	if r == accepting {
		return []byte{finPing, 0}
	}
	return []byte{finPing, masked, 0, 0, 0, 0}
}

// sayable reports whether a close frame may carry code (RFC 6455, section 7.4).
func sayable(code uint16) bool {
	switch {
	case code >= 1004 && code <= 1006:
		return false
	case code >= 1000 && code <= 1014:
		return true
	}
	return code >= 3000 && code <= 4999
}
