package main

import (
	"context"
	"errors"
	"net"

	"github.com/ipcgen/ipcgen/examples/bench/echopb"
	"storj.io/drpc/drpcconn"
	"storj.io/drpc/drpcmux"
	"storj.io/drpc/drpcserver"
)

// drpc with its defaults. A connection carries one call at a time, so each call
// in flight has a connection of its own, as from a pool that never waits.
func overDRPC(transports ...string) (all []contender) {
	for _, transport := range transports {
		all = append(all, contender{
			library: "drpc", transport: transport, codec: "proto", streams: true,
			serve: listening(transport, serveDRPC),
			dial: func(address string, inflight int) (client, error) {
				return dialDRPC(transport, address, inflight)
			},
		})
	}
	return all
}

func serveDRPC(l net.Listener) error {
	mux := drpcmux.New()
	if err := echopb.DRPCRegisterEcho(mux, drpcService{}); err != nil {
		return err
	}
	return drpcserver.New(mux).Serve(context.Background(), l)
}

type drpcService struct{ protoService }

func (drpcService) Download(w *echopb.Wanted, stream echopb.DRPCEcho_DownloadStream) error {
	return sendProto(stream.Send, w)
}

func (drpcService) Upload(stream echopb.DRPCEcho_UploadStream) error {
	n, err := countProto(stream.Recv)
	if err != nil {
		return err
	}
	return stream.SendAndClose(n)
}

type drpcClient struct {
	pool []*drpcconn.Conn
	next int
}

func dialDRPC(transport, address string, size int) (client, error) {
	c := &drpcClient{}
	for range size {
		conn, err := net.Dial(transport, address)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		c.pool = append(c.pool, drpcconn.New(conn))
	}
	return c, nil
}

// take returns a client over the next connection.
func (c *drpcClient) take() echopb.DRPCEchoClient {
	c.next++
	return echopb.NewDRPCEchoClient(c.pool[c.next-1])
}

func (c *drpcClient) caller(p payload) caller {
	echo := c.take()
	return protoCaller(p, echo.Echo, echo.Place)
}

func (c *drpcClient) downloader(p payload, count int) caller {
	echo := c.take()
	return func(int64) (int, error) {
		stream, err := echo.Download(context.Background(), wanted(p, count))
		if err != nil {
			return 0, err
		}
		n, err := receiveProto(stream.Recv)
		return counted(n, count, err)
	}
}

func (c *drpcClient) uploader(p payload, count int) caller {
	echo := c.take()
	return func(int64) (int, error) {
		stream, err := echo.Upload(context.Background())
		if err != nil {
			return 0, err
		}
		if err := sendProto(stream.Send, wanted(p, count)); err != nil {
			return 0, err
		}
		r, err := stream.CloseAndRecv()
		return counted(int(r.GetCount()), count, err)
	}
}

func (c *drpcClient) Close() (err error) {
	for _, conn := range c.pool {
		err = errors.Join(err, conn.Close())
	}
	return err
}
