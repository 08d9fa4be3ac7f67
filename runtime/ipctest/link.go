package ipctest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/ipcgen/ipcgen/runtime/transport"
)

// Link is a network between a client and its server that can fail. Its Dial
// goes into ipc.ClientOptions.Dial. It is safe for concurrent use.
type Link struct {
	url string

	mu       sync.Mutex
	down     bool
	frozen   bool
	passages []*passage // that have not been cut
}

// NewLink returns a link to the server at url.
func NewLink(url string) *Link { return &Link{url: url} }

// errDown is what a dial meets while the link is down.
var errDown = errors.New("ipctest: the link is down")

// Dial connects to the server, unless the link is down.
func (l *Link) Dial(ctx context.Context, o *transport.Options) (transport.Conn, error) {
	l.mu.Lock()
	down := l.down
	l.mu.Unlock()
	if down {
		return nil, errDown
	}
	server, err := transport.Dial(ctx, l.url, o)
	if err != nil {
		return nil, err
	}
	agreed := *o
	agreed.Subprotocols, agreed.Unnamed = []string{server.Subprotocol()}, ""
	near, far := transport.Pipe(&agreed)
	l.mu.Lock()
	defer l.mu.Unlock()
	p := &passage{client: far, server: server}
	p.frozen.Store(l.frozen)
	l.passages = append(l.passages, p)
	go p.carry(far, server)
	go p.carry(server, far)
	return near, nil
}

// Cut breaks the connections there are, without a word to either side.
func (l *Link) Cut() {
	l.mu.Lock()
	passages := l.passages
	l.passages = nil
	l.mu.Unlock()
	for _, p := range passages {
		p.client.Close(0, "")
		p.server.Close(0, "")
	}
}

// Down makes dials fail, and breaks the connections there are.
func (l *Link) Down() {
	l.mu.Lock()
	l.down = true
	l.mu.Unlock()
	l.Cut()
}

// Up lets dials through again.
func (l *Link) Up() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
}

// Freeze loses what either side sends from now on, as a network does that
// drops every packet: nobody is told, both sides wait in vain.
func (l *Link) Freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen = true
	for _, p := range l.passages {
		p.frozen.Store(true)
	}
}

// Thaw lets connections that are made from now on through. Those that were
// frozen stay so: what they lost is lost.
func (l *Link) Thaw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen = false
}

// passage is one connection over a link: it carries messages between the far
// end of the client's connection and the near end of the server's.
type passage struct {
	client, server transport.Conn
	frozen         atomic.Bool
}

// carry passes on what from receives, and its end, until it is frozen.
func (p *passage) carry(from, to transport.Conn) {
	var buf []byte
	for {
		msg, err := from.Read(buf)
		switch {
		case p.frozen.Load() && err == nil:
		case p.frozen.Load():
			return
		case err != nil:
			passOn(err, to)
			return
		default:
			send(to, msg)
		}
		buf = msg
	}
}

// passOn closes to as the connection was closed that failed with err.
func passOn(err error, to transport.Conn) {
	var closed *transport.CloseError
	if !errors.As(err, &closed) {
		closed = &transport.CloseError{}
	}
	to.Close(closed.Code, closed.Reason)
}

// send writes msg; if that fails, so will the next read.
func send(to transport.Conn, msg []byte) {
	if drained, err := to.Write(msg); err == nil && !drained {
		to.Flush()
	}
}
