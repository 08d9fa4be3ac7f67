// Package wire is what crosses a connection: packets, and the values in them.
// It is pure: bytes in, values out, no goroutine, no I/O, no clock.
//
// A call on its way, from the left to the right and back:
//
//	arguments --Marshal--> body --Append--> message ~~~ message --Next--> body --UnmarshalArgs--> arguments
//	   result <--Unmarshal-- body <--Next-- message ~~~ message <--Append-- body <--Marshal-- result
//
// A [Packet] is one unit of the protocol: a call, a reply, an item of a stream,
// a ping. It has a kind, an id, perhaps a route, a body, and some headers. A
// message is what a transport delivers whole; it carries one packet or more,
// one behind the other. A [Dialect] says how packets stand in messages and how
// values stand in bodies: [CBORv1] is compact, [JSONv1] is readable and at home
// in browsers. The doc comments of the two are the definition of their formats.
//
// # Values
//
// Under CBOR a struct is a map by the names of its fields (as in tags: cbor,
// else json), in the order of declaration; slices are arrays, nil is null,
// slices and arrays of bytes are byte strings, floats keep their width, a time
// is RFC 3339 text with nanoseconds and offset, the zero time is null. Types may
// marshal themselves with MarshalCBOR, MarshalBinary or MarshalText, in this
// order of preference; MarshalJSON is for JSON only. Under JSON all is as in
// encoding/json, and an integer in an any is a float64 (in CBOR an int64).
//
// Generated code encodes CBOR with the functions of this package, one pair for
// each kind of type, and hands what it cannot write out to [EncodeAny] and
// [DecodeAny], which use reflection. Both write the same bytes, and both take
// and refuse the same input.
//
// A [Raw] is a value that stays encoded, and is translated where the other
// codec is spoken. A json.RawMessage is not: under JSON it is the value that it
// holds, where nil becomes null (which comes back as the text null, not as nil)
// and one that is empty but not nil is refused; under CBOR it is bytes like any
// others.
//
// # Strictness
//
// A decoder takes what an encoder writes, and little else. It refuses, in either
// codec: duplicate keys; a key that is a field's name but for case; null where
// Go has no nil; integers out of range; arrays for a Go array of another length;
// text that is not UTF-8; trailing bytes; more than [MaxDepth] levels, [MaxArray]
// elements or [MaxMap] entries; in CBOR also indefinite lengths, tags, undefined,
// and keys that are not text where a struct or an any is wanted. A key that is
// no field's name is skipped with its value, and a field without a key stays
// zero: that is how types may change.
//
// What decoding allocates is bounded as well, by the larger of 1 MiB and 16
// times the input: counts are checked before anything is made for them.
// Encoders keep to the same limits. The error of either is a [*ValueError], with
// the path to what is wrong: args.items[3].name.
//
// # Later versions
//
// A receiver refuses kinds and headers it does not know, packet by packet (see
// [PacketError]), unless they are marked as ignorable: so additions are either
// understood, harmless, or refused in time.
package wire
