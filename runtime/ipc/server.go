package ipc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/topic"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// ServerOptions are the settings of a [Server]. Nil and zero fields mean the
// defaults.
type ServerOptions struct {
	// Secret that clients must know. It does not travel: both sides prove
	// that they know it. It should be random and of at least 16 bytes.
	Secret []byte
	// Keys, if set, returns further secrets that the client of that identity
	// may use, several at once for rotation; none if it is not known.
	Keys func(Identity) [][]byte
	// Authenticate, if set, decides on clients that do not use a secret:
	// by their token, their certificate, their user or their HTTP request.
	// Its error refuses the client, who is not told the text, and stays away
	// for good unless the error says otherwise, as that of OnJoin. It is called
	// on many goroutines; ctx ends with the time the handshake may take.
	Authenticate func(ctx context.Context, a *Attempt) error
	// Override is the key with which a client takes its identity from who
	// has it, whose connection is closed for good. Default: nobody can.
	Override []byte
	// Restricted also lets clients in that offer no credentials, to restricted
	// sessions: they are served public routes only, have an identity that the
	// server gives them in the group "restricted", and belong to no group that
	// is called. Wrong credentials are refused as ever. Where Authenticate is
	// set it decides, by Attempt.Restricted. See [Peer.Restricted].
	Restricted bool
	// Insecure serves anybody where none of Secret, Keys and Authenticate is
	// set. Without it only Unix sockets, for the same user, stdio and memory
	// are served so. It also lets clients of dialects that send their secret
	// as it is do so where others can read it.
	Insecure bool

	// TLS configures tls:// and wss:// listeners.
	TLS *tls.Config
	// Hosts and Origins are the exact Host and Origin headers accepted on
	// WebSockets. Default: see [transport.Options].
	Hosts, Origins []string

	// Dialects that are spoken, best first. Default: wire.CBORv1 and
	// wire.JSONv1.
	Dialects []wire.Dialect

	// Interceptors wrap what comes in and goes out, the first one outermost.
	Interceptors []Interceptor

	// Relay, if set, decides whether the server passes a call, a notification
	// or a stream of one peer on to another: its error refuses it, and tells
	// from why; the call was not executed. The route is called as from has
	// called it, perhaps by an alias: say what is allowed, not what is
	// refused. With an empty route Relay is asked whether from may know of to,
	// which is what [Client.Discover] and [Client.Watch] show. Default: nothing
	// is passed on and nobody is shown. It is called on many goroutines and
	// must not wait: what from sends is not read meanwhile. What is passed on
	// is not served here: interceptors, conditions and limits are those of the
	// two ends.
	Relay func(from, to *Peer, route string) error

	// OnJoin is called when a peer has identified, before anything it sends
	// is read. Its error refuses the peer, who is told the text and stays away
	// for good; with code.Overloaded or code.RateLimited, as errors.Is finds
	// them, it may come back, and does so by itself if it was there before, but
	// not before the RetryAfter of an [Error]. The peer hears nothing before
	// OnJoin returns, so to call it start a goroutine, with a context of its own:
	// ctx ends when OnJoin has returned, when the time of the handshake is up,
	// which is Limits.Identify in all, or when the server closes. In the last two
	// cases the connection is closed, whatever OnJoin returns.
	OnJoin func(ctx context.Context, p *Peer) error
	// OnLeave is called once for every peer that joined, with the reason why
	// its connection ended. The same identity does not join again before it
	// has returned.
	OnLeave func(p *Peer, cause error)
	// OnChange is called when the metadata of a peer that has joined has
	// changed, which p.Metadata() returns, with what it was before. Changes
	// of one peer may be told at the same time.
	OnChange func(p *Peer, was query.Metadata)

	// MayPublish decides which clients may publish which events to which
	// topics. The event is named as in RoomEvents.Posted. It is asked inside the
	// interceptors. What a client publishes belongs to the topic it names:
	// subscribers ignore an event whose parameters say otherwise. Default: none.
	MayPublish func(p *Peer, event, topic string) bool
	// MaySubscribe decides which clients may subscribe to which events of
	// topics that match pattern. The event is named as in RoomEvents.Posted, or
	// RoomEvents for all of them. Whether a pattern reaches what is private
	// [topic.Overlap] says: room.* does, where room.staff is. It must not wait.
	// Default: everybody.
	MaySubscribe func(p *Peer, event, pattern string) bool
	// Slow says what happens to events that a subscriber does not take as fast
	// as they come, by patterns of topics: the most specific one counts.
	// Default: the oldest of 256 is dropped.
	Slow map[string]topic.Policy

	// Poll is for how long a reader looks again and again for the next message
	// before it sleeps. To be woken takes longer than to find it. Default: 100
	// microseconds where that has paid of late, by at most half of the processors
	// at once, else not at all. A time of your own is what every reader takes
	// before every sleep, at the price of a processor for each; a negative one
	// means that none looks.
	Poll time.Duration

	// OnPacket, if set, is shown every packet that a peer sends, before anything
	// is done about it and whether it means anything or not; those of the
	// handshake excepted. It is called by the reader of the connection, one
	// packet after the other, and must not wait. The packet is neither to be
	// changed nor kept. For requests alone, Interceptors are the better place.
	OnPacket func(p *Peer, packet *wire.Packet)

	Limits Limits
	// Logger gets what nobody is told otherwise. Default: slog.Default().
	Logger *slog.Logger
}

