package transport

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

var (
	// ErrSlow means that the peer accepted nothing for Options.WriteTimeout.
	ErrSlow = errors.New("peer accepts nothing")

	// ErrTimeout means that a message was not complete
	// Options.MessageTimeout after its first byte.
	ErrTimeout = errors.New("message not complete in time")

	// ErrTooLarge means a message of more than Options.MaxMessage bytes.
	ErrTooLarge = errors.New("message too large")

	// ErrEmpty means a message of no bytes: there are none.
	ErrEmpty = errors.New("empty message")

	// ErrFlood means that a peer kept the connection busy with what carries
	// no messages.
	ErrFlood = errors.New("flood of control frames or empty fragments")

	// ErrRefused means that the acceptor refused the connection; the reason
	// it gave follows.
	ErrRefused = errors.New("refused by the peer")

	// ErrNoProtocol means that the peer does not speak this protocol; what it
	// said instead follows, quoted.
	ErrNoProtocol = errors.New("peer does not speak the protocol")
)

// errCut is the end of a connection that no Close announced.
var errCut = fmt.Errorf("connection cut: %w", io.ErrUnexpectedEOF)

// errPeerClosed is what a write meets after the peer's Close.
var errPeerClosed = fmt.Errorf("peer closed the connection: %w", io.ErrClosedPipe)

// Codes of RFC 6455, section 7.4.1, with which a connection is closed whose
// peer broke the rules.
const (
	codeGoingAway = 1001
	codeProtocol  = 1002
	codePolicy    = 1008
	codeTooLarge  = 1009
)

// A CloseError is an orderly end: what the peer's Close said.
type CloseError struct {
	Code   uint16
	Reason string
}

func (e *CloseError) Error() string {
	return fmt.Sprintf("closed by the peer: %d %s", e.Code, e.Reason)
}

// closed is the error that Read returns after the peer's Close.
func closed(code uint16, reason string) error {
	if code == 0 {
		return io.EOF
	}
	return &CloseError{code, reason}
}

// violation is the code to close with after err, 0 where the peer broke no rule.
func violation(err error) uint16 {
	switch {
	case errors.Is(err, ErrTooLarge):
		return codeTooLarge
	case errors.Is(err, ErrEmpty), errors.Is(err, ErrNoProtocol):
		return codeProtocol
	case errors.Is(err, ErrTimeout), errors.Is(err, ErrFlood):
		return codePolicy
	}
	return 0
}

// maxReason is what a WebSocket close frame can hold (RFC 6455, section 5.5),
// in bytes.
const maxReason = 123

// cutReason shortens a reason to maxReason bytes of valid UTF-8.
func cutReason(reason string) string {
	if !utf8.ValidString(reason) {
		reason = string([]rune(reason))
	}
	if len(reason) <= maxReason {
		return reason
	}
	end := maxReason
	for !utf8.RuneStart(reason[end]) {
		end--
	}
	return reason[:end]
}
