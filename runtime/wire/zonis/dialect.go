package zonis

import (
	"errors"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// RequestFailed is the code of a call to which the far side answered with a
// FAILURE_RESPONSE, after it ran as far as anybody can tell.
const RequestFailed code.Code = "zonis.request_failed"

// Dialect is the dialect of Zonis 2.x, for ipc.ServerOptions.Dialects and
// ipc.ClientOptions.Dialect. The zero value is ready for use.
type Dialect struct {
	// Group is that of the identities of clients, on a server. Default "zonis".
	Group string
}

var _ wire.Foreign = Dialect{}

// Name implements [wire.Dialect]. The name is used where there is no WebSocket.
func (Dialect) Name() string { return "zonis.2" }

// Codec implements [wire.Dialect].
func (Dialect) Codec() wire.Codec { return wire.JSON }

// Text implements [wire.Dialect].
func (Dialect) Text() bool { return true }

var errClosed = errors.New("zonis: only what Open returns speaks")

// Append fails, as [wire.Foreign] says.
func (Dialect) Append(msg []byte, _ *wire.Packet) ([]byte, error) { return msg, errClosed }

// Next fails, as [wire.Foreign] says.
func (Dialect) Next([]byte, *wire.Packet) ([]byte, error) { return nil, errClosed }

// Traits implements [wire.Foreign].
func (Dialect) Traits() *wire.Traits { return &traits }

var traits = wire.Traits{
	Unnamed:   true,
	Separator: separator,
	Methods:   []string{wire.MethodSecret},
	Statuses: map[uint16]uint16{
		3500: 4100, // denied: the secret is wrong
		3501: 4102, // duplicate
		3502: 4101, // protocol error: not IDENTIFY
	},
}

// Open implements [wire.Foreign].
func (d Dialect) Open(dialed bool) wire.Dialect { return newSession(d, dialed) }
