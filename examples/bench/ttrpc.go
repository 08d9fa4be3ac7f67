package main

import (
	"context"
	"net"

	"github.com/containerd/ttrpc"
	"github.com/ipcgen/ipcgen/examples/bench/echopb"
)

// ttrpc with its defaults.
func overTTRPC(transports ...string) (all []contender) {
	for _, transport := range transports {
		all = append(all, contender{
			library: "ttrpc", transport: transport, codec: "proto", streams: true,
			serve: listening(transport, serveTTRPC),
			dial: func(address string, _ int) (client, error) {
				conn, err := net.Dial(transport, address)
				if err != nil {
					return nil, err
				}
				c := ttrpc.NewClient(conn)
				return &ttrpcClient{c, echopb.NewTTRPCEchoClient(c)}, nil
			},
		})
	}
	return all
}

func serveTTRPC(l net.Listener) error {
	s, err := ttrpc.NewServer()
	if err != nil {
		return err
	}
	echopb.RegisterTTRPCEchoService(s, ttrpcService{})
	return s.Serve(context.Background(), l)
}

type ttrpcService struct{ protoService }

func (ttrpcService) Download(_ context.Context, w *echopb.Wanted, stream echopb.TTRPCEcho_DownloadServer) error {
	return sendProto(stream.Send, w)
}

func (ttrpcService) Upload(_ context.Context, stream echopb.TTRPCEcho_UploadServer) (*echopb.Count, error) {
	return countProto(stream.Recv)
}

type ttrpcClient struct {
	*ttrpc.Client
	echo echopb.TTRPCEchoClient
}

func (c *ttrpcClient) caller(p payload) caller { return protoCaller(p, c.echo.Echo, c.echo.Place) }

func (c *ttrpcClient) downloader(p payload, count int) caller {
	return func(int64) (int, error) {
		stream, err := c.echo.Download(context.Background(), wanted(p, count))
		if err != nil {
			return 0, err
		}
		n, err := receiveProto(stream.Recv)
		return counted(n, count, err)
	}
}

func (c *ttrpcClient) uploader(p payload, count int) caller {
	return func(int64) (int, error) {
		stream, err := c.echo.Upload(context.Background())
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
