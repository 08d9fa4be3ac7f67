package main

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/ipcgen/ipcgen/examples/bench/echo"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// ipcgen with its defaults. Sockets that other users can reach need a secret
// or the like, which costs something when connecting and nothing for a call.
func overIPCGen(transports ...string) (all []contender) {
	for _, transport := range transports {
		all = append(all,
			ipcgen(transport, "cbor", wire.CBORv1),
			ipcgen(transport, "json", wire.JSONv1))
	}
	return all
}

// polling is ipcgen where both sides say how long to look for a message before
// they sleep: for longer than by default, or not at all.
func polling(transport string) []contender {
	poll, sleep := ipcgen(transport, "cbor", wire.CBORv1), ipcgen(transport, "cbor", wire.CBORv1)
	poll.library, sleep.library = "ipcgen-poll", "ipcgen-sleep"
	return []contender{poll.polls(200 * time.Microsecond), sleep.polls(-1)}
}

// polls returns what c is with that time to look. It takes part in calls only.
func (c contender) polls(d time.Duration) contender {
	c.serve = func(address string) (string, error) { return serveIPCGen(c.transport, address, d) }
	c.dial = func(url string, _ int) (client, error) {
		return dialIPCGen(url, &ipc.ClientOptions{Secret: secretFor(c.transport), Dialect: wire.CBORv1, Poll: d})
	}
	c.listen, c.publish, c.streams = nil, nil, false
	return c
}

// borrowing is ipcgen where the service and the consumer of a stream use what
// arrives where it lies.
func borrowing(transport string) contender {
	c := ipcgen(transport, "cbor", wire.CBORv1)
	c.library = "ipcgen-borrow"
	dial := c.dial
	c.dial = func(url string, inflight int) (client, error) {
		got, err := dial(url, inflight)
		if err != nil {
			return nil, err
		}
		connection := got.(*ipcgenClient).connection
		return &ipcgenClient{connection, echo.NewLentClient(connection)}, nil
	}
	c.listen, c.publish = nil, nil
	return c
}

func ipcgen(transport, codec string, dialect wire.Dialect) contender {
	g := &grower{transport: transport}
	return contender{
		grow: g.grow,
		growing: func(url string, at cell) (client, error) {
			return dialGrown(url, at, &ipc.ClientOptions{Secret: secretFor(transport), Dialect: dialect})
		},
		library: "ipcgen", transport: transport, codec: codec, streams: true,
		serve: func(address string) (string, error) { return serveIPCGen(transport, address, 0) },
		dial: func(url string, _ int) (client, error) {
			return dialIPCGen(url, &ipc.ClientOptions{Secret: secretFor(transport), Dialect: dialect})
		},
		listen: func(url string, heard func()) (io.Closer, error) {
			return listenIPCGen(url, heard, &ipc.ClientOptions{Secret: secretFor(transport), Dialect: dialect})
		},
		publish: func(url string, p payload) (publisher, error) {
			return publishIPCGen(url, p, &ipc.ClientOptions{Secret: secretFor(transport), Dialect: dialect})
		},
	}
}

// secretFor is the secret that both sides know. A Unix socket is for the same
// user only and needs none.
func secretFor(transport string) []byte {
	if transport == "unix" {
		return nil
	}
	return []byte("only for the length of a benchmark")
}

func serveIPCGen(transport, address string, poll time.Duration) (url string, err error) {
	limits := ipc.Limits{Connections: 12_000} // 10,000 and who tells them
	s := ipc.NewServer(&ipc.ServerOptions{Secret: secretFor(transport), Poll: poll, Limits: limits})
	echo.RegisterEcho(s, goService{})
	echo.RegisterLent(s, goService{})
	echo.RegisterCrowd(s, ipcgenCrowd{echo.NewEventPublisher(s)})
	l, err := s.Listen(context.Background(), transport+"://"+address)
	if err != nil {
		return "", err
	}
	go s.Serve(context.Background(), l)
	return l.URL(), nil
}

type ipcgenClient struct {
	connection *ipc.Client
	echo       echo.Echo
}

func dialIPCGen(url string, o *ipc.ClientOptions) (client, error) {
	c, err := ipc.Dial(context.Background(), url, o)
	if err != nil {
		return nil, err
	}
	return &ipcgenClient{c, echo.NewEchoClient(c)}, nil
}

func (c *ipcgenClient) caller(p payload) caller { return goCaller(p, c.echo.Echo, c.echo.Place) }

func (c *ipcgenClient) downloader(p payload, count int) caller {
	return func(int64) (n int, err error) {
		for _, err := range c.echo.Download(context.Background(), int(p), count) {
			if err != nil {
				return n, err
			}
			n++
		}
		return counted(n, count, nil)
	}
}

func (c *ipcgenClient) uploader(p payload, count int) caller {
	return func(int64) (int, error) {
		n, err := c.echo.Upload(context.Background(), messages(int(p), count))
		return counted(n, count, err)
	}
}

func (c *ipcgenClient) Close() error { return c.connection.Close() }

// ipcgenCrowd is the service that tells all who listen.
type ipcgenCrowd struct{ listeners *echo.EventPublisher }

func (c ipcgenCrowd) Publish(ctx context.Context, m echo.Message) error {
	return c.listeners.Happened(ctx, m)
}

func listenIPCGen(url string, heard func(), o *ipc.ClientOptions) (io.Closer, error) {
	c, err := ipc.Dial(context.Background(), url, o)
	if err != nil {
		return nil, err
	}
	_, err = echo.SubscribeEvent(context.Background(), c, "crowd", listener(heard))
	return c, err
}

// listener is told events.
type listener func()

func (l listener) Happened(context.Context, echo.Message) error {
	l()
	return nil
}

func publishIPCGen(url string, p payload, o *ipc.ClientOptions) (publisher, error) {
	c, err := ipc.Dial(context.Background(), url, o)
	if err != nil {
		return publisher{}, err
	}
	crowd, m := echo.NewCrowdClient(c), newMessage(p)
	return publisher{Closer: c, tell: func(id int64) error {
		m.ID = id
		return crowd.Publish(context.Background(), m)
	}}, nil
}

// goService is the service for those who take Go's types as they are.
type goService struct{}

func (goService) Echo(_ context.Context, m echo.Message) (echo.Message, error) { return m, nil }

func (goService) Place(_ context.Context, o echo.Order) (echo.Order, error) { return o, nil }

func (goService) Download(_ context.Context, size, count int) iter.Seq2[echo.Message, error] {
	return messages(size, count)
}

func (goService) Upload(_ context.Context, messages iter.Seq2[echo.Message, error]) (n int, err error) {
	for _, err := range messages {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// messages yields count messages with payloads of size bytes.
func messages(size, count int) iter.Seq2[echo.Message, error] {
	return func(yield func(echo.Message, error) bool) {
		m := newMessage(payload(size))
		for i := range count {
			m.ID = int64(i)
			if !yield(m, nil) {
				return
			}
		}
	}
}
