package ipc

import (
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
)

// Why a connection was closed, as it crosses. A client reconnects after 3000
// to 3499, and not after 3500 to 3999.
const (
	statusGone      uint16 = 3000 // the peer is leaving
	statusSlow      uint16 = 3001 // the receiver did not read
	statusSilent    uint16 = 3002 // the receiver was not heard from
	statusFull      uint16 = 3003 // no more connections are taken now
	statusLate      uint16 = 3004 // the handshake took too long
	statusTaken     uint16 = 3005 // the identity was taken over by a newer connection
	statusLimited   uint16 = 3006 // the receiver exceeded a limit
	statusDenied    uint16 = 3500 // the credentials are wrong
	statusDuplicate uint16 = 3501 // the identity is connected already
	statusProtocol  uint16 = 3502 // the receiver broke the protocol
	statusVersion   uint16 = 3503 // no common version
	statusClosed    uint16 = 3504 // closed by the application, for good
)

// statusCodes says which code an error has that stands for a status.
var statusCodes = map[uint16]code.Code{
	statusGone:      code.NotConnected,
	statusSlow:      code.Slow,
	statusSilent:    code.Silent,
	statusFull:      code.Overloaded,
	statusLate:      code.Deadline,
	statusTaken:     code.Duplicate,
	statusLimited:   code.RateLimited,
	statusDenied:    code.Denied,
	statusDuplicate: code.Duplicate,
	statusProtocol:  code.Protocol,
	statusVersion:   code.Unsupported,
	statusClosed:    code.Closed,
}

// closed is why a connection ended: what the far side said, or what this side
// found. It is the cause of the errors of calls, and no [Error] itself: of the
// outcome of a call it says nothing.
type closed struct {
	status uint16
	reason string
	err    error // what this side met; nil if the status says it all

	retryAfter time.Duration // how long a client should wait before it comes back; 0: as long as it likes
}

func closeError(status uint16, reason string) error { return closedUntil(status, reason, 0) }

func closedUntil(status uint16, reason string, retryAfter time.Duration) *closed {
	if reason == "" {
		reason = "the peer left"
	}
	return &closed{status: status, reason: reason, retryAfter: retryAfter}
}

// code returns the code that stands for the status.
func (c *closed) code() code.Code {
	if known, ok := statusCodes[c.status]; ok {
		return known
	}
	return code.NotConnected
}

// Error returns the code and the reason.
func (c *closed) Error() string { return c.code().Error() + ": " + c.text() }

// text returns the reason, and what this side met.
func (c *closed) text() string {
	if c.err == nil {
		return c.reason
	}
	return c.reason + ": " + c.err.Error()
}

// Is reports whether target is the code of the status.
func (c *closed) Is(target error) bool { return target == c.code() }

// Unwrap returns what this side met, if anything.
func (c *closed) Unwrap() error { return c.err }

// final reports whether a client stays away after the connection ended so.
func (c *closed) final() bool { return c.status >= 3500 && c.status < 4000 }
