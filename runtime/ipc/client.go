package ipc

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
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

// State is where a [Client] stands.
type State uint8

// The states of a client.
const (
	Idle       State = iota // not connected yet
	Connecting              // dialing or identifying, at first or again
	Ready                   // connected and identified
	Waiting                 // lost the connection, about to try again
	Closed                  // for good: see Err
)

// String returns the state in words.
func (s State) String() string {
	return [...]string{"idle", "connecting", "ready", "waiting", "closed"}[s]
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

// errConnected is what a second Connect returns.
var errConnected = errors.New("ipc: connect: the client is connected, or about to be")

// Connect connects and identifies. ctx bounds that only: the connection lives
// until Close. If it fails the client is idle as before and may try again.
// From then on the client reconnects by itself.
func (c *Client) Connect(ctx context.Context) error {
	if err := cmp.Or(c.opts.Identity.validate(), c.metadata.wrong); err != nil {
		return err
	}
	if !c.changeFrom(Idle, Connecting, nil, nil) {
		return c.notIdle()
	}
	conn, err := c.connect(ctx)
	if err != nil {
		c.change(Idle, nil, nil)
		return err
	}
	if !c.ready(conn) {
		return notSent(code.Closed, "the client was closed")
	}
	return nil
}

// notIdle says why Connect does nothing.
func (c *Client) notIdle() error {
	if c.State() == Closed {
		return notSent(code.Closed, "the client was closed")
	}
	return errConnected
}

// attempt makes a connection and identifies.
func (c *Client) attempt(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.limits.Identify)
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()
	tc, err := c.dial(ctx)
	if err != nil {
		return nil, notSent(code.NotConnected, "connect to %s: %v", c.url, err).because(err)
	}
	tc.Limit(maxIdentify)
	tc, d := speak(tc, dialectOf(c.opts.Dialects, tc.Subprotocol()), true)
	stop := context.AfterFunc(ctx, func() { tc.Close(statusGone, "") })
	say := c.metadata.snapshot()
	w, err := c.identify(tc, d, say)
	if err == nil && !stop() {
		err = ctx.Err()
	}
	if err != nil {
		stop()
		turnAway(tc, nil, err)
		return nil, c.connectError(ctx, err)
	}
	conn := newConn(&c.node, tc, d, true)
	conn.name, conn.client, conn.said = w.Conn, c, say.Seq
	conn.peer = c.peer.bind(&session{bucket: c.peer.id.String(), conn: w.Conn})
	conn.onEnd = func(error) { c.lost(conn) }
	c.mu.Lock()
	c.identity = Identity{w.Group, w.Name}
	c.conn = conn // already now: its handlers may call back
	c.mu.Unlock()
	conn.start(time.Duration(w.Heartbeat)*time.Millisecond, time.Duration(w.Silence)*time.Millisecond)
	if err := c.inbox.replay(ctx, conn); err != nil {
		conn.end(statusGone, "the subscriptions could not be told")
		return nil, c.connectError(ctx, err)
	}
	return conn, nil
}

// connectError says why the client could not identify.
func (c *Client) connectError(ctx context.Context, err error) error {
	switch {
	case c.ctx.Err() != nil:
		return notSent(code.Closed, "the client was closed")
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return notSent(code.NotConnected, "connect to %s: no answer in time", c.url).because(ctx.Err())
	case ctx.Err() != nil:
		return notSent(code.NotConnected, "connect to %s: given up", c.url).because(ctx.Err())
	}
	err = handshakeError(err)
	var end *closed
	if errors.As(err, &end) {
		e := notSent(end.code(), "connect to %s: %s", c.url, end.text())
		e.RetryAfter = end.retryAfter
		return e.because(err)
	}
	return notSent(code.NotConnected, "connect to %s: %v", c.url, err).because(err)
}

func (c *Client) dial(ctx context.Context) (tc transport.Conn, err error) {
	o := dialectOptions(c.opts.Dialects)
	o.Poll = c.opts.Poll
	o.MaxMessage = c.limits.Message + slack
	o.TLS, o.Header, o.Log = c.opts.TLS, c.opts.Header, c.log
	dial := c.opts.Dial
	if dial == nil {
		dial = func(ctx context.Context, o *transport.Options) (transport.Conn, error) {
			return transport.Dial(ctx, c.url, o)
		}
	}
	err = guard(func() (err error) { // also against what TLS asks the application
		tc, err = dial(ctx, o)
		return err
	})
	if err == nil && tc == nil {
		err = errors.New("Dial has returned neither a connection nor an error")
	}
	return tc, err
}

// ready makes conn the connection that calls use. It reports false, and closes
// conn, if the client was closed meanwhile.
func (c *Client) ready(conn *conn) bool {
	if c.change(Ready, conn, nil) {
		if conn.hasEnded() { // before onEnd found it here
			c.lost(conn)
		}
		c.catchUp(conn.said)
		return true
	}
	conn.end(statusGone, "the client was closed")
	return false
}

// change moves to another state, unless the client is closed.
func (c *Client) change(to State, conn *conn, err error) bool {
	c.mu.Lock()
	if c.state == Closed {
		c.mu.Unlock()
		return false
	}
	c.set(to, conn, err)
	return true
}

// changeFrom moves from the state from, with conn as the latest connection, to
// another, and reports false if the client is not in that state.
func (c *Client) changeFrom(from, to State, conn *conn, err error) bool {
	c.mu.Lock()
	if c.state != from || c.conn != conn {
		c.mu.Unlock()
		return false
	}
	c.set(to, conn, err)
	return true
}

// set is where the state changes, and tells OnState. Called with mu held,
// which it unlocks.
func (c *Client) set(to State, conn *conn, err error) {
	if to != c.state {
		c.untold = append(c.untold, [2]State{c.state, to})
	}
	c.state, c.conn, c.err = to, conn, err
	c.mu.Unlock()
	if to == Closed {
		c.inbox.end(notSent(code.Closed, "the client is closed"))
		c.stop()
		close(c.done)
	}
	c.tell()
}

// tell tells OnState what it has not been told. Changes that OnState makes
// itself, or that come meanwhile, are told by who is telling already.
func (c *Client) tell() {
	c.mu.Lock()
	if c.telling {
		c.mu.Unlock()
		return
	}
	c.telling = true
	for len(c.untold) > 0 {
		change := c.untold[0]
		c.untold = c.untold[1:]
		if c.opts.OnState == nil {
			continue
		}
		c.mu.Unlock()
		if err := guard(func() error { c.opts.OnState(change[0], change[1]); return nil }); err != nil {
			c.log.Error("ipc: OnState failed", "url", c.url, "error", err)
		}
		c.mu.Lock()
	}
	c.telling = false
	c.mu.Unlock()
}

// Close closes the connection, tells the server, and ends the client for good.
// It does not wait for an attempt to reconnect that is under way, which ends at once.
// Calls under way have an unknown outcome. It may be called more than once.
func (c *Client) Close() error {
	c.close(nil)
	if conn := c.current(); conn != nil {
		conn.end(statusGone, "the client was closed")
	}
	return nil
}

// close ends the client for good, because of err.
func (c *Client) close(err error) {
	c.mu.Lock()
	if c.state == Closed {
		c.mu.Unlock()
		return
	}
	c.set(Closed, c.conn, err)
}

// Done returns a channel that is closed when the client is closed for good: by
// Close, or because the server turned it away.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err returns why the client is closed: nil while it is not, and after Close.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// State returns where the client stands now.
func (c *Client) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
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
