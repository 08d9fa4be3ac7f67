package wire

import "time"

// Kind says what a packet is.
//
// A receiver refuses a kind it does not know, unless the kind is odd and above
// 63: those may be ignored, so that later versions can add hints.
type Kind uint8

// The kinds of version 1. The numbers are the CBOR form, the names in
// [Kind.String] the JSON form.
const (
	KindCall   Kind = 1 // asks for a route to be run; opens a stream if the route is one
	KindReply  Kind = 2 // the result of a call, or the clean end of a stream by its callee
	KindError  Kind = 3 // the failure of a call or stream
	KindNotify Kind = 4 // a call nobody waits for; its ID is 0
	KindCancel Kind = 5 // the caller no longer waits for ID
	KindItem   Kind = 6 // one element of stream ID, either way
	KindEnd    Kind = 7 // the caller's input of stream ID is complete
	KindCredit Kind = 8 // the receiver of stream ID allows Credit more

	KindSubscribe   Kind = 9  // events of Route whose topic matches the pattern Topic are wanted; answered
	KindUnsubscribe Kind = 10 // they are not any more; not answered
	KindEvent       Kind = 11 // an event published under Topic; one with an ID asks the receiver to publish it, and is answered
	KindMissed      Kind = 12 // that many events of a subscription, by its Route and Topic, were dropped

	KindPing   Kind = 16 // answered by a pong with the same ID
	KindPong   Kind = 17
	KindGoAway Kind = 18 // the sender accepts no new calls
	KindClose  Kind = 19 // the last packet of a connection: Status and Message say why

	KindChallenge Kind = 24 // first packet, from the acceptor; the body is a [Challenge]
	KindIdentify  Kind = 25 // answer of the dialer; the body is an [Identify]
	KindWelcome   Kind = 26 // the dialer is identified; the body is a [Welcome]
	KindMetadata  Kind = 27 // follows an identify that announces it; the body is a [Metadata]
)

// Packet is one unit of the protocol. Which fields a kind uses is said in
// PROTOCOL.md; fields at their zero value do not cross.
//
// A decoded packet's Route and Body alias the message it was decoded from.
type Packet struct {
	Kind Kind
	// ID names a call or stream. The dialer of a connection uses odd ids, the
	// acceptor even ones, each of them once; they may arrive in any order.
	ID    uint64
	Route string
	// Body is the encoded value: arguments, a result, an item, an error's
	// detail. Its encoding is the codec of the dialect.
	Body []byte

	// Timeout is what remains until the caller's deadline; 0 is none. It
	// crosses in whole milliseconds, rounded up.
	Timeout time.Duration
	// Meta are the values a caller sends beside its arguments.
	Meta map[string]string

	// Code, Message, Ran, Incident and RetryAfter describe a failure. Ran says
	// that the handler was started; Incident names the entry in the sender's
	// log that tells more. RetryAfter crosses in milliseconds, rounded up.
	Code       string
	Message    string
	Ran        bool
	Incident   string
	RetryAfter time.Duration

	// Status is why a connection is closed: a number from 3000 to 3999.
	Status uint16

	// Credit is how much more the sender of a stream may send, given by a
	// credit packet or with a call. An item costs its length and ItemCost.
	Credit uint32

	// Depth counts the handlers that wait for this call: one that calls back
	// from inside a handler is one deeper than the call it serves.
	Depth uint8

	// Topic is what an event is published under, or the pattern of a
	// subscription. Missed is how many events were dropped.
	Topic  string
	Missed uint64

	// Target is whom the acceptor shall pass a call or notification on to, and
	// Origin for whom it has: who called, who answered, who published.
	Target string
	Origin string

	// Seq, Ack and Trace are reserved: resuming numbers messages, tracing joins
	// them. They cross unchanged.
	Seq   uint64
	Ack   uint64
	Trace string
}

// ItemCost is what an item of a stream costs beside the length of its body: its
// share of what the receiver needs to keep it.
const ItemCost = 64
