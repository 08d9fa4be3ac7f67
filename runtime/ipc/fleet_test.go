package ipc_test

import (
	"testing"
	"testing/synctest"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

// fleet is a server with many clients, in memory and in virtual time.
type fleet struct {
	t   *testing.T
	srv *ipc.Server
	url string
}

// withFleet runs scene with a server that relays everything, unless opts say
// otherwise, and nobody connected to it.
func withFleet(t *testing.T, opts ipc.ServerOptions, scene func(t *testing.T, f *fleet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		opts.Logger = quiet
		srv := ipc.NewServer(&opts)
		scene(t, &fleet{t, srv, ipctest.Serve(t, srv)})
	})
}

// relayAll lets everybody call everybody.
func relayAll(_, _ *ipc.Peer, _ string) error { return nil }

// join connects a client with that identity and serves all routes there.
func (f *fleet) join(id string, opts ipc.ClientOptions) *ipc.Client {
	f.t.Helper()
	cl := f.prepare(id, opts)
	serveAll(cl)
	ipctest.Connect(f.t, cl)
	return cl
}

// prepare returns a client that is not connected.
func (f *fleet) prepare(id string, opts ipc.ClientOptions) *ipc.Client {
	f.t.Helper()
	opts.Identity, opts.Logger = identity(f.t, id), quiet
	return ipc.NewClient(f.url, &opts)
}

// identity parses group/name.
func identity(t *testing.T, id string) ipc.Identity {
	t.Helper()
	who, err := ipc.ParseIdentity(id)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// names returns the identities of peers, as text.
func names(peers []*ipc.Peer) (ids []string) {
	for _, p := range peers {
		ids = append(ids, p.String())
	}
	return ids
}
