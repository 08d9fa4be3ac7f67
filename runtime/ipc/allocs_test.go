package ipc_test

import (
	"context"
	"iter"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// What small things allocate on both sides together, with their arguments and
// results but without what the handler allocates, is a promise.
func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for name, url := range map[string]func(*testing.T, *ipc.Server) string{
		"memory": func(t *testing.T, srv *ipc.Server) string { return ipctest.Serve(t, srv) },
		"unix":   func(t *testing.T, srv *ipc.Server) string { return serveAt(t, srv, socket(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSmallThings(t, url)
			for _, test := range []struct {
				name string
				most float64 // of one
				send func(n int) error
			}{
				{"call", 2.5, s.calls},
				{"notification", 2.5, s.notifications},
				{"item", 0.5, s.items},
				{"event", 10.5, s.events}, // 7 of them once for all subscribers
			} {
				// Many at a time: AllocsPerRun says only whole numbers.
				const batch = 500
				each := testing.AllocsPerRun(20, func() {
					if err := test.send(batch); err != nil {
						t.Fatal(err)
					}
				}) / batch
				if each > test.most {
					t.Errorf("%s: %.2f allocations, at most %v are promised", test.name, each, test.most)
				}
			}
		})
	}
}

// smallThings are what a client and a server send each other, one after the other.
type smallThings struct {
	ctx   context.Context
	srv   *ipc.Server
	cl    *ipc.Client
	noted *ipc.Method[textArgs, struct{}]
	down  *ipc.Method[countArgs, []byte]
	said  *ipc.Event[textArgs]
	heard chan struct{}
}

func newSmallThings(t *testing.T, url func(*testing.T, *ipc.Server) string) *smallThings {
	s := &smallThings{
		ctx:   t.Context(),
		srv:   ipc.NewServer(&ipc.ServerOptions{Logger: quiet}),
		noted: method[textArgs, struct{}]("Test.Noted", ipc.KindNotify),
		down:  method[countArgs, []byte]("Test.Down", ipc.KindStream),
		said: &ipc.Event[textArgs]{
			Route:   &ipc.Route{Name: "Test.Said", Kind: ipc.KindNotify},
			Pattern: "said.*",
			Topic:   func(a *textArgs) []string { return []string{"said", a.Text} },
			Args:    echoed.Args,
		},
		heard: make(chan struct{}, 1),
	}
	s.noted.Args = echoed.Args
	s.down.Result = wire.Coding[[]byte]{Encode: wire.EncodeBytes[[]byte], Decode: wire.DecodeBytes[[]byte]}
	item := make([]byte, 64)
	s.srv.Register(
		echoed.Handle(handleEcho),
		s.noted.HandleNotify(func(context.Context, *textArgs) error { s.heard <- struct{}{}; return nil }),
		s.down.HandleStream(func(_ context.Context, a *countArgs) iter.Seq2[[]byte, error] {
			return func(yield func([]byte, error) bool) {
				for i := 0; i < a.N && yield(item, nil); i++ {
				}
			}
		}),
	)
	s.cl = ipc.NewClient(url(t, s.srv), &ipc.ClientOptions{Logger: quiet})
	ipctest.Connect(t, s.cl)
	hear := s.said.Handle(func(context.Context, *textArgs) error { s.heard <- struct{}{}; return nil })
	if _, err := s.cl.Subscribe(s.ctx, "said.*", hear); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *smallThings) calls(n int) error {
	args := &textArgs{"hello"}
	for range n {
		if _, err := echoed.Call(s.ctx, s.cl, args); err != nil {
			return err
		}
	}
	return nil
}

func (s *smallThings) notifications(n int) error {
	args := &textArgs{"hello"}
	for range n {
		if err := s.noted.Notify(s.ctx, s.cl, args); err != nil {
			return err
		}
		<-s.heard
	}
	return nil
}

func (s *smallThings) items(n int) error {
	for _, err := range s.down.Stream(s.ctx, s.cl, &countArgs{n}) {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *smallThings) events(n int) error {
	args := &textArgs{"hello"}
	for range n {
		if err := s.said.Publish(s.ctx, s.srv, args); err != nil {
			return err
		}
		<-s.heard
	}
	return nil
}
