package wire

// Codec is an encoding of values.
type Codec uint8

// The codecs.
const (
	CBOR Codec = iota // RFC 8949
	JSON              // RFC 8259
)

// Coding says how values of T are encoded in CBOR. Generated code fills it
// with functions that know T; the zero value encodes by reflection, to the
// same bytes. JSON is always encoded by reflection.
type Coding[T any] struct {
	Encode func(e *Encoder, v *T)
	Decode func(d *Decoder, v *T)
}
