package transport

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

const (
	maxStray  = 64 << 10 // bytes that a child may print before it speaks
	maxQuoted = 512      // bytes of them that an error or the log shows
)

// findAnswer looks for the acceptor's answer in what a child says, and tells
// the log what it skipped.
func (c *framedConn) findAnswer() (string, error) {
	var said []byte
	for len(said) <= maxStray+headerSize+maxOffer {
		b, err := c.readByte()
		if err != nil {
			return "", fmt.Errorf("%w: %w after %s", ErrNoProtocol, unexpected(err), quote(said))
		}
		said = append(said, b)
		for _, name := range c.o.Subprotocols {
			if stray, ok := bytes.CutSuffix(said, answerFrame(name)); ok {
				c.logStray(stray)
				return name, nil
			}
		}
		if n := refusalLength(said); n > 0 {
			c.logStray(said[:len(said)-headerSize-1])
			reason, err := c.readBody([]byte(refusalMark), n)
			return string(reason), err
		}
	}
	return "", fmt.Errorf("%w: %d bytes of other things, beginning with %s", ErrNoProtocol, len(said), quote(said))
}

func (c *framedConn) readByte() (byte, error) {
	_, err := io.ReadFull(c.link, c.readHead[:1])
	return c.readHead[0], err
}

func answerFrame(answer string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(answer))), answer...)
}

// refusalLength is the length of a refusal whose first byte is the last of
// said, 0 if there is none.
func refusalLength(said []byte) int {
	if len(said) <= headerSize || said[len(said)-1] != refusalMark[0] {
		return 0
	}
	n := binary.BigEndian.Uint32(said[len(said)-1-headerSize:])
	if n > maxOffer {
		return 0
	}
	return int(n)
}

func (c *framedConn) logStray(stray []byte) {
	if len(stray) > 0 {
		c.o.Log.Warn("ipc: child printed to stdout, which belongs to the connection",
			"child", c.info.Remote, "bytes", len(stray), "printed", string(stray[:min(len(stray), maxQuoted)]))
	}
}

func quote(said []byte) string {
	if len(said) > maxQuoted {
		return fmt.Sprintf("%q...", said[:maxQuoted])
	}
	return fmt.Sprintf("%q", said)
}
