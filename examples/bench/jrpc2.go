package main

import (
	"context"
	"net"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
	"github.com/creachadair/jrpc2/handler"
	"github.com/ipcgen/ipcgen/examples/bench/echo"
)

// jrpc2, a library for JSON-RPC 2.0, with its defaults and a line a message.
func overJRPC2(transports ...string) (all []contender) {
	for _, transport := range transports {
		all = append(all, contender{
			library: "jrpc2", transport: transport, codec: "json",
			serve: listening(transport, accepting(serveJRPC2)),
			dial: func(address string, _ int) (client, error) {
				conn, err := net.Dial(transport, address)
				if err != nil {
					return nil, err
				}
				return jrpc2Client{jrpc2.NewClient(channel.Line(conn, conn), nil)}, nil
			},
		})
	}
	return all
}

func serveJRPC2(conn net.Conn) {
	service := handler.Map{
		"Echo":  handler.New(goService{}.Echo),
		"Place": handler.New(goService{}.Place),
	}
	jrpc2.NewServer(service, nil).Start(channel.Line(conn, conn)).Wait() // until the client leaves
}

type jrpc2Client struct{ *jrpc2.Client }

func (c jrpc2Client) caller(p payload) caller {
	return goCaller(p,
		func(ctx context.Context, m echo.Message) (reply echo.Message, err error) {
			err = c.CallResult(ctx, "Echo", m, &reply)
			return reply, err
		},
		func(ctx context.Context, o echo.Order) (reply echo.Order, err error) {
			err = c.CallResult(ctx, "Place", o, &reply)
			return reply, err
		})
}
