package ipc

import (
	"errors"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Errors are the errors that a package declares with //ipc:error: those that
// cross a connection and are found again with errors.Is and errors.As.
type Errors []DeclaredError

// DeclaredError is one of [Errors], made by [ErrorValue] or [ErrorType].
type DeclaredError struct {
	code code.Code
	// pack reports whether err is of this kind and appends what it holds.
	pack func(codec wire.Codec, b []byte, err error) ([]byte, bool)
	// unpack returns the error that detail describes.
	unpack func(codec wire.Codec, detail []byte) (error, error)
}

// ErrorValue declares an error variable: it crosses as its code alone.
func ErrorValue(c code.Code, value error) DeclaredError {
	return DeclaredError{
		code: c,
		pack: func(_ wire.Codec, b []byte, err error) ([]byte, bool) {
			return b, errors.Is(err, value)
		},
		unpack: func(wire.Codec, []byte) (error, error) { return value, nil },
	}
}

// ErrorType declares an error type: it crosses with its exported fields.
func ErrorType[E error](c code.Code) DeclaredError {
	var coding wire.Coding[E]
	return DeclaredError{
		code: c,
		pack: func(codec wire.Codec, b []byte, err error) ([]byte, bool) {
			var e E
			if !errors.As(err, &e) {
				return b, false
			}
			packed, failure := wire.Marshal(codec, b, &coding, &e)
			if failure != nil {
				return b, false
			}
			return packed, true
		},
		unpack: func(codec wire.Codec, detail []byte) (error, error) {
			var e E
			err := wire.Unmarshal(codec, detail, &coding, &e)
			return e, err
		},
	}
}

// pack fills p with the declared error that err is, and reports whether it is one.
func (es Errors) pack(codec wire.Codec, p *wire.Packet, err error) bool {
	for _, d := range es {
		if detail, ok := d.pack(codec, nil, err); ok {
			p.Code, p.Message, p.Body = string(d.code), cut(err.Error(), maxErrorText), detail
			return true
		}
	}
	return false
}

// unpack returns the declared error that p carries, or nil.
func (es Errors) unpack(codec wire.Codec, c code.Code, detail []byte) error {
	for _, d := range es {
		if d.code != c {
			continue
		}
		if err, failure := d.unpack(codec, detail); failure == nil {
			return err
		}
	}
	return nil
}
