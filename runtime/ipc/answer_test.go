package ipc_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

type hugeError struct{ Text string }

func (e *hugeError) Error() string { return "huge" }

var errOddCode = errors.New("odd code")

// A declared error that cannot cross must not leave its caller waiting, nor
// end the connection.
func TestDeclaredErrorsThatDoNotFit(t *testing.T) {
	pair(t, func(t *testing.T, srv *ipc.Server, cl *ipc.Client) {
		odd := method[textArgs, string]("Test.Odd", ipc.KindCall)
		odd.Errors = ipc.Errors{ipc.ErrorType[*hugeError]("test.huge"), ipc.ErrorValue("not a name", errOddCode)}
		failures := map[string]error{"huge": &hugeError{strings.Repeat("x", 2<<20)}, "odd code": errOddCode}
		srv.Register(odd.Handle(func(_ context.Context, a *textArgs) (string, error) { return "", failures[a.Text] }))
		for name := range failures {
			var e *ipc.Error
			_, err := odd.Call(t.Context(), cl, &textArgs{name})
			if !errors.As(err, &e) || e.Code != code.Internal || e.Incident == "" || e.Outcome() != ipc.Executed {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
