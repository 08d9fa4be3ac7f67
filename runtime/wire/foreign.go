package wire

// Foreign is a [Dialect] of a protocol that is not ours. It numbers calls in its
// own way, greets in its own way, and knows less: so each of its connections has
// a state, and what it knows is said by its traits.
//
// A foreign dialect says in packets what its protocol says in its own words, the
// handshake included: where one of its dialers identifies, Next returns a
// [KindIdentify], and what Append makes of a [KindWelcome] is the answer to it.
// To packets for which it has no words it appends nothing, if nobody misses them
// (pings, cancels, a goaway), else it refuses them with a [*PacketError].
type Foreign interface {
	Dialect

	// Traits say what the protocol knows.
	Traits() *Traits

	// Open returns what speaks the dialect on one new connection, and on no
	// other; dialed says from which end. Append and Next of the Foreign itself
	// always fail.
	Open(dialed bool) Dialect
}

// Traits say how a protocol differs. The zero value is one of calls and replies
// and nothing else.
type Traits struct {
	// Unnamed says that its WebSockets have no subprotocol. Of the dialects of
	// a server at most one may be so.
	Unnamed bool

	// Separator, if not 0, ends every packet that Append appends, which then
	// becomes a message of its own, without the separator.
	Separator byte

	// Methods are how its dialers identify, instead of answering a challenge:
	// they speak first. Empty: the acceptor sends a challenge.
	Methods []string

	// Pings says that it has pings. Otherwise those of the transport tell
	// whether the peer is alive.
	Pings bool

	// Streams says that a call may open a stream.
	Streams bool

	// Statuses are the numbers with which it closes connections, by those of
	// ours that mean the same. Others cross as they are.
	Statuses map[uint16]uint16
}

// Members returns the members of the JSON object at the start of data by their
// names, with values as they are written and not looked into: where one ends is
// certain, not that it is well formed. The values alias data. It returns what
// follows the object and white space, too. A name that comes twice is an error.
func Members(data []byte) (members map[string][]byte, rest []byte, err error) {
	members = map[string][]byte{}
	r := jsonReader{cursor{data: data}}
	r.object()
	for n := 0; r.more(n, '}', MaxMap); n++ {
		name := r.key()
		if _, ok := members[string(name)]; ok && r.err == nil {
			r.fail("duplicate key " + quote(name))
		}
		value := r.extent()
		members[string(name)] = value
	}
	if r.err != nil {
		return nil, nil, r.err
	}
	r.peek()
	return members, data[r.off:], nil
}
