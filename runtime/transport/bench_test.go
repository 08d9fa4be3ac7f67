package transport

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// BenchmarkEcho is one message to the far end and back, at a time.
func BenchmarkEcho(b *testing.B) {
	for _, carrier := range carriers {
		for _, size := range []int{64, 1 << 10, 64 << 10} {
			b.Run(fmt.Sprintf("%s/%d", carrier.name, size), func(b *testing.B) {
				near, far := carrier.connect(b, nil)
				done := make(chan struct{})
				go func() {
					defer close(done)
					echo(far)
				}()
				defer func() { <-done }()
				defer far.Close(0, "")
				defer near.Close(0, "")
				pingPong(b, near, size)
			})
		}
	}
}

// echo sends back what it reads, until the end.
func echo(c Conn) error {
	var buf []byte
	for {
		msg, err := c.Read(buf)
		if err != nil {
			return err
		}
		if err := write(c, msg); err != nil {
			return err
		}
		buf = msg
	}
}

func pingPong(b *testing.B, c Conn, size int) {
	msg := message(size, 1)
	buf := make([]byte, 0, size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if err := write(c, msg); err != nil {
			b.Fatal(err)
		}
		var err error
		if buf, err = c.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBareEcho is the limit: length-prefixed messages over a net.Conn,
// and nothing else.
func BenchmarkBareEcho(b *testing.B) {
	for _, size := range []int{64, 1 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("unix/%d", size), func(b *testing.B) {
			l, err := net.Listen("unix", filepath.Join(b.TempDir(), "s"))
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			done := make(chan struct{})
			defer func() { <-done }()
			go func() {
				defer close(done)
				c, err := l.Accept()
				if err != nil {
					return
				}
				defer c.Close()
				buf := make([]byte, 4+size)
				for {
					if _, err := io.ReadFull(c, buf); err != nil {
						return
					}
					c.Write(buf)
				}
			}()
			c, err := net.Dial("unix", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			buf := make([]byte, 4+size)
			binary.BigEndian.PutUint32(buf, uint32(size))
			b.SetBytes(int64(size))
			for b.Loop() {
				c.Write(buf)
				if _, err := io.ReadFull(c, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkIdle reports the memory of one end of an idle connection, with the
// goroutine that reads it and the bare socket at the far end.
func BenchmarkIdle(b *testing.B) {
	const count = 2000
	opening := map[string][]byte{
		"unix": frame("messages"),
		"tcp":  frame("messages"),
		"ws":   upgradeBytes(),
	}
	for scheme, hello := range opening {
		b.Run(scheme, func(b *testing.B) {
			url := map[string]string{
				"unix": "unix://" + filepath.Join(b.TempDir(), "s"),
				"tcp":  "tcp://127.0.0.1:0",
				"ws":   "ws://127.0.0.1:0/",
			}[scheme]
			l := listenAt(b, url, nil)
			a, err := parseAddress(l.URL())
			if err != nil {
				b.Fatal(err)
			}
			before := inUse()
			far := bareSockets(b, a, count)
			var readers sync.WaitGroup
			near := make([]Conn, count)
			for i, conn := range far {
				conn.Write(hello)
				if near[i], err = l.Accept(); err != nil {
					b.Fatal(err)
				}
				if err := near[i].Handshake(b.Context()); err != nil {
					b.Fatal(err)
				}
				readers.Go(func() { near[i].Read(nil) })
			}
			b.ReportMetric((inUse()-before)/count, "B/conn")
			b.ReportMetric(0, "ns/op")
			for _, c := range near {
				c.Close(0, "")
			}
			readers.Wait()
		})
	}
}

func upgradeBytes() []byte {
	var p bytes.Buffer
	upgradeRequest("http://127.0.0.1/").Write(&p)
	return p.Bytes()
}

func bareSockets(b *testing.B, a address, count int) []net.Conn {
	b.Helper()
	conns := make([]net.Conn, count)
	for i := range conns {
		var err error
		if conns[i], err = net.Dial(a.network, a.name); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { conns[i].Close() })
	}
	return conns
}

// inUse is the memory of heap and stacks, in bytes.
func inUse() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse + m.StackInuse)
}
