package ipc_test

import (
	"context"
	"errors"
	"iter"

	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// The routes of the tests, as generated code would declare them.

type (
	textArgs  struct{ Text string }
	countArgs struct{ N int }
	noArgs    struct{}
)

func method[A, R any](name string, kind ipc.Kind) *ipc.Method[A, R] {
	return &ipc.Method[A, R]{Route: &ipc.Route{Name: name, Kind: kind}, Errors: testErrors}
}

func inputMethod[A, I, R any](name string, kind ipc.Kind) *ipc.InputMethod[A, I, R] {
	return &ipc.InputMethod[A, I, R]{Method: *method[A, R](name, kind)}
}

var (
	echo  = method[textArgs, string]("Test.Echo", ipc.KindCall)
	block = method[noArgs, string]("Test.Block", ipc.KindCall) // until its context ends
	fail  = method[textArgs, string]("Test.Fail", ipc.KindCall)
	note  = method[countArgs, struct{}]("Test.Note", ipc.KindNotify)
	count = method[countArgs, int]("Test.Count", ipc.KindStream)
	sum   = inputMethod[noArgs, int, int]("Test.Sum", ipc.KindUpload)
	twice = inputMethod[noArgs, int, int]("Test.Twice", ipc.KindDuplex)
	relay = method[textArgs, string]("Test.Relay", ipc.KindCall) // calls echo of its caller
)

var errEmpty = errors.New("empty")

type quotaError struct{ Limit int }

func (e *quotaError) Error() string { return "over quota" }

var testErrors = ipc.Errors{
	ipc.ErrorValue("test.empty", errEmpty),
	ipc.ErrorType[*quotaError]("test.quota"),
}

func handleEcho(_ context.Context, a *textArgs) (string, error) { return a.Text, nil }

func handleBlock(ctx context.Context, _ *noArgs) (string, error) {
	<-ctx.Done()
	return "", context.Cause(ctx)
}

func handleCount(_ context.Context, a *countArgs) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range a.N {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func handleSum(_ context.Context, _ *noArgs, in iter.Seq2[int, error]) (total int, err error) {
	for n, err := range in {
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

func handleTwice(_ context.Context, _ *noArgs, in iter.Seq2[int, error]) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for n, err := range in {
			if !yield(2*n, err) || err != nil {
				return
			}
		}
	}
}

func handleRelay(ctx context.Context, a *textArgs) (string, error) {
	r, _ := ipc.RequestFrom(ctx)
	return echo.Call(ctx, r.Peer, a)
}

// serveAll registers every route of the tests.
func serveAll(r ipc.Registrar) {
	r.Register(
		echo.Handle(handleEcho), block.Handle(handleBlock), relay.Handle(handleRelay),
		count.HandleStream(handleCount), sum.HandleUpload(handleSum), twice.HandleDuplex(handleTwice),
	)
}

// upTo yields 0, 1, ... n-1.
func upTo(n int) iter.Seq2[int, error] {
	return handleCount(context.Background(), &countArgs{n})
}
