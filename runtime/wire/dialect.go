package wire

// Dialect turns messages into packets and back. A message carries one or more
// packets, one behind the other. Dialects are safe for concurrent use.
type Dialect interface {
	// Name is the subprotocol under which a connection speaks this dialect.
	Name() string

	// Codec encodes the bodies of packets.
	Codec() Codec

	// Text says that messages are text (UTF-8), which matters to WebSocket.
	Text() bool

	// Append appends p to msg, which may already hold packets of this dialect.
	Append(msg []byte, p *Packet) ([]byte, error)

	// Next decodes the first packet of msg into p, overwriting all of it, and
	// returns what follows it. Its error means that the rest of the message
	// cannot be understood, except a [*PacketError], after which rest holds
	// the packets that follow the one refused.
	Next(msg []byte, p *Packet) (rest []byte, err error)
}
