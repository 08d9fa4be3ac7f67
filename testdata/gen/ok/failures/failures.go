// Package failures has errors that cross a connection: variables and types, by
// value and by pointer.
package failures

import (
	"context"
	"errors"
	"fmt"
)

// Failures fails.
//
//ipc:service
type Failures interface {
	Fail(ctx context.Context, how string) error
}

// ErrGone says that it is no longer there.
//
//ipc:error gone
var ErrGone = errors.New("gone")

var (
	// ErrFull says that there is no room.
	//
	//ipc:error full
	ErrFull = errors.New("full")

	// errHidden is not exported.
	//
	//ipc:error hidden
	errHidden = errors.New("hidden")
)

// QuotaError is an error by pointer.
//
//ipc:error quota
type QuotaError struct{ Limit int }

// Error says how much is too much.
func (e *QuotaError) Error() string { return fmt.Sprintf("more than %d", e.Limit) }

// CodeError is an error by value.
//
//ipc:error code
type CodeError int

// Error says the code.
func (e CodeError) Error() string { return fmt.Sprintf("code %d", int(e)) }

// Declared returns all errors of this package that cross.
func Declared() map[string]error {
	return map[string]error{
		"gone":   ErrGone,
		"full":   ErrFull,
		"hidden": errHidden,
		"quota":  &QuotaError{Limit: 3},
		"code":   CodeError(7),
	}
}
