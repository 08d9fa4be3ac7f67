package ipc_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/transport"
)

func TestOnStateMayCloseTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cl *ipc.Client
		link := ipctest.NewLink(ipctest.Serve(t, testServer(ipc.ServerOptions{})))
		cl = ipc.NewClient("mem:link", &ipc.ClientOptions{Dial: link.Dial, Logger: quiet, OnState: func(_, to ipc.State) {
			if to == ipc.Waiting {
				cl.Close()
			}
		}})
		ipctest.Connect(t, cl)
		link.Cut()
		<-cl.Done()
		if cl.State() != ipc.Closed || cl.Err() != nil {
			t.Errorf("state %v, %v", cl.State(), cl.Err())
		}
	})
}

func TestConnectTwiceAtOnceConnectsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		url := ipctest.Serve(t, testServer(ipc.ServerOptions{}))
		var dials atomic.Int32
		cl := ipc.NewClient("mem:link", &ipc.ClientOptions{Logger: quiet, Dial: func(ctx context.Context, o *transport.Options) (transport.Conn, error) {
			dials.Add(1)
			return transport.Dial(ctx, url, o)
		}})
		defer cl.Close()
		results := make(chan error)
		for range 10 {
			go func() { results <- cl.Connect(t.Context()) }()
		}
		connected := 0
		for range 10 {
			if <-results == nil {
				connected++
			}
		}
		if connected != 1 || dials.Load() != 1 {
			t.Errorf("%d of ten Connects succeeded, with %d dials", connected, dials.Load())
		}
	})
}

// What the server calls right after the welcome may call back.
func TestHandlersMayCallBackBeforeTheClientIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replies := make(chan error, 100)
		srv := testServer(ipc.ServerOptions{OnJoin: func(p *ipc.Peer) error {
			go func() {
				got, err := relay.Call(context.Background(), p, &textArgs{"hello"})
				if err == nil && got != "hello" {
					err = errors.New("relayed " + got)
				}
				replies <- err
			}()
			return nil
		}})
		_, link := linked(t, srv, &ipc.ClientOptions{})
		for i := range 20 {
			if err := <-replies; err != nil {
				t.Fatalf("connection %d: %v", i, err)
			}
			link.Cut()
		}
		<-replies
	})
}
