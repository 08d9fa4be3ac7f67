package main

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
)

// contender is one library over one kind of socket with one encoding.
type contender struct {
	library, transport, codec string
	// serve starts to serve at address and returns where it can be dialed.
	serve func(address string) (string, error)
	// dial connects a client that will have so many calls in flight.
	dial    func(address string, inflight int) (client, error)
	streams bool // the client is a streamer

	// For events that many connections are told at once, where it has them:
	// listen connects somebody who calls heard for each, and publish what
	// tells them.
	listen  func(address string, heard func()) (io.Closer, error)
	publish func(address string, p payload) (publisher, error)

	// For cells with many routes or pending calls, where it has them: grow
	// serves such a cell beside what serve does, and returns where it can be
	// dialed by growing.
	grow    func(address string, at cell) (string, error)
	growing func(address string, at cell) (client, error)

	// generate returns what generates for so many routes; nil but for the generator.
	generate func(routes int) (client, error)
}

// client makes calls over one connection, or over one for each call in flight
// where a connection carries but one at a time.
type client interface {
	// caller returns what makes one call with p at a time, with a message of
	// its own. It is called once for each call in flight.
	caller(p payload) caller
	Close() error
}

// streamer is a client that has streams.
type streamer interface {
	// downloader returns what receives a stream of count messages with p.
	downloader(p payload, count int) caller
	// uploader returns what sends a stream of count messages with p and
	// hears that they have arrived.
	uploader(p payload, count int) caller
}

// batcher is a client that keeps many calls in flight by itself.
type batcher interface {
	// batch returns what makes n calls with p at once.
	batch(p payload, n int) caller
}

// caller makes calls, or moves items of a stream, with messages numbered from
// id on. It returns how many, and an error if an answer is not what it must be.
type caller func(id int64) (n int, err error)

// contenders are all there are, in the order of the tables.
func contenders() []contender {
	return slices.Concat(
		overIPCGen("unix", "tcp", "ws"),
		[]contender{borrowing("unix"), borrowing("ws")},
		polling("unix"),
		overGRPC("unix", "tcp"),
		overConnect("unix", "tcp"),
		overDRPC("unix", "tcp"),
		overTTRPC("unix"),
		overNetRPC("unix"),
		overJRPC2("unix"),
		overNATS(),
		overCoder(),
		overRaw("unix", "tcp"),
		pollingRaw("unix"),
		overGenerator(),
	)
}

// offers reports whether c has what the cell measures.
func (c contender) offers(at cell) bool {
	switch at.Kind {
	case "call", "peers", "idle":
		return c.dial != nil
	case "routes", "pending":
		return c.grow != nil
	case "generate":
		return c.generate != nil
	case "fanout":
		return c.listen != nil
	}
	return c.streams
}

func (c contender) String() string {
	return c.library + "/" + c.transport + "/" + c.codec
}

// choose returns the contenders that begin like one of the comma-separated
// patterns: ipcgen, ipcgen/unix, ipcgen/unix/cbor. None chooses everybody.
func choose(patterns string) (chosen []contender, err error) {
	all := contenders()
	if patterns == "" {
		return all, nil
	}
	for _, p := range split(patterns) {
		if !slices.ContainsFunc(all, func(c contender) bool { return c.begins(p) }) {
			return nil, fmt.Errorf("%q: no contender begins like this, want some of %v", p, all)
		}
	}
	for _, c := range all {
		if slices.ContainsFunc(split(patterns), c.begins) {
			chosen = append(chosen, c)
		}
	}
	return chosen, nil
}

func (c contender) begins(pattern string) bool {
	return strings.HasPrefix(c.String()+"/", pattern+"/")
}

// reference is the contender whose speed over the same kind of socket is 1.
func (c contender) reference() string {
	if c.transport == "unix" {
		return "grpc/unix/proto"
	}
	return "grpc/tcp/proto"
}

// listening returns a contender's serve where that takes a listener.
func listening(transport string, serve func(net.Listener) error) func(string) (string, error) {
	return func(address string) (string, error) {
		l, err := net.Listen(transport, address)
		if err != nil {
			return "", err
		}
		go serve(l)
		return l.Addr().String(), nil
	}
}

// accepting returns what serves each connection of a listener with serve.
func accepting(serve func(net.Conn)) func(net.Listener) error {
	return func(l net.Listener) error {
		for {
			conn, err := l.Accept()
			if err != nil {
				return err
			}
			go serve(conn)
		}
	}
}
