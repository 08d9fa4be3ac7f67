package transport

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Conn carries whole messages in both directions.
//
// One goroutine may call Read, and at the same time one other Write and Flush.
// All other methods are safe for concurrent use.
type Conn interface {
	// Handshake agrees on a subprotocol, and on encryption where the transport
	// has it. It is called once before anything else, on a connection that
	// was accepted; Dial has called it already. ctx bounds it.
	Handshake(ctx context.Context) error

	// Subprotocol is the one agreed on.
	Subprotocol() string

	// Wait waits until a message has begun to arrive, so that nobody needs to
	// hold storage for one that may be long in coming. Its error is that of
	// Read. Who calls Read may call it before.
	Wait() error

	// Read returns the next message, whole. It uses buf's storage if it
	// suffices and grows it otherwise, so that the caller owns what is
	// returned. A message cut short by the end of the connection is an error,
	// never a shorter message. An orderly end, one that the peer's Close told
	// of, is a *CloseError, or io.EOF if its code was 0; any other end wraps
	// io.ErrUnexpectedEOF or is the error of the system.
	Read(buf []byte) ([]byte, error)

	// Limit bounds the messages that Read takes from now on, in bytes, at first
	// to [Options.MaxMessage]. Who calls Read may call it: to take little from
	// a stranger.
	Limit(bytes int)

	// Write takes a message, which may be reused on return, and sends as much
	// as it can without blocking. When drained is false some of it has yet to
	// leave, and Flush must be called before the next Write.
	Write(msg []byte) (drained bool, err error)

	// Flush blocks until everything that Write took has left. It fails with
	// ErrSlow when the peer accepts nothing for [Options.WriteTimeout].
	Flush() error

	// Received counts the bytes that have arrived, parts of messages
	// included: it moves while the peer is alive.
	Received() uint64

	// Close ends the connection and with it a Read or Flush in progress. code,
	// which is 0 or one that RFC 6455, section 7.4 allows (3000 to 4999 are
	// for applications), and reason reach the peer's Read if the connection
	// takes them at once; the reason is cut to 123 bytes. Nobody is waited
	// for, except a child process that has to exit. Further calls do nothing.
	Close(code uint16, reason string) error

	// Info describes the two ends.
	Info() Info
}

// Pinger is a [Conn] of a protocol with pings that every implementation answers,
// as WebSocket has them (RFC 6455, section 5.5.2).
type Pinger interface {
	// Ping asks for a sign of life without waiting: answered is called once, on
	// the goroutine that reads, when a pong has arrived, whatever it answers.
	// Another Ping takes its place.
	Ping(answered func()) error
}

// Info describes the ends of a connection.
type Info struct {
	Scheme string   // of the URL: unix, tcp, tls, ws, wss, stdio, mem
	Local  net.Addr // may be nil
	Remote net.Addr // may be nil
	// UID is the user of the process at the far end of a Unix socket, -1
	// where that is not known.
	UID int
	// TLS is the state of an encrypted connection, else nil.
	TLS *tls.ConnectionState
	// Request is the upgraded request of a WebSocket that was accepted, else nil.
	// Its context is no longer of use.
	Request *http.Request
}

// Listener accepts connections.
type Listener interface {
	// Accept waits for the next connection. The caller runs its Handshake, on
	// a goroutine of its own. After Close it fails with net.ErrClosed.
	Accept() (Conn, error)

	// URL is where the listener can be dialed, with the port it was given.
	URL() string

	// Close stops accepting; connections that were accepted live on.
	Close() error
}

// Options are the settings of a transport. Nil and zero fields mean the
// defaults.
type Options struct {
	// Subprotocols that this side speaks, best first. A dialer offers them,
	// an acceptor takes the first offered one that it speaks, and refuses
	// the connection where there is none. A name consists of letters, digits
	// and "+-._"; all of them together, with commas, have at most 256 bytes.
	// Default: "messages".
	Subprotocols []string

	// Unnamed is the one of Subprotocols that WebSockets without a subprotocol
	// speak: it is not offered by name, and it is spoken where none is agreed
	// on. Default: none, and such WebSockets are refused.
	Unnamed string

	// Text says which subprotocols send their messages as text. Default: none.
	Text func(subprotocol string) bool

	// MaxMessage bounds a message in bytes. Default 1 MiB.
	MaxMessage int

	// MessageTimeout bounds the time from a message's first byte to its
	// last. Default 20 s.
	MessageTimeout time.Duration

	// WriteTimeout is how long Flush goes on while the peer accepts not one
	// byte. Default 10 s.
	WriteTimeout time.Duration

	// Poll is for how long a reader looks for the next message again and again
	// before it sleeps until one arrives, which saves the time it takes to wake.
	// Default: 100 microseconds, by a reader whose looks were not in vain of late,
	// and by at most half of the processors at once. Any other time is taken
	// before every sleep; a negative one means that it sleeps at once. Where the
	// system does not let us look without waiting it has no effect.
	Poll time.Duration

	// TLS configures tls:// and wss://. Listening requires it; when dialing,
	// nil means the system's roots and the host of the URL.
	TLS *tls.Config

	// Header is sent with the request that a ws:// or wss:// dial makes.
	Header http.Header

	// Hosts and Origins are the exact values of the Host and Origin headers
	// that an acceptor of WebSockets takes. Default: for Hosts, any if the
	// listener's address is not loopback, else loopback names; for Origins,
	// that of an allowed Host. A request without an Origin is from no browser
	// and passes.
	Hosts   []string
	Origins []string

	// Admit, if set, is asked before anything is read from a new peer, except
	// the request of a WebSocket. Its error refuses the peer: 503 for
	// WebSocket, a close elsewhere.
	Admit func(remote net.Addr) error

	// Log is told what a child process printed where only messages belong.
	// Default: slog.Default().
	Log *slog.Logger
}