// Server accepts connections, serves routes to the peers at their other ends
// and calls those. It is an http.Handler that upgrades requests to WebSockets,
// and safe for concurrent use.
type Server struct {
	node
	opts     ServerOptions
	lobby    lobby
	throttle throttle
	gripes   complaints // about strangers
	hub      *hub

	directory directory
	targets   targets
	turnstile turnstile

	ctx    context.Context // of handshakes; ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup // handshakes

	mu        sync.Mutex
	conns     map[Identity]*conn
	claims    map[Identity]chan struct{} // identities that are being decided on
	listeners map[transport.Listener]struct{}
	closing   bool // no connection is accepted any more
}

// NewServer returns a server that serves nothing yet. opts may be nil.
func NewServer(opts *ServerOptions) *Server {
	s := &Server{conns: map[Identity]*conn{}, claims: map[Identity]chan struct{}{}, listeners: map[transport.Listener]struct{}{}}
	if opts != nil {
		s.opts = *opts
	}
	if len(s.opts.Dialects) == 0 {
		s.opts.Dialects = []wire.Dialect{wire.CBORv1, wire.JSONv1}
	}
	s.node.init(s.opts.Limits, s.opts.Logger, s.opts.Interceptors)
	s.onPacket = s.opts.OnPacket
	s.hub = newHub(s)
	s.node.events = s.hub
	s.lobby.init(s.limits.Unidentified)
	s.gripes.init(s.log)
	s.directory.init(s)
	s.serveOwn()
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// ListenAndServe listens on url and serves what connects until ctx ends, and
// then shuts down as [Server.Shutdown] does. It returns nil after an orderly
// end. The schemes are those of package transport.
func (s *Server) ListenAndServe(ctx context.Context, url string) error {
	l, err := s.Listen(ctx, url)
	if err != nil {
		return err
	}
	return s.Serve(ctx, l)
}

// Listen listens on url with the server's settings, for [Server.Serve]. From
// then on clients can dial the listener's URL, which names the port it got.
func (s *Server) Listen(ctx context.Context, url string) (transport.Listener, error) {
	if err := transport.CheckURL(url); err != nil { // first: who mends it may need no secret
		return nil, err
	}
	scheme, _, _ := strings.Cut(url, ":")
	if err := s.checkOpen(scheme); err != nil {
		return nil, err
	}
	return transport.Listen(ctx, url, s.transportOptions())
}

// Serve serves what l accepts until ctx ends, and then shuts down. It closes l.
// A server that has been shut down serves no more: the error is code.Closed.
func (s *Server) Serve(ctx context.Context, l transport.Listener) error {
	defer l.Close()
	scheme, _, _ := strings.Cut(l.URL(), ":")
	if err := s.checkOpen(scheme); err != nil {
		return err
	}
	if !s.addListener(l) {
		return notSent(code.Closed, "the server has been shut down")
	}
	defer s.removeListener(l)
	down := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { down <- s.Shutdown(context.WithoutCancel(ctx)) })
	err := s.acceptAll(l, scheme == "stdio")
	if !stop() {
		return errors.Join(err, <-down)
	}
	return err
}

