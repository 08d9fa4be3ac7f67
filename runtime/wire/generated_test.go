package wire_test

import (
	"time"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

// The types and functions of this file are written as the generator writes
// them. Reflection must agree with them byte by byte.

type message struct {
	ID    int64
	Tags  []string
	At    time.Time
	Next  *message
	Extra map[string]int `json:"extra"`
}

var messageFields = []string{"ID", "Tags", "At", "Next", "extra"}

func encodeMessage(e *wire.Encoder, v *message) {
	e.Map(5)
	e.String("ID")
	wire.EncodeInt(e, &v.ID)
	e.String("Tags")
	wire.EncodeSlice(e, &v.Tags, wire.EncodeString[string])
	e.String("At")
	wire.EncodeTime(e, &v.At)
	e.String("Next")
	wire.EncodePointer(e, &v.Next, encodeMessage)
	e.String("extra")
	wire.EncodeMap(e, &v.Extra, wire.EncodeString[string], wire.EncodeInt[int])
}

func decodeMessage(d *wire.Decoder, v *message) {
	for f := d.Fields(messageFields); f.Next(); {
		switch f.Index() {
		case 0:
			wire.DecodeInt(d, &v.ID)
		case 1:
			wire.DecodeSlice(d, &v.Tags, wire.DecodeString[string])
		case 2:
			wire.DecodeTime(d, &v.At)
		case 3:
			wire.DecodePointer(d, &v.Next, decodeMessage)
		case 4:
			wire.DecodeMap(d, &v.Extra, wire.DecodeString[string], wire.DecodeInt[int])
		}
	}
}

type (
	flag    bool
	small   int8
	level   uint16
	ratio   float32
	label   string
	blob    []byte
	octet   uint8
	pair    [2]int
	numbers map[level]ratio
	point   struct{ X, Y int }
)

// all has a field for each helper, and some for those within others.
type all struct {
	Flag    flag     `json:"flag"`
	Small   small    `json:"small"`
	Level   level    `json:"level"`
	Wide    uint64   `json:"wide"`
	Ratio   ratio    `json:"ratio"`
	Float   float64  `json:"float"`
	Label   label    `json:"label"`
	Blob    blob     `json:"blob"`
	Octets  []octet  `json:"octets"`
	Key     [4]byte  `json:"key"`
	Pair    pair     `json:"pair"`
	Grid    [][]int  `json:"grid"`
	Numbers numbers  `json:"numbers"`
	Point   point    `json:"point"`
	Points  []point  `json:"points"`
	Deep    **string `json:"deep"`
	Any     any      `json:"any"`
	Message *message `json:"message"`
}

var (
	pointFields = []string{"X", "Y"}
	allFields   = []string{
		"flag", "small", "level", "wide", "ratio", "float", "label", "blob", "octets", "key",
		"pair", "grid", "numbers", "point", "points", "deep", "any", "message",
	}
)

func encodePoint(e *wire.Encoder, v *point) {
	e.Map(2)
	e.String("X")
	wire.EncodeInt(e, &v.X)
	e.String("Y")
	wire.EncodeInt(e, &v.Y)
}

func decodePoint(d *wire.Decoder, v *point) {
	for f := d.Fields(pointFields); f.Next(); {
		switch f.Index() {
		case 0:
			wire.DecodeInt(d, &v.X)
		case 1:
			wire.DecodeInt(d, &v.Y)
		}
	}
}

func encodeAll(e *wire.Encoder, v *all) {
	e.Map(18)
	e.String("flag")
	wire.EncodeBool(e, &v.Flag)
	e.String("small")
	wire.EncodeInt(e, &v.Small)
	e.String("level")
	wire.EncodeUint(e, &v.Level)
	e.String("wide")
	wire.EncodeUint(e, &v.Wide)
	e.String("ratio")
	wire.EncodeFloat(e, &v.Ratio)
	e.String("float")
	wire.EncodeFloat(e, &v.Float)
	e.String("label")
	wire.EncodeString(e, &v.Label)
	e.String("blob")
	wire.EncodeBytes(e, &v.Blob)
	e.String("octets")
	wire.EncodeSlice(e, &v.Octets, wire.EncodeUint[octet])
	e.String("key")
	wire.EncodeArray(e, v.Key[:], wire.EncodeUint[byte])
	e.String("pair")
	wire.EncodeArray(e, v.Pair[:], wire.EncodeInt[int])
	e.String("grid")
	wire.EncodeSlice(e, &v.Grid, func(e *wire.Encoder, v *[]int) {
		wire.EncodeSlice(e, v, wire.EncodeInt[int])
	})
	e.String("numbers")
	wire.EncodeMap(e, &v.Numbers, wire.EncodeUint[level], wire.EncodeFloat[ratio])
	e.String("point")
	encodePoint(e, &v.Point)
	e.String("points")
	wire.EncodeSlice(e, &v.Points, encodePoint)
	e.String("deep")
	wire.EncodePointer(e, &v.Deep, func(e *wire.Encoder, v **string) {
		wire.EncodePointer(e, v, wire.EncodeString[string])
	})
	e.String("any")
	wire.EncodeAny(e, &v.Any)
	e.String("message")
	wire.EncodePointer(e, &v.Message, encodeMessage)
}

func decodeAll(d *wire.Decoder, v *all) {
	for f := d.Fields(allFields); f.Next(); {
		switch f.Index() {
		case 0:
			wire.DecodeBool(d, &v.Flag)
		case 1:
			wire.DecodeInt(d, &v.Small)
		case 2:
			wire.DecodeUint(d, &v.Level)
		case 3:
			wire.DecodeUint(d, &v.Wide)
		case 4:
			wire.DecodeFloat(d, &v.Ratio)
		case 5:
			wire.DecodeFloat(d, &v.Float)
		case 6:
			wire.DecodeString(d, &v.Label)
		case 7:
			wire.DecodeBytes(d, &v.Blob)
		case 8:
			wire.DecodeSlice(d, &v.Octets, wire.DecodeUint[octet])
		case 9:
			wire.DecodeArray(d, v.Key[:], wire.DecodeUint[byte])
		case 10:
			wire.DecodeArray(d, v.Pair[:], wire.DecodeInt[int])
		case 11:
			wire.DecodeSlice(d, &v.Grid, func(d *wire.Decoder, v *[]int) {
				wire.DecodeSlice(d, v, wire.DecodeInt[int])
			})
		case 12:
			wire.DecodeMap(d, &v.Numbers, wire.DecodeUint[level], wire.DecodeFloat[ratio])
		case 13:
			decodePoint(d, &v.Point)
		case 14:
			wire.DecodeSlice(d, &v.Points, decodePoint)
		case 15:
			wire.DecodePointer(d, &v.Deep, func(d *wire.Decoder, v **string) {
				wire.DecodePointer(d, v, wire.DecodeString[string])
			})
		case 16:
			wire.DecodeAny(d, &v.Any)
		case 17:
			wire.DecodePointer(d, &v.Message, decodeMessage)
		}
	}
}

var (
	messageCoding = wire.Coding[message]{Encode: encodeMessage, Decode: decodeMessage}
	allCoding     = wire.Coding[all]{Encode: encodeAll, Decode: decodeAll}
)
