// Package code holds the words with which the runtime says why a call failed.
//
// A [Code] is itself an error, so that
//
//	errors.Is(err, code.NoRoute)
//
// tells whether err, or an error within it, has that code. Applications
// declare codes of their own with //ipc:error, which reads package.code, and
// handlers may return any code they like in an ipc.Error.
package code

// Code says what kind of failure an error is. It crosses as it is written.
type Code string

// The codes of calls that did not run, and will not. A handler that returns an
// error with one of them did run, of course: the error's outcome tells.
const (
	NotConnected Code = "not_connected" // there is no connection to the peer
	QueueFull    Code = "queue_full"    // the context ended before there was room to send
	Draining     Code = "draining"      // the peer is shutting down
	Overloaded   Code = "overloaded"    // too many calls are pending here, or running there
	RateLimited  Code = "rate_limited"  // too many requests of this route, or by this side
	Denied       Code = "denied"        // the peer may not do this, or is not who it claims to be
	NoRoute      Code = "no_route"      // nobody serves it
	BadRequest   Code = "bad_request"   // the arguments cannot be encoded, or not decoded
	TooLarge     Code = "too_large"     // the message would exceed the limit
	Expired      Code = "expired"       // the context had ended before the call began
	Unsupported  Code = "unsupported"   // the peer does not understand it
	Closed       Code = "closed"        // this side was closed
)

// The codes of calls that ran, or may have run, and of connections that ended.
const (
	Internal  Code = "internal"          // the handler failed in a way it did not declare
	BadReply  Code = "bad_reply"         // it ran, but its result cannot be encoded or decoded
	Canceled  Code = "canceled"          // the caller gave up
	Deadline  Code = "deadline_exceeded" // the time is over
	Lost      Code = "lost"              // the connection ended before the reply came
	Duplicate Code = "duplicate"         // the identity is connected already
	Protocol  Code = "protocol_error"    // the peer broke the protocol
	Slow      Code = "slow"              // the peer does not read what it is sent
	Silent    Code = "silent"            // nothing was heard from the peer
)

// Error returns the code in words.
func (c Code) Error() string { return "ipc: " + string(c) }

// JSONRPC returns the number by which JSON-RPC 2.0 calls what c says, for
// bridges to programs that know errors by number. A code that is not of this
// package is an application's: -32001.
func (c Code) JSONRPC() int {
	switch c {
	case Unsupported, Protocol:
		return -32600
	case NoRoute:
		return -32601
	case BadRequest, TooLarge:
		return -32602
	case RateLimited:
		return -32000
	case Denied:
		return -32002
	case NotConnected, QueueFull, Draining, Overloaded, Expired, Closed,
		Internal, BadReply, Canceled, Deadline, Lost, Duplicate, Slow, Silent:
		return -32603
	}
	return -32001
}
