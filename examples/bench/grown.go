package main

import (
	"context"
	"fmt"

	"github.com/ipcgen/ipcgen/examples/bench/echo"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// A server of ipcgen's for a cell with many routes, or many pending calls. For
// those the limits are as high as the cell needs; there are no stubs.

type grownArgs struct{ Message echo.Message }

func grownEcho(i int) *ipc.Method[grownArgs, echo.Message] {
	return &ipc.Method[grownArgs, echo.Message]{Route: &ipc.Route{Name: fmt.Sprintf("Grown.Echo%d", i), Kind: ipc.KindCall}}
}

// grownWait is called and does not return.
var grownWait = &ipc.Method[struct{}, struct{}]{Route: &ipc.Route{Name: "Grown.Wait", Kind: ipc.KindCall}}

// grownLimits let n calls be pending.
func grownLimits(n int) ipc.Limits {
	return ipc.Limits{Pending: n + 100, Running: n + 100, RunningTotal: n + 100}
}

// grower serves the cell at hand, and no more the one before.
type grower struct {
	transport string
	server    *ipc.Server
}

func (g *grower) grow(address string, at cell) (url string, err error) {
	if g.server != nil {
		g.server.Close()
	}
	g.server = ipc.NewServer(&ipc.ServerOptions{Secret: secretFor(g.transport), Limits: grownLimits(at.Inflight)})
	handlers := []*ipc.Handler{grownWait.Handle(func(ctx context.Context, _ *struct{}) (struct{}, error) {
		<-ctx.Done()
		return struct{}{}, ctx.Err()
	})}
	for i := range at.routes() {
		handlers = append(handlers, grownEcho(i).Handle(func(_ context.Context, a *grownArgs) (echo.Message, error) {
			return a.Message, nil
		}))
	}
	g.server.Register(handlers...)
	l, err := g.server.Listen(context.Background(), g.transport+"://"+address)
	if err != nil {
		return "", err
	}
	go g.server.Serve(context.Background(), l)
	return l.URL(), nil
}

// routes is how many the cell needs.
func (c cell) routes() int {
	if c.Kind == "routes" {
		return c.Inflight
	}
	return 1
}

// grownClient calls a grown server.
type grownClient struct {
	connection *ipc.Client
	at         cell
	leave      context.CancelFunc // gives the pending calls up
}

func dialGrown(url string, at cell, o *ipc.ClientOptions) (client, error) {
	o.Limits = grownLimits(at.Inflight)
	connection, err := ipc.Dial(context.Background(), url, o)
	if err != nil {
		return nil, err
	}
	c := &grownClient{connection: connection, at: at}
	ctx, cancel := context.WithCancel(context.Background())
	c.leave = cancel
	if at.Kind == "pending" {
		for range at.Inflight - 1 {
			grownWait.Start(ctx, connection, &struct{}{})
		}
	}
	return c, nil
}

func (c *grownClient) caller(p payload) caller {
	var calls []caller
	for i := range c.at.routes() {
		method := grownEcho(i)
		calls = append(calls, goCaller(p, func(ctx context.Context, m echo.Message) (echo.Message, error) {
			return method.Call(ctx, c.connection, &grownArgs{m})
		}, nil))
	}
	return inTurns(calls)
}

func (c *grownClient) Close() error {
	c.leave()
	return c.connection.Close()
}
