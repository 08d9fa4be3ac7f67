package main

import (
	"context"
	"io"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"

	"github.com/ipcgen/ipcgen/examples/bench/echo"
)

// net/rpc of the standard library, with both of its codecs.
func overNetRPC(transports ...string) (all []contender) {
	for _, transport := range transports {
		all = append(all,
			netRPC(transport, "gob", rpc.ServeConn, rpc.NewClient),
			netRPC(transport, "json", jsonrpc.ServeConn, jsonrpc.NewClient))
	}
	return all
}

func netRPC(transport, codec string, serve func(io.ReadWriteCloser), connect func(io.ReadWriteCloser) *rpc.Client) contender {
	return contender{
		library: "netrpc", transport: transport, codec: codec,
		serve: func(address string) (string, error) {
			if err := rpc.RegisterName("Echo", netRPCService{}); err != nil {
				return "", err
			}
			return listening(transport, accepting(func(conn net.Conn) { serve(conn) }))(address)
		},
		dial: func(address string, _ int) (client, error) {
			conn, err := net.Dial(transport, address)
			if err != nil {
				return nil, err
			}
			return netRPCClient{connect(conn)}, nil
		},
	}
}

type netRPCService struct{}

func (netRPCService) Echo(m echo.Message, reply *echo.Message) error {
	*reply = m
	return nil
}

func (netRPCService) Place(o echo.Order, reply *echo.Order) error {
	*reply = o
	return nil
}

type netRPCClient struct{ *rpc.Client }

func (c netRPCClient) caller(p payload) caller {
	return goCaller(p,
		func(_ context.Context, m echo.Message) (reply echo.Message, err error) {
			err = c.Call("Echo.Echo", &m, &reply)
			return reply, err
		},
		func(_ context.Context, o echo.Order) (reply echo.Order, err error) {
			err = c.Call("Echo.Place", &o, &reply)
			return reply, err
		})
}
