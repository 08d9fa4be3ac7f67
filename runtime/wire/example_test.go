package wire_test

import (
	"errors"
	"fmt"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

type greeting struct {
	Name  string `json:"name"`
	Times int    `json:"times"`
}

var greetingFields = []string{"name", "times"}

// greetingCoding is what the generator writes for greeting.
var greetingCoding = wire.Coding[greeting]{
	Encode: func(e *wire.Encoder, v *greeting) {
		e.Map(2)
		e.String("name")
		wire.EncodeString(e, &v.Name)
		e.String("times")
		wire.EncodeInt(e, &v.Times)
	},
	Decode: func(d *wire.Decoder, v *greeting) {
		for f := d.Fields(greetingFields); f.Next(); {
			switch f.Index() {
			case 0:
				wire.DecodeString(d, &v.Name)
			case 1:
				wire.DecodeInt(d, &v.Times)
			}
		}
	},
}

// A call crosses in either dialect.
func Example() {
	for _, dialect := range []wire.Dialect{wire.CBORv1, wire.JSONv1} {
		body, err := wire.Marshal(dialect.Codec(), nil, &greetingCoding, &greeting{"Ada", 3})
		if err != nil {
			panic(err)
		}
		msg, err := dialect.Append(nil, &wire.Packet{Kind: wire.KindCall, ID: 7, Route: "Greeter.Hello", Body: body})
		if err != nil {
			panic(err)
		}
		var p wire.Packet
		if _, err := dialect.Next(msg, &p); err != nil {
			panic(err)
		}
		var g greeting
		if err := wire.UnmarshalArgs(dialect.Codec(), p.Body, &greetingCoding, &g); err != nil {
			panic(err)
		}
		fmt.Printf("%d bytes: %v %d %s %+v\n", len(msg), p.Kind, p.ID, p.Route, g)
	}
	// Output:
	// 35 bytes: call 7 Greeter.Hello {Name:Ada Times:3}
	// 78 bytes: call 7 Greeter.Hello {Name:Ada Times:3}
}

// The error of a value names the place.
func ExampleValueError() {
	args := []byte(`{"name":"Ada","times":"thrice"}`)
	err := wire.UnmarshalArgs(wire.JSON, args, &greetingCoding, new(greeting))
	var value *wire.ValueError
	if errors.As(err, &value) {
		fmt.Println(value.Path)
		fmt.Println(value.Problem)
	}
	// Output:
	// args.times
	// want number, have text
}

// A packet of a later version is refused alone; what follows it is not.
func ExamplePacketError() {
	msg := []byte(`{"kind":"teleport","id":7}` + "\n" + `{"kind":"ping","id":1}`)
	for len(msg) > 0 {
		var p wire.Packet
		rest, err := wire.JSONv1.Next(msg, &p)
		var refused *wire.PacketError
		if errors.As(err, &refused) {
			fmt.Println("refuse", refused.ID, refused.Code, refused.Message)
		} else if err == nil {
			fmt.Println(p.Kind, p.ID)
		}
		msg = rest
	}
	// Output:
	// refuse 7 unsupported unknown kind "teleport"
	// ping 1
}