// acceptAll accepts until the listener is closed. Of once it accepts one and
// waits for its end.
func (s *Server) acceptAll(l transport.Listener, once bool) error {
	for {
		tc, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return fmt.Errorf("ipc: serve %s: %w", l.URL(), err)
		}
		ended := s.admit(tc)
		if once {
			<-ended
			return nil
		}
	}
}

// ServeHTTP upgrades the request to a WebSocket and serves it; the server's
// Shutdown and Close end it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.checkOpen("ws"); err != nil {
		s.log.Error("ipc: request refused", "error", err)
		http.Error(w, "this server is not configured to accept connections", http.StatusInternalServerError)
		return
	}
	tc, err := transport.Upgrade(w, r, s.transportOptions())
	if err != nil {
		s.log.Debug("ipc: upgrade refused", "remote", r.RemoteAddr, "error", err)
		return
	}
	s.admit(tc)
}

func (s *Server) transportOptions() *transport.Options {
	o := dialectOptions(s.opts.Dialects)
	o.Poll = s.opts.Poll
	o.MaxMessage = s.limits.Message + slack
	o.TLS, o.Hosts, o.Origins, o.Log = s.opts.TLS, s.opts.Hosts, s.opts.Origins, s.log
	o.Admit = func(net.Addr) error { return s.full() }
	return o
}

// dialectOptions are the transport options by which the dialects are chosen.
func dialectOptions(dialects []wire.Dialect) *transport.Options {
	o := &transport.Options{WriteTimeout: slowness}
	for _, d := range dialects {
		o.Subprotocols = append(o.Subprotocols, d.Name())
		if f, ok := d.(wire.Foreign); ok && f.Traits().Unnamed {
			o.Unnamed = d.Name()
		}
	}
	o.Text = func(name string) bool { return dialectOf(dialects, name).Text() }
	return o
}

// dialectOf returns the dialect that was agreed on.
func dialectOf(dialects []wire.Dialect, name string) wire.Dialect {
	i := slices.IndexFunc(dialects, func(d wire.Dialect) bool { return d.Name() == name })
	return dialects[max(i, 0)]
}

// full says why no more connections are accepted, or nil.
func (s *Server) full() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		return errors.New("shutting down")
	case len(s.conns) >= s.limits.Connections:
		return errors.New("too many connections")
	}
	return nil
}

// conn returns the connection of id, or nil.
func (s *Server) conn(id Identity) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[id]
}

// Peer returns the peer of that identity, whether it is connected or not.
func (s *Server) Peer(id Identity) *Peer {
	return &Peer{id: id, node: &s.node, find: func() *conn { return s.conn(id) }}
}

// Peers returns who is connected now, in the order of their identities: also
// peers in restricted sessions, and those that OnJoin is being asked about, which
// no group has.
func (s *Server) Peers() []*Peer {
	var peers []*Peer
	for _, c := range s.all() {
		peers = append(peers, c.peer)
	}
	slices.SortFunc(peers, func(a, b *Peer) int { return a.id.compare(b.id) })
	return peers
}

// PeerByAddr returns the peer whose connection comes from that address, as
// [transport.Info] has it, and reports whether there is exactly one: addresses
// on Unix sockets and in memory say nothing.
func (s *Server) PeerByAddr(addr string) (*Peer, bool) {
	var found *Peer
	for _, c := range s.all() {
		if remote := c.transport.Info().Remote; remote != nil && remote.String() == addr {
			if found != nil {
				return nil, false
			}
			found = c.peer
		}
	}
	return found, found != nil
}

// All returns the group of the peers that match q; nil is everybody. Peers in
// restricted sessions are in no group: one calls them one by one.
func (s *Server) All(q *query.Query) *Group {
	return &Group{
		node:  &s.node,
		find:  func(context.Context) ([]*Peer, error) { return s.directory.peers(q), checkQuery(q) },
		watch: func(ctx context.Context) iter.Seq2[Change, error] { return s.watch(ctx, q) },
		match: func(p *Peer) bool { return s.directory.matches(p, q) },
	}
}

// Group returns the peers whose identity has that group.
func (s *Server) Group(name string) *Group {
	return s.All(query.GroupField.Eq(name))
}

// all returns the connections there are.
func (s *Server) all() (conns []*conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		conns = append(conns, c)
	}
	return conns
}

func (s *Server) addListener(l transport.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.listeners[l] = struct{}{}
	return true
}

func (s *Server) removeListener(l transport.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}
