package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// The routes of PROTOCOL.md, as generated code would declare them. They are
// what the programs in testdata/peers talk to.

type (
	nameArgs struct {
		Name string `json:"name"`
	}
	fromArgs struct {
		From int `json:"from"`
	}
)

var (
	greeterHello     = greeterMethod[nameArgs, string]("Greeter.Hello", ipc.KindCall)
	greeterCountdown = greeterMethod[fromArgs, int]("Greeter.Countdown", ipc.KindStream)
	greeterSum       = ipc.InputMethod[noArgs, int, int]{Method: *greeterMethod[noArgs, int]("Greeter.Sum", ipc.KindUpload)}
	greeterMeet      = greeterMethod[noArgs, string]("Greeter.Meet", ipc.KindCall)
	greeterWait      = greeterMethod[noArgs, struct{}]("Greeter.Wait", ipc.KindCall)
	greeterForget    = greeterMethod[nameArgs, struct{}]("Greeter.Forget", ipc.KindNotify)
	guestName        = greeterMethod[noArgs, string]("Guest.Name", ipc.KindCall)
)

func greeterMethod[A, R any](name string, kind ipc.Kind) *ipc.Method[A, R] {
	return &ipc.Method[A, R]{Route: &ipc.Route{Name: name, Kind: kind}, Errors: greetErrors}
}

var errNoName = errors.New("empty name")

type tooLongError struct{ Limit int }

func (e *tooLongError) Error() string { return "name too long" }

var greetErrors = ipc.Errors{
	ipc.ErrorValue("greet.empty", errNoName),
	ipc.ErrorType[*tooLongError]("greet.too_long"),
}

// host is the acceptor of PROTOCOL.md.
type host struct {
	forgotten chan string // names, by Forget
	cancelled chan error  // why Wait was stopped
}

// newHost returns the acceptor of PROTOCOL.md.
func newHost(t *testing.T, opts ipc.ServerOptions) (*ipc.Server, *host) {
	t.Helper()
	g := &host{forgotten: make(chan string, 1), cancelled: make(chan error, 1)}
	opts.Logger = quiet
	opts.MayPublish = func(_ *ipc.Peer, _, topic string) bool { return topic == "room.go" }
	srv := ipc.NewServer(&opts)
	srv.Register(
		greeterHello.Handle(g.hello), greeterMeet.Handle(g.meet), greeterWait.Handle(g.wait), greeterForget.HandleNotify(g.forget),
		greeterCountdown.HandleStream(g.countdown), greeterSum.HandleUpload(handleSum),
	)
	return srv, g
}

func (*host) hello(_ context.Context, a *nameArgs) (string, error) {
	const limit = 8
	switch {
	case a.Name == "":
		return "", errNoName
	case len(a.Name) > limit:
		return "", &tooLongError{limit}
	}
	return "hello, " + a.Name, nil
}

func (*host) countdown(_ context.Context, a *fromArgs) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for n := a.From; n > 0 && yield(n, nil); n-- {
		}
	}
}

func (g *host) meet(ctx context.Context, _ *noArgs) (string, error) {
	r, _ := ipc.RequestFrom(ctx)
	name, err := guestName.Call(ctx, r.Peer, &noArgs{})
	if err != nil {
		return "", fmt.Errorf("ask for the name: %w", err)
	}
	return g.hello(ctx, &nameArgs{name})
}

func (g *host) wait(ctx context.Context, _ *noArgs) (struct{}, error) {
	<-ctx.Done()
	g.cancelled <- context.Cause(ctx)
	return struct{}{}, ctx.Err()
}

func (g *host) forget(_ context.Context, a *nameArgs) error {
	g.forgotten <- a.Name
	return nil
}
