package ipc

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/ipcgen/ipcgen/runtime/code"
)

// ErrNotSent is what a call that did not run, and will not, matches with
// errors.Is: trying again is always safe.
var ErrNotSent = errors.New("ipc: not sent")

// ErrUnknownOutcome is what a call matches of which nobody can say whether it
// ran: it was sent, and the connection ended without a reply. Trying again is
// safe for idempotent routes only, and the runtime does that itself.
var ErrUnknownOutcome = errors.New("ipc: outcome unknown")

// Outcome says whether a failed call ran.
type Outcome uint8

// The outcomes.
const (
	Unknown     Outcome = iota // it may have run, or may yet
	NotExecuted                // it did not run and will not
	Executed                   // it ran
)

// String returns the outcome in words.
func (o Outcome) String() string {
	return [...]string{"unknown", "not executed", "executed"}[o]
}

// Error is the failure of a call. A handler returns one to tell its caller
// what went wrong in its own words; every other error becomes code.Internal on
// the way, except those declared by //ipc:error.
type Error struct {
	// Code is for programs. It must not be empty.
	Code code.Code
	// Message is for people; what exceeds 1 KiB is cut off on the way.
	Message string
	// RetryAfter is how long to wait before trying again; 0 if not known.
	RetryAfter time.Duration
	// Incident names the entry in the far side's log that tells more.
	Incident string

	outcome Outcome
	made    bool  // by the runtime: crossed a connection, or never will
	cause   error // what Unwrap returns
}

// Errorf returns an Error for a handler to return.
func Errorf(c code.Code, format string, args ...any) *Error {
	return &Error{Code: c, Message: fmt.Sprintf(format, args...)}
}

// Error returns the code and the message.
func (e *Error) Error() string {
	s := "ipc: " + string(e.Code)
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Incident != "" {
		s += " (incident " + e.Incident + ")"
	}
	return s
}

// Outcome says whether the call ran. It is the runtime's word: a handler
// cannot set it.
func (e *Error) Outcome() Outcome { return e.outcome }

// Is reports whether target is e's [code.Code], or [ErrNotSent] or
// [ErrUnknownOutcome] and e of that outcome.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrNotSent:
		return e.made && e.outcome == NotExecuted
	case ErrUnknownOutcome:
		return e.made && e.outcome == Unknown
	}
	c, ok := target.(code.Code)
	return ok && c == e.Code
}

// Unwrap returns the declared error that crossed, the context's error, or
// what made the connection end; else nil.
func (e *Error) Unwrap() error { return e.cause }

// notSent is the error of a call that did not run.
func notSent(c code.Code, format string, args ...any) *Error {
	return &Error{Code: c, Message: fmt.Sprintf(format, args...), outcome: NotExecuted, made: true}
}

// because returns e with the cause that Unwrap shows.
func (e *Error) because(cause error) *Error {
	e.cause = cause
	return e
}

// lost is the error of a call that was sent and never answered.
func lost(cause error) *Error {
	return &Error{Code: code.Lost, Message: "the connection ended: " + cause.Error(), made: true, cause: cause}
}

// ended is the error of a call whose context or time ended: err is
// context.Canceled or context.DeadlineExceeded.
func ended(err error, outcome Outcome) *Error {
	e := &Error{Code: code.Canceled, Message: "by the caller", outcome: outcome, made: true, cause: err}
	if errors.Is(err, context.DeadlineExceeded) {
		e.Code, e.Message = code.Deadline, "no reply in time"
	}
	return e
}

// asError returns the Error in err's tree, or nil.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// maxErrorText bounds the text of an error that crosses, in bytes.
const maxErrorText = 1 << 10

// cut shortens s to at most n bytes without splitting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
