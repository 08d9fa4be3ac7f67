package ipc

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

// The parts of a call, each by itself.

// BenchmarkRouter takes a call in and out again, while so many others wait.
func BenchmarkRouter(b *testing.B) {
	for _, n := range []int{1, 100, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			r := newTestRouter(n)
			for range n - 1 {
				r.add(newSharedPending())
			}
			b.ReportAllocs()
			for b.Loop() {
				p := r.newPending()
				r.add(p)
				r.take(p.id).settle()
				<-p.done
				r.release(p)
			}
		})
	}
}

// BenchmarkDispatch has a packet handled, from the route's name to the return
// of its handler, by one of so many.
func BenchmarkDispatch(b *testing.B) {
	for _, n := range []int{1, 100, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			c, _ := newTestConn(b, Limits{})
			c.baton.snatched = func() {} // nobody else reads
			c.message = newBuffer(0)
			packets := make([]wire.Packet, n)
			handlers := make([]*Handler, n)
			handle := func(context.Context, *remark) error { return nil }
			body, err := wire.Marshal(wire.CBOR, nil, &remarks, &remark{"hello"})
			if err != nil {
				b.Fatal(err)
			}
			for i := range n {
				m := Method[remark, none]{Route: &Route{Name: fmt.Sprintf("Bench.Note%d", i), Kind: KindNotify}, Args: remarks}
				handlers[i] = m.HandleNotify(handle)
				packets[i] = wire.Packet{Kind: wire.KindNotify, Route: m.Route.Name, Body: body}
			}
			c.node.Register(handlers...)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c.receive(&packets[i%n])
			}
		})
	}
}

// remark is arguments as the generator declares them.
type remark struct{ Text string }

var remarkFields = []string{"Text"}

var remarks = wire.Coding[remark]{
	Encode: func(e *wire.Encoder, v *remark) {
		e.Map(1)
		e.String("Text")
		wire.EncodeString(e, &v.Text)
	},
	Decode: func(d *wire.Decoder, v *remark) {
		for f := d.Fields(remarkFields); f.Next(); {
			wire.DecodeString(d, &v.Text)
		}
	},
}

// BenchmarkRegister makes a server with so many routes serve twenty more.
func BenchmarkRegister(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			var t routeTable
			t.add(handlersOf("Old", n))
			more := handlersOf("New", 20)
			routes := make([]*Route, len(more))
			for i, h := range more {
				routes[i] = h.route
			}
			for b.Loop() {
				t.add(more)
				t.remove(routes)
			}
		})
	}
}

func handlersOf(name string, n int) []*Handler {
	handlers := make([]*Handler, n)
	for i := range handlers {
		handlers[i] = &Handler{route: &Route{Name: fmt.Sprint(name, i)}}
	}
	return handlers
}
