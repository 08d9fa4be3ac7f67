//go:build !race

package transport

import (
	"io"
	"runtime"
	"testing"
)

// TestSteadyStateAllocatesNothing crosses messages that fit the caller's
// storage.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, carrier := range carriers {
		if carrier.name == "tls" || carrier.name == "wss" {
			continue // package tls allocates
		}
		t.Run(carrier.name, func(t *testing.T) {
			a, b := carrier.connect(t, nil)
			defer a.Close(0, "")
			defer b.Close(0, "")
			msg, buf := message(1000, 0), make([]byte, 1000)
			cross := func() {
				if drained, err := a.Write(msg); !drained || err != nil {
					t.Fatal(drained, err)
				}
				if _, err := b.Read(buf); err != nil {
					t.Fatal(err)
				}
			}
			cross()
			if n := testing.AllocsPerRun(1000, cross); n > 0 {
				t.Errorf("%v allocations a message", n)
			}
		})
	}
}

// TestPromisesAreNotBelieved: a length alone allocates little.
func TestPromisesAreNotBelieved(t *testing.T) {
	promise := []byte{0, 0x10, 0, 0, 'x'}
	frameOf1MiB := []byte{fin | opBinary, 0x80 | 127, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4, 'x'}
	ends := map[string]func() Conn{
		"frames":    func() Conn { return framedOver(t, &script{pieces: inPieces(promise), end: io.EOF}, nil, accepting) },
		"websocket": func() Conn { return upgradedOver(t, &script{pieces: inPieces(frameOf1MiB), end: io.EOF}, nil) },
	}
	for name, open := range ends {
		c := open()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := c.Read(nil)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; err == nil || got > 2*growth {
			t.Errorf("%s: %d bytes allocated for one that came, %v", name, got, err)
		}
	}
}
