package main

import (
	"context"
	"io"
	"net"
	"net/http"

	"connectrpc.com/connect"
	"github.com/ipcgen/ipcgen/examples/bench/echopb"
	"github.com/ipcgen/ipcgen/examples/bench/echopb/echopbconnect"
)

// connect-go with its own protocol over HTTP/2 without TLS. It compresses
// answers unless told not to, which nobody else does.
func overConnect(transports ...string) (all []contender) {
	for _, transport := range transports {
		all = append(all, contender{
			library: "connect", transport: transport, codec: "proto", streams: true,
			serve: listening(transport, serveConnect),
			dial:  func(address string, _ int) (client, error) { return dialConnect(transport, address), nil },
		})
	}
	return all
}

// onlyHTTP2 is h2c.
func onlyHTTP2() *http.Protocols {
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	return p
}

// oneConnection lets all calls in flight share it: the default is 250.
var oneConnection = &http.HTTP2Config{MaxConcurrentStreams: 1000}

func serveConnect(l net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle(echopbconnect.NewEchoHandler(connectService{}, connect.WithCompression("gzip", nil, nil)))
	s := &http.Server{Handler: mux, Protocols: onlyHTTP2(), HTTP2: oneConnection}
	return s.Serve(l)
}

type connectService struct{ protoService }

func (connectService) Download(_ context.Context, w *echopb.Wanted, stream *connect.ServerStream[echopb.Message]) error {
	return sendProto(stream.Send, w)
}

func (connectService) Upload(_ context.Context, stream *connect.ClientStream[echopb.Message]) (*echopb.Count, error) {
	return countProto(func() (*echopb.Message, error) {
		if !stream.Receive() {
			return nil, endOf(stream)
		}
		return stream.Msg(), nil
	})
}

// endOf returns why a stream of connect has ended, as others do.
func endOf(stream interface{ Err() error }) error {
	if err := stream.Err(); err != nil {
		return err
	}
	return io.EOF
}

type connectClient struct {
	http *http.Client
	echo echopbconnect.EchoClient
}

func dialConnect(transport, address string) client {
	c := &http.Client{Transport: &http.Transport{
		Protocols: onlyHTTP2(),
		HTTP2:     oneConnection,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, transport, address)
		},
	}}
	return &connectClient{c, echopbconnect.NewEchoClient(c, "http://server", connect.WithAcceptCompression("gzip", nil, nil))}
}

func (c *connectClient) caller(p payload) caller { return protoCaller(p, c.echo.Echo, c.echo.Place) }

func (c *connectClient) downloader(p payload, count int) caller {
	return func(int64) (int, error) {
		stream, err := c.echo.Download(context.Background(), wanted(p, count))
		if err != nil {
			return 0, err
		}
		defer stream.Close()
		n := 0
		for stream.Receive() {
			n++
		}
		return counted(n, count, stream.Err())
	}
}

func (c *connectClient) uploader(p payload, count int) caller {
	return func(int64) (int, error) {
		stream, err := c.echo.Upload(context.Background())
		if err != nil {
			return 0, err
		}
		if err := sendProto(stream.Send, wanted(p, count)); err != nil {
			return 0, err
		}
		r, err := stream.CloseAndReceive()
		return counted(int(r.GetCount()), count, err)
	}
}

func (c *connectClient) Close() error {
	c.http.CloseIdleConnections()
	return nil
}
