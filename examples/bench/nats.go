package main

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/ipcgen/ipcgen/examples/bench/echopb"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"
)

// NATS: requests and replies go through its server, which runs in the process
// of the service and is connected to it by TCP, as to the client. It encodes
// nothing; the messages are protobuf.
func overNATS() []contender {
	return []contender{{
		library: "nats", transport: "tcp", codec: "proto",
		serve: serveNATS,
		dial:  func(url string, _ int) (client, error) { return dialNATS(url) },

		listen:  listenNATS,
		publish: publishNATS,
	}}
}

func serveNATS(address string) (url string, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return "", err
	}
	if n == 0 {
		n = server.RANDOM_PORT
	}
	s, err := server.NewServer(&server.Options{Host: host, Port: n, NoSigs: true})
	if err != nil {
		return "", err
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		return "", errors.New("nats-server does not accept connections")
	}
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		return "", err
	}
	return s.ClientURL(), subscribe(conn)
}

// subscribe serves echo and place.
func subscribe(conn *nats.Conn) error {
	_, err := conn.Subscribe("echo", func(m *nats.Msg) { answer(m, new(echopb.Message)) })
	if err != nil {
		return err
	}
	_, err = conn.Subscribe("place", func(m *nats.Msg) { answer(m, new(echopb.Order)) })
	if err != nil {
		return err
	}
	return conn.Flush()
}

// answer sends back what m holds. A request that cannot be decoded gets an
// empty reply, which the client refuses.
func answer(m *nats.Msg, content proto.Message) {
	var reply []byte
	if proto.Unmarshal(m.Data, content) == nil {
		reply, _ = proto.Marshal(content)
	}
	m.Respond(reply)
}

func listenNATS(url string, heard func()) (io.Closer, error) {
	conn, err := nats.Connect(url)
	if err != nil {
		return nil, err
	}
	_, err = conn.Subscribe("event", func(m *nats.Msg) {
		if proto.Unmarshal(m.Data, new(echopb.Message)) == nil {
			heard()
		}
	})
	return natsClient{conn}, errors.Join(err, conn.Flush())
}

// publishNATS tells the server itself, which knows who listens.
func publishNATS(url string, p payload) (publisher, error) {
	conn, err := nats.Connect(url)
	if err != nil {
		return publisher{}, err
	}
	m := newProtoMessage(p)
	return publisher{Closer: natsClient{conn}, tell: func(id int64) error {
		m.Id = id
		b, err := proto.Marshal(m)
		if err != nil {
			return err
		}
		return conn.Publish("event", b)
	}}, nil
}

type natsClient struct{ *nats.Conn }

func dialNATS(url string) (client, error) {
	conn, err := nats.Connect(url)
	if err != nil {
		return nil, err
	}
	return natsClient{conn}, nil
}

func (c natsClient) caller(p payload) caller {
	return protoCaller(p,
		func(_ context.Context, m *echopb.Message) (*echopb.Message, error) {
			reply := new(echopb.Message)
			return reply, c.request("echo", m, reply)
		},
		func(_ context.Context, o *echopb.Order) (*echopb.Order, error) {
			reply := new(echopb.Order)
			return reply, c.request("place", o, reply)
		})
}

// patience is how long a reply may take. NATS has no request without a limit.
const patience = 20 * time.Second

func (c natsClient) request(subject string, content, reply proto.Message) error {
	b, err := proto.Marshal(content)
	if err != nil {
		return err
	}
	m, err := c.Request(subject, b, patience)
	if err != nil {
		return err
	}
	return proto.Unmarshal(m.Data, reply)
}

func (c natsClient) Close() error {
	c.Conn.Close()
	return nil
}
