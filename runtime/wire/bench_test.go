package wire_test

import (
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

var plainCall = wire.Packet{Kind: wire.KindCall, ID: 12345, Route: "Greeter.Hello", Body: []byte(`{"name":"Ada"}`)}

func BenchmarkAppend(b *testing.B) {
	for _, dialect := range dialects {
		b.Run(dialect.Name(), func(b *testing.B) {
			b.ReportAllocs()
			var msg []byte
			for b.Loop() {
				msg, _ = dialect.Append(msg[:0], &plainCall)
			}
		})
	}
}

func BenchmarkNext(b *testing.B) {
	for _, dialect := range dialects {
		b.Run(dialect.Name(), func(b *testing.B) {
			b.ReportAllocs()
			msg, _ := dialect.Append(nil, &plainCall)
			var p wire.Packet
			for b.Loop() {
				if _, err := dialect.Next(msg, &p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var letter = message{
	ID: 123456, Tags: []string{"one", "two", "three"}, At: time.Date(2024, 2, 29, 12, 0, 0, 123, time.UTC),
	Next: &message{ID: 2, Extra: map[string]int{"a": 1, "b": 2}},
}

// codings are the ways a struct may take.
var codings = []struct {
	name   string
	codec  wire.Codec
	coding *wire.Coding[message]
}{
	{"generated", wire.CBOR, &messageCoding},
	{"reflected", wire.CBOR, nil},
	{"json", wire.JSON, nil},
}

func BenchmarkMarshal(b *testing.B) {
	for _, c := range codings {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var out []byte
			for b.Loop() {
				out, _ = wire.Marshal(c.codec, out[:0], c.coding, &letter)
			}
		})
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	for _, c := range codings {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			body, _ := wire.Marshal(c.codec, nil, c.coding, &letter)
			for b.Loop() {
				var v message
				if err := wire.Unmarshal(c.codec, body, c.coding, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
