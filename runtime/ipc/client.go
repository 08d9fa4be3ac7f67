package ipc

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// ClientOptions are the settings of a [Client]. Nil and zero fields mean the
// defaults.
type ClientOptions struct {
	// Identity under which the client is known to the server and its peers.
	// Default: group "client" and a unique name given by the server.
	Identity Identity
	// Metadata is what the client says of itself from the beginning, as with
	// [Client.SetMetadata]. What cannot be said fails Connect.
	Metadata query.Metadata
	// Secret shared with the server. It does not travel.
	Secret []byte
	// Token is sent to servers that take one, over TLS or within the machine
	// only. It is used if there is no Secret.
	Token string

	// Override is the server's override key: the client takes its identity
	// from who has it.
	Override []byte
	// Insecure lets a dialect that sends the secret as it is do so where
	// others can read it. Without it only TLS will do, or the machine itself.
	Insecure bool

	// TLS configures tls:// and wss://. Default: the system's roots.
	TLS *tls.Config
	// Header is sent with the request that opens a WebSocket.
	Header http.Header
	// Dial, if set, opens connections instead of [transport.Dial]. It must
	// pass o on, with which the dialect is agreed, as transport.Command does,
	// which starts a process and talks to it.
	Dial func(ctx context.Context, o *transport.Options) (transport.Conn, error)
	// Dialect that is spoken. Default: wire.CBORv1.
	Dialect wire.Dialect
	// Dialects, if set, are offered in place of Dialect, best first: the
	// first of them that the server knows is spoken.
	Dialects []wire.Dialect

	// Turn, if set, is called before every attempt to connect, the first and
	// those to reconnect, and may wait: the time counts for nobody. What it
	// returns is called when the attempt is over, with the error, nil if the
	// client has identified. ctx ends with the client, and with the context of
	// Connect. An error stands for a failed attempt.
	Turn func(ctx context.Context) (over func(error), err error)
	// NoReconnect ends the client when its connection ends. Otherwise it
	// reconnects until it is closed or turned away for good.
	NoReconnect bool
	// OnState is told of every change of state, in order.
	OnState func(from, to State)

	// SendLimit bounds how often the client calls, notifies, publishes and
	// opens streams, over all of its connections together. Who exceeds it waits, as
	// long as its context and the route's timeout allow, and fails with
	// code.RateLimited when that will not do; heartbeats and replies do not
	// wait. Disconnect means nothing here. Default: no limit.
	SendLimit Limit

	// OnPacket, if set, is shown every packet that the server sends, before anything
	// is done about it and whether it means anything or not; those of the
	// handshake excepted. It is called by the reader of the connection, one
	// packet after the other, and must not wait. The packet is neither to be
	// changed nor kept. For requests alone, Interceptors are the better place.
	OnPacket func(p *Peer, packet *wire.Packet)

	// Interceptors wrap what goes out and comes in, the first one outermost.
	Interceptors []Interceptor

	// Poll is for how long a reader looks again and again for the next message
	// before it sleeps. To be woken takes longer than to find it. Default: 100
	// microseconds where that has paid of late, by at most half of the processors
	// at once, else not at all. A time of your own is what every reader takes
	// before every sleep, at the price of a processor for each; a negative one
	// means that none looks.
	Poll time.Duration

	Limits Limits
	// Logger gets what nobody is told otherwise. Default: slog.Default().
	Logger *slog.Logger
}

// Client is one side's connection to a server. It is a [Caller] and survives
// the connections it goes through: when one is lost it makes another. It is
// safe for concurrent use.
type Client struct {
	node
	url  string
	opts ClientOptions
	peer *Peer // the server

	inbox    *inbox
	metadata ownMetadata

	mu       sync.Mutex
	state    State
	conn     *conn // of the latest connection; nil before the first
	identity Identity
	failures int   // connections that failed or did not last, in a row
	missing  error // why there is no connection; nil while there is one
	err      error // why the state is Closed; nil after Close
	stop     context.CancelFunc
	ctx      context.Context // ends with Close
	done     chan struct{}   // closed when the state is Closed
	untold   [][2]State      // changes OnState has not been told, from and to
	telling  bool            // somebody is telling it
}

// Dial is [NewClient] and [Client.Connect]: for clients that serve nothing.
func Dial(ctx context.Context, url string, opts *ClientOptions) (*Client, error) {
	c := NewClient(url, opts)
	if err := c.Connect(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// NewClient returns a client for the server at url that is not connected yet,
// so that what it serves can be registered first. opts may be nil.
func NewClient(url string, opts *ClientOptions) *Client {
	c := &Client{url: url, done: make(chan struct{})}
	if opts != nil {
		c.opts = *opts
	}
	if c.opts.Identity.Group == "" {
		c.opts.Identity.Group = "client"
	}
	if c.opts.Dialect == nil {
		c.opts.Dialect = wire.CBORv1
	}
	if len(c.opts.Dialects) == 0 {
		c.opts.Dialects = []wire.Dialect{c.opts.Dialect}
	}
	c.node.init(c.opts.Limits, c.opts.Logger, c.opts.Interceptors)
	c.onPacket = c.opts.OnPacket
	c.sendLimit = newSendLimit(c.opts.SendLimit)
	c.inbox = &inbox{far: &requests{wanted: map[interest]int{}}}
	c.inbox.init(&c.node)
	c.node.events = c.inbox
	c.metadata.init(c.opts.Metadata)
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.peer = &Peer{id: Identity{Group: "server"}, node: &c.node, find: c.current}
	return c
}

// Identity returns under which identity the server knows the client. Before
// the first connection the name may be empty.
func (c *Client) Identity() Identity {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.identity.Group == "" {
		return c.opts.Identity
	}
	return c.identity
}

// Server returns the peer at the other end, for its latency and addresses.
func (c *Client) Server() *Peer { return c.peer }

// current returns the latest connection, or nil.
func (c *Client) current() *conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn
}

func (c *Client) pick(context.Context) (*conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.state {
	case Ready:
		return c.conn, nil
	case Closed:
		err := notSent(code.Closed, "the client is closed")
		if c.err != nil {
			err = notSent(code.Closed, "the client is closed: %v", c.err).because(c.err)
		}
		return nil, err
	}
	if c.missing != nil {
		return nil, notSent(code.NotConnected, "the client is %v: %v", c.state, c.missing).because(c.missing)
	}
	return nil, notSent(code.NotConnected, "the client is %v", c.state)
}

func (c *Client) target() string { return "" }

func (c *Client) settings() *node { return &c.node }

// String returns the URL and the state.
func (c *Client) String() string { return fmt.Sprintf("%s (%v)", c.url, c.State()) }
