package main

import (
	"context"
	"io"
	"net"

	"github.com/ipcgen/ipcgen/examples/bench/echopb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// grpc-go with its defaults, without TLS.
func overGRPC(transports ...string) (all []contender) {
	for _, transport := range transports {
		all = append(all, contender{
			library: "grpc", transport: transport, codec: "proto", streams: true,
			serve: listening(transport, serveGRPC),
			dial:  func(address string, _ int) (client, error) { return dialGRPC(transport, address) },
			listen: func(address string, heard func()) (io.Closer, error) {
				c, err := dialGRPC(transport, address)
				if err != nil {
					return nil, err
				}
				return c, c.listen(heard)
			},
			publish: func(address string, p payload) (publisher, error) {
				c, err := dialGRPC(transport, address)
				if err != nil {
					return publisher{}, err
				}
				return publisher{protoTeller(p, c.publish), c}, nil
			},
		})
	}
	return all
}

func serveGRPC(l net.Listener) error {
	s := grpc.NewServer()
	echopb.RegisterEchoServer(s, grpcService{})
	echopb.RegisterCrowdServer(s, &grpcCrowd{})
	return s.Serve(l)
}

type grpcService struct {
	echopb.UnsafeEchoServer
	protoService
}

func (grpcService) Download(w *echopb.Wanted, stream grpc.ServerStreamingServer[echopb.Message]) error {
	return sendProto(stream.Send, w)
}

func (grpcService) Upload(stream grpc.ClientStreamingServer[echopb.Message, echopb.Count]) error {
	n, err := countProto(stream.Recv)
	if err != nil {
		return err
	}
	return stream.SendAndClose(n)
}

type grpcCrowd struct {
	echopb.UnsafeCrowdServer
	protoCrowd
}

func (c *grpcCrowd) Listen(_ *echopb.Nothing, stream grpc.ServerStreamingServer[echopb.Message]) error {
	return c.join(stream.Context(), stream.Send)
}

type grpcClient struct {
	*grpc.ClientConn
	echo  echopb.EchoClient
	crowd echopb.CrowdClient
}

func dialGRPC(transport, address string) (*grpcClient, error) {
	scheme := "passthrough:///"
	if transport == "unix" {
		scheme = "unix://"
	}
	conn, err := grpc.NewClient(scheme+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	return &grpcClient{conn, echopb.NewEchoClient(conn), echopb.NewCrowdClient(conn)}, nil
}

func (c *grpcClient) listen(heard func()) error {
	stream, err := c.crowd.Listen(context.Background(), &echopb.Nothing{})
	if err != nil {
		return err
	}
	return hearProto(stream.Recv, heard)
}

func (c *grpcClient) publish(ctx context.Context, m *echopb.Message) error {
	_, err := c.crowd.Publish(ctx, m)
	return err
}

func (c *grpcClient) caller(p payload) caller {
	return protoCaller(p,
		func(ctx context.Context, m *echopb.Message) (*echopb.Message, error) { return c.echo.Echo(ctx, m) },
		func(ctx context.Context, o *echopb.Order) (*echopb.Order, error) { return c.echo.Place(ctx, o) })
}

func (c *grpcClient) downloader(p payload, count int) caller {
	return func(int64) (int, error) {
		stream, err := c.echo.Download(context.Background(), wanted(p, count))
		if err != nil {
			return 0, err
		}
		n, err := receiveProto(stream.Recv)
		return counted(n, count, err)
	}
}

func (c *grpcClient) uploader(p payload, count int) caller {
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
