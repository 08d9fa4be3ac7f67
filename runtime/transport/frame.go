package transport

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// A frame is a header of four bytes, the length in big-endian order, and the
// message. With the highest bit set it is the last one and says how the
// connection ended: a code of two bytes and a reason.
const (
	headerSize = 4
	lastFrame  = 1 << 31
)

// growth is by how much the storage of a message grows at first, in bytes:
// what a header promises is not believed before it arrives.
const growth = 64 << 10

// framedConn carries messages as frames.
type framedConn struct {
	link   *link
	o      *Options
	info   Info
	secure *tls.Conn // over which link runs, nil in the clear

	role        role
	spawned     bool // the peer is a child that may print before it speaks
	subprotocol string
	maxRead     int // bytes of a message that Read takes

	begun     bool // a frame whose header is in head
	head      uint32
	readHead  [headerSize]byte
	writeHead [headerSize]byte
}

func (c *framedConn) Subprotocol() string { return c.subprotocol }
func (c *framedConn) Received() uint64    { return c.link.received.Load() }
func (c *framedConn) Info() Info          { return c.info }
func (c *framedConn) Flush() error        { return c.link.flush() }

func (c *framedConn) Limit(bytes int) { c.maxRead = bytes }

func (c *framedConn) Handshake(ctx context.Context) error {
	if c.subprotocol != "" {
		return nil
	}
	err := bounded(ctx, c.link, func() error {
		if err := c.encrypt(ctx); err != nil {
			return err
		}
		return c.negotiate()
	})
	if err != nil {
		c.link.Close()
		return fmt.Errorf("transport: handshake: %w", err)
	}
	return nil
}

// encrypt does the TLS handshake, if there is one to do.
func (c *framedConn) encrypt(ctx context.Context) error {
	if c.secure == nil {
		return nil
	}
	if err := c.secure.HandshakeContext(ctx); err != nil {
		return err
	}
	state := c.secure.ConnectionState()
	c.info.TLS = &state
	return nil
}

// bounded calls f and closes conn, and so ends f, when ctx ends before it.
func bounded(ctx context.Context, conn io.Closer, f func() error) error {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	err := f()
	if !stop() {
		return context.Cause(ctx)
	}
	return err
}

func (c *framedConn) Write(msg []byte) (drained bool, err error) {
	if err := checkMessage(msg, c.o); err != nil {
		return true, err
	}
	return c.writeFrame(msg)
}

func (c *framedConn) writeFrame(msg []byte) (drained bool, err error) {
	binary.BigEndian.PutUint32(c.writeHead[:], uint32(len(msg)))
	return c.link.send(c.writeHead[:], msg)
}

func (c *framedConn) Read(buf []byte) ([]byte, error) {
	msg, err := c.readFrame(buf[:0], c.maxRead)
	if err != nil {
		c.Close(violation(err), err.Error())
		return nil, err
	}
	return msg, nil
}

func (c *framedConn) Wait() error {
	err := c.begin()
	if err != nil {
		c.Close(violation(err), err.Error())
	}
	return err
}

// begin reads the header of the next frame, unless it has been.
func (c *framedConn) begin() (err error) {
	if !c.begun {
		c.head, err = c.readHeader()
		c.begun = err == nil
	}
	return err
}

// readFrame waits for a message of at most limit bytes and appends it to buf.
func (c *framedConn) readFrame(buf []byte, limit int) ([]byte, error) {
	if err := c.begin(); err != nil {
		return nil, err
	}
	c.begun = false
	n := c.head
	if n&lastFrame != 0 {
		return nil, c.readLast(int(n &^ lastFrame))
	}
	if n == 0 {
		return nil, ErrEmpty
	}
	if int64(n) > int64(limit) {
		return nil, c.tooLarge(n, limit)
	}
	msg, err := c.readBody(buf, len(buf)+int(n))
	if err != nil {
		return nil, err
	}
	c.link.rest()
	return msg, nil
}

// readHeader waits for a frame as long as it takes, and for the rest of its
// header as for a message.
func (c *framedConn) readHeader() (uint32, error) {
	n, err := c.link.Read(c.readHead[:])
	if err != nil {
		return 0, unexpected(err)
	}
	c.link.hurry()
	if _, err := io.ReadFull(c.link, c.readHead[n:]); err != nil {
		return 0, unexpected(err)
	}
	return binary.BigEndian.Uint32(c.readHead[:]), nil
}

// readBody appends to buf until it has n bytes.
func (c *framedConn) readBody(buf []byte, n int) ([]byte, error) {
	for len(buf) < n {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, min(n-len(buf), max(growth, len(buf))))
		}
		m, err := c.link.Read(buf[len(buf):min(n, cap(buf))])
		if err != nil {
			return nil, unexpected(err)
		}
		buf = buf[:len(buf)+m]
	}
	return buf, nil
}

// readLast reads how the peer ended the connection.
func (c *framedConn) readLast(n int) error {
	if n < 2 || n > 2+maxReason {
		return c.tooLarge(uint32(n)|lastFrame, c.o.MaxMessage)
	}
	p, err := c.readBody(nil, n)
	if err != nil {
		return err
	}
	return closed(binary.BigEndian.Uint16(p), string(p[2:]))
}

// tooLarge refuses a header. Where it is text it is none: somebody printed
// into the stream, and the error shows what.
func (c *framedConn) tooLarge(n uint32, limit int) error {
	for _, b := range c.readHead {
		if !strconv.IsPrint(rune(b)) && b != '\n' && b != '\t' && b != '\r' {
			return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, n, limit)
		}
	}
	return fmt.Errorf("%w: %q", ErrNoProtocol, append(c.readHead[:], c.link.peek(60)...))
}

// unexpected turns the end of the stream into what it is here: a cut.
func unexpected(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errCut
	}
	return err
}

func (c *framedConn) Close(code uint16, reason string) error {
	reason = cutReason(reason)
	last := make([]byte, 0, headerSize+2+maxReason)
	last = binary.BigEndian.AppendUint32(last, lastFrame|uint32(2+len(reason)))
	last = binary.BigEndian.AppendUint16(last, code)
	return c.link.closeWith(append(last, reason...))
}
