package transport

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"slices"
	"testing"
)

const fuzzLimit = 1 << 10

var quiet = slog.New(slog.DiscardHandler)

// FuzzFrames reads any stream in any pieces, and compares with a reading of
// the whole.
func FuzzFrames(f *testing.F) {
	f.Add(slices.Concat(frame("a"), frame("hello"), []byte{0x80, 0, 0, 5, 0x0b, 0xb9, 'b', 'y', 'e'}), []byte{0, 2})
	f.Add([]byte{0, 0, 0, 0}, []byte{})
	f.Add([]byte{0, 0, 4, 1, 'x'}, []byte{9})
	f.Add([]byte("hello, world\n"), []byte{3})
	f.Fuzz(func(t *testing.T, stream, sizes []byte) {
		c := framedOver(t, &script{pieces: inPieces(stream, sizes...), end: io.EOF}, &Options{MaxMessage: fuzzLimit}, accepting)
		got, err := readAll(c)
		want, wantErr := splitFrames(stream)
		if !slices.Equal(got, want) {
			t.Errorf("messages %q, want %q", got, want)
		}
		if !wantErr(err) {
			t.Errorf("ended with %v", err)
		}
	})
}

// splitFrames reads a stream the simple way, and says which errors may end it.
func splitFrames(p []byte) (messages []string, ends func(error) bool) {
	is := func(target error) func(error) bool {
		return func(err error) bool { return errors.Is(err, target) }
	}
	for len(p) >= headerSize {
		n := binary.BigEndian.Uint32(p)
		body := p[headerSize:]
		switch {
		case n == 0:
			return messages, is(ErrEmpty)
		case n&lastFrame != 0:
			return messages, endsLast(body, n&^lastFrame)
		case n > fuzzLimit:
			return messages, func(err error) bool { return errors.Is(err, ErrTooLarge) || errors.Is(err, ErrNoProtocol) }
		case int(n) > len(body):
			return messages, is(io.ErrUnexpectedEOF)
		}
		messages = append(messages, string(body[:n]))
		p = body[n:]
	}
	return messages, is(io.ErrUnexpectedEOF)
}

func endsLast(body []byte, n uint32) func(error) bool {
	return func(err error) bool {
		var end *CloseError
		switch {
		case n < 2 || n > 2+maxReason:
			return errors.Is(err, ErrTooLarge) || errors.Is(err, ErrNoProtocol)
		case int(n) > len(body):
			return errors.Is(err, io.ErrUnexpectedEOF)
		case binary.BigEndian.Uint16(body) == 0:
			return err == io.EOF
		}
		return errors.As(err, &end) && end.Code == binary.BigEndian.Uint16(body) && end.Reason == string(body[2:n])
	}
}

// FuzzHandshake offers and answers anything.
func FuzzHandshake(f *testing.F) {
	f.Add(frame("messages"), true)
	f.Add(frame("v1,messages"), false)
	f.Add(frame("!no"), true)
	f.Add([]byte("printed\n\x00\x00\x00\x08messages"), true)
	f.Fuzz(func(t *testing.T, stream []byte, dial bool) {
		for _, spawned := range []bool{false, true} {
			c := framedOver(t, &script{pieces: inPieces(stream), end: io.EOF}, nil, role(dial))
			c.spawned = spawned
			c.o.Log = quiet
			err := c.Handshake(context.Background())
			if agreed := c.Subprotocol() == "messages"; agreed != (err == nil) {
				t.Errorf("subprotocol %q, error %v", c.Subprotocol(), err)
			}
		}
	})
}

// FuzzWebSocket sends any bytes to an upgraded server, in any pieces.
func FuzzWebSocket(f *testing.F) {
	f.Add(slices.Concat(fragmented("hello"), clientFrame(fin|opText, "x"), clientFrame(fin|opClose, "\x03\xe8bye")), []byte{1})
	f.Add(slices.Concat(clientFrame(opBinary, ""), clientFrame(opContinuation, ""), clientFrame(fin|opPong, "")), []byte{})
	f.Add([]byte{0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5}, []byte{})
	f.Fuzz(func(t *testing.T, stream, sizes []byte) {
		conn := &script{pieces: inPieces(stream, sizes...), end: io.EOF}
		c := upgradedOver(t, conn, &Options{MaxMessage: fuzzLimit})
		total := 0
		messages, err := readAll(c)
		for _, msg := range messages {
			if len(msg) == 0 || len(msg) > fuzzLimit {
				t.Errorf("message of %d bytes", len(msg))
			}
			total += len(msg)
		}
		if total > len(stream) || err == nil {
			t.Errorf("%d bytes of messages from %d of stream, %v", total, len(stream), err)
		}
	})
}
