package main

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// train is where somebody sits whose connection stalls in tunnels: nothing is
// read there.
type train struct {
	tunnel sync.Mutex
	told   atomic.Uint64 // of so many events the house has said that it dropped them
}

// see is shown what arrives.
func (t *train) see(_ *ipc.Peer, p *wire.Packet) {
	if p.Kind == wire.KindMissed {
		t.told.Add(p.Missed)
	}
}

// dial dials from the train.
func (t *train) dial(url string) func(context.Context, *transport.Options) (transport.Conn, error) {
	return func(ctx context.Context, o *transport.Options) (transport.Conn, error) {
		c, err := transport.Dial(ctx, url, o)
		if err != nil {
			return nil, err
		}
		return &window{c, t}, nil
	}
}

// window is a connection of somebody on a train.
type window struct {
	transport.Conn
	train *train
}

// Wait waits for the next message, and for the end of the tunnel.
func (w *window) Wait() error {
	err := w.Conn.Wait()
	w.train.tunnel.Lock()
	defer w.train.tunnel.Unlock()
	return err
}
