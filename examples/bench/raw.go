package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"google.golang.org/protobuf/proto"
)

// Frames of bytes with nothing that makes an RPC: no names, no encoding, no
// goroutines to wake, no order but that of the socket. Calls in flight are
// sent at once and answered in turn. It is the limit for those who sleep until
// the next frame comes.
func overRaw(transports ...string) (all []contender) {
	for _, transport := range transports {
		everybody := &rawCrowd{all: map[*framer]bool{}}
		all = append(all, contender{
			library: "raw", transport: transport, codec: "bytes", streams: true,
			serve: listening(transport, accepting(func(conn net.Conn) { newFramer(conn).serve(everybody) })),
			dial: func(address string, _ int) (client, error) {
				conn, err := dialRaw(transport, address)
				if err != nil {
					return nil, err
				}
				return &rawClient{newFramer(conn)}, nil
			},
			listen: func(address string, heard func()) (io.Closer, error) {
				conn, err := dialRaw(transport, address)
				if err != nil {
					return nil, err
				}
				return conn, newFramer(conn).listen(heard)
			},
			publish: func(address string, p payload) (publisher, error) {
				conn, err := dialRaw(transport, address)
				if err != nil {
					return publisher{}, err
				}
				return newFramer(conn).publisher(rawContent(p)), nil
			},
		})
	}
	return all
}

// A frame is its length, then its operation, a number, and anything.
const (
	opEcho     = 'e'
	opDownload = 'd' // the number is how many frames like this one are wanted
	opItem     = 'i'
	opEnd      = 'x'
	opListen   = 'l'
	opEvent    = 'v'

	frameHead = 9 // operation and number
	rawBuffer = 64 << 10
)

type framer struct {
	net.Conn
	in    *bufio.Reader
	out   *bufio.Writer
	frame []byte // the latest read
}

func newFramer(conn net.Conn) *framer {
	return &framer{Conn: conn, in: bufio.NewReaderSize(conn, rawBuffer), out: bufio.NewWriterSize(conn, rawBuffer)}
}

func (f *framer) write(op byte, number int64, content []byte) error {
	head := binary.BigEndian.AppendUint32(f.out.AvailableBuffer(), uint32(frameHead+len(content)))
	head = append(head, op)
	head = binary.BigEndian.AppendUint64(head, uint64(number))
	f.out.Write(head) // if it fails so does the next
	_, err := f.out.Write(content)
	return err
}

// read returns the next frame, valid until the one after.
func (f *framer) read() (op byte, number int64, content []byte, err error) {
	head, err := f.in.Peek(4)
	if err != nil {
		return 0, 0, nil, err
	}
	n := int(binary.BigEndian.Uint32(head))
	f.in.Discard(4)
	if n > cap(f.frame) {
		f.frame = make([]byte, n)
	}
	f.frame = f.frame[:n]
	if _, err := io.ReadFull(f.in, f.frame); err != nil {
		return 0, 0, nil, err
	}
	return f.frame[0], int64(binary.BigEndian.Uint64(f.frame[1:])), f.frame[frameHead:], nil
}

func (f *framer) serve(everybody *rawCrowd) {
	defer f.Close()
	defer everybody.remove(f)
	items := 0
	for {
		op, number, content, err := f.read()
		if err != nil {
			return
		}
		switch op {
		case opEcho:
			f.write(opEcho, number, content)
		case opDownload:
			for i := range number {
				f.write(opItem, i, content)
			}
			f.write(opEnd, number, nil)
		case opItem:
			items++
		case opEnd:
			f.write(opEnd, int64(items), nil)
			items = 0
		case opListen:
			everybody.add(f)
			f.write(opListen, 0, nil)
		case opEvent:
			everybody.tell(f.frame)
		}
		if f.in.Buffered() == 0 && f.out.Flush() != nil {
			return
		}
	}
}

type rawClient struct{ *framer }

func (c *rawClient) caller(p payload) caller { return c.batch(p, 1) }

func (c *rawClient) batch(p payload, n int) caller {
	content := rawContent(p)
	if n == 1 || n*len(content) <= rawBuffer {
		return func(id int64) (int, error) {
			if err := c.send(id, n, content); err != nil {
				return 0, err
			}
			return n, c.receive(id, n, content)
		}
	}
	return func(id int64) (int, error) { // more than sockets hold: read meanwhile
		sent := make(chan error, 1)
		go func() { sent <- c.send(id, n, content) }()
		if err := c.receive(id, n, content); err != nil {
			return 0, err
		}
		return n, <-sent
	}
}

func (c *rawClient) send(id int64, n int, content []byte) error {
	for i := range n {
		c.write(opEcho, id+int64(i), content)
	}
	return c.out.Flush()
}

func (c *rawClient) receive(id int64, n int, content []byte) error {
	for i := range n {
		_, number, got, err := c.read()
		if err != nil {
			return err
		}
		if want := id + int64(i); number != want || !bytes.Equal(got, content) {
			return changed("frame", number, want)
		}
	}
	return nil
}

func (c *rawClient) downloader(p payload, count int) caller {
	content := rawContent(p)
	return func(int64) (int, error) {
		c.write(opDownload, int64(count), content)
		if err := c.out.Flush(); err != nil {
			return 0, err
		}
		for n := 0; ; n++ {
			op, _, _, err := c.read()
			if err != nil || op == opEnd {
				return counted(n, count, err)
			}
		}
	}
}

func (c *rawClient) uploader(p payload, count int) caller {
	content := rawContent(p)
	return func(int64) (int, error) {
		for i := range count {
			c.write(opItem, int64(i), content)
		}
		c.write(opEnd, 0, nil)
		if err := c.out.Flush(); err != nil {
			return 0, err
		}
		_, n, _, err := c.read()
		return counted(int(n), count, err)
	}
}

// rawContent is p as bytes that nobody decodes.
func rawContent(p payload) []byte {
	if p == nested {
		b, err := proto.Marshal(newProtoOrder())
		if err != nil {
			panic(err) // it is made here
		}
		return b
	}
	m := newMessage(p)
	return append([]byte(m.Name), m.Payload...)
}

// dialRaw connects. Where a Unix socket has too many who wait to be accepted the
// system says so instead of letting one more wait.
func dialRaw(transport, address string) (conn net.Conn, err error) {
	for range 1000 {
		conn, err = net.Dial(transport, address)
		if !errors.Is(err, syscall.EAGAIN) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return conn, err
}
