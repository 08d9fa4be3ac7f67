// Package compress makes dialects that compress large bodies.
//
// [Deflate] wraps a dialect. The result is a dialect of another name, such as
// ipc.cbor.v1+deflate, so both ends have to know it; offered together with the
// one it wraps, it is spoken where both know it, and the other one elsewhere:
//
//	small := compress.Deflate(wire.CBORv1, nil)
//	srv := ipc.NewServer(&ipc.ServerOptions{Dialects: []wire.Dialect{small, wire.CBORv1, wire.JSONv1}})
//	cl := ipc.NewClient(url, &ipc.ClientOptions{Dialects: []wire.Dialect{small, wire.CBORv1}})
//
// Packets stand in messages as in the wrapped dialect, but for those whose body
// is larger than a threshold and becomes smaller by it. Each of these is
//
//	0x00, the length of the body, the length of what is compressed (both as
//	unsigned varints), the compressed body (RFC 1951), and then the packet of
//	the wrapped dialect, without a body.
//
// Messages are binary, also those of JSON. Each body is compressed by itself:
// nothing is remembered from one packet to the next.
//
// # What it costs
//
// A body is compressed while the next message of its connection is made, and
// inflated by the reader, so a large one delays the other packets of that
// connection for as long as that takes (milliseconds for 1 MiB: see the
// benchmark). It pays on networks, hardly ever within a machine.
//
// # Safety
//
// What a body may become is bounded by [Options.MaxBody], and what is made
// ready for it by what its compressed bytes can possibly hold. A packet that
// claims or becomes more is refused alone: a request as bad_request, while a
// reply settles its call with protocol_error and an unknown outcome. In the
// handshake nothing is compressed. The length of a compressed body tells
// something about its content: do not compress where one body holds both a
// secret and text that somebody else chose.
package compress

import (
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Options are the settings of a dialect; nil and zero mean the defaults.
type Options struct {
	// Threshold is from how many bytes on a body is compressed. Default 1 KiB.
	Threshold int
	// MaxBody bounds a body in bytes after inflating. It should be the
	// Message of ipc.Limits. Default 1 MiB.
	MaxBody int
	// Level is from 1, the fastest and the default, to 9, the smallest.
	Level int
}

// Deflate returns a dialect that compresses the large bodies of d, under the
// name of d with +deflate added. o may be nil. It panics if the level is none.
func Deflate(d wire.Dialect, o *Options) wire.Dialect {
	settings := Options{Threshold: 1 << 10, MaxBody: 1 << 20, Level: flate.BestSpeed}
	if o != nil {
		set(&settings.Threshold, o.Threshold)
		set(&settings.MaxBody, o.MaxBody)
		set(&settings.Level, o.Level)
	}
	if settings.Level < flate.BestSpeed || settings.Level > flate.BestCompression {
		panic(fmt.Sprintf("compress: level %d is not from %d to %d", settings.Level, flate.BestSpeed, flate.BestCompression))
	}
	return &dialect{Dialect: d, Options: settings, deflaters: newDeflaters(settings.Level)}
}

func set(field *int, value int) {
	if value != 0 {
		*field = value
	}
}

type dialect struct {
	wire.Dialect
	Options
	deflaters *deflaters
}

// Name is the name of the wrapped dialect and +deflate.
func (d *dialect) Name() string { return d.Dialect.Name() + "+deflate" }

// Text is false: messages are binary under every codec.
func (d *dialect) Text() bool { return false }

// marker begins a packet with a compressed body. No packet of the dialects of
// package wire begins so.
const marker = 0

// Append implements [wire.Dialect].
func (d *dialect) Append(msg []byte, p *wire.Packet) ([]byte, error) {
	if len(p.Body) < d.Threshold || isHandshake(p.Kind) {
		return d.Dialect.Append(msg, p)
	}
	small := d.deflaters.deflate(p.Body)
	if small == nil {
		return d.Dialect.Append(msg, p)
	}
	defer d.deflaters.release(small)
	out := msg
	if len(msg) > 0 && d.Codec() == wire.JSON {
		out = append(out, '\n') // here, and not behind what is compressed
	}
	out = append(out, marker)
	out = binary.AppendUvarint(out, uint64(len(p.Body)))
	out = binary.AppendUvarint(out, uint64(small.Len()))
	out = append(out, small.Bytes()...)
	bare := *p
	bare.Body = nil
	packet, err := d.Dialect.Append(out[len(out):], &bare)
	if err != nil {
		return msg, err
	}
	return append(out, packet...), nil
}

func isHandshake(k wire.Kind) bool {
	switch k {
	case wire.KindChallenge, wire.KindIdentify, wire.KindMetadata, wire.KindWelcome:
		return true
	}
	return false
}

// Next implements [wire.Dialect].
func (d *dialect) Next(msg []byte, p *wire.Packet) (rest []byte, err error) {
	if len(msg) == 0 || msg[0] != marker {
		return d.Dialect.Next(msg, p)
	}
	*p = wire.Packet{}
	size, small, rest, ok := split(msg[1:])
	if !ok {
		return nil, errTruncated
	}
	if rest, err = d.Dialect.Next(rest, p); err != nil {
		return rest, err
	}
	if len(p.Body) > 0 || isHandshake(p.Kind) {
		return nil, errTwoBodies
	}
	if p.Body, err = d.inflate(size, small); err != nil {
		return rest, &wire.PacketError{ID: p.ID, Kind: p.Kind, Code: wire.CodeBadRequest, Message: err.Error()}
	}
	return rest, nil
}

// split returns the parts of a packet behind the marker. What it returns as
// rest begins with the packet without its body.
func split(b []byte) (size uint64, small, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil, nil, false
	}
	b = b[n:]
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return 0, nil, nil, false
	}
	b = b[n:]
	return size, b[:length], b[length:], true
}

var (
	errTruncated = errors.New("malformed packet: its compressed body is cut off")
	errTwoBodies = errors.New("malformed packet: a compressed body where there is another, or in the handshake")
)
