package ipc

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/topic"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Subscription is an interest in events, kept until it is closed. It is safe
// for concurrent use.
type Subscription struct {
	inbox    *inbox
	interest interest
	handlers map[string]*Handler // by event; nil for a mailbox
	mailbox  *mailbox
	missed   atomic.Int64 // events, since the handler was told
	early    atomic.Bool  // not in force yet: what comes was published before
	done     chan struct{}

	// Guarded by inbox.mu.
	entry *topic.Entry[*Subscription] // nil: it is over
	err   error                       // why
}

// Close ends the subscription. Events that have arrived already may still be
// handled. It may be called more than once.
func (s *Subscription) Close() { s.inbox.remove(s, nil) }

// Done returns a channel that is closed when the subscription is over: by
// Close, with its client or server, or because the server refuses it to a client
// that has connected anew.
func (s *Subscription) Done() <-chan struct{} { return s.done }

// Err returns why the subscription is over: nil while it is not, and after
// Close.
func (s *Subscription) Err() error {
	s.inbox.mu.RLock()
	defer s.inbox.mu.RUnlock()
	return s.err
}

// String returns what is subscribed to.
func (s *Subscription) String() string { return s.interest.route + " of " + s.interest.pattern }

// miss counts events that s does not get.
func (s *Subscription) miss(n int) {
	if s.mailbox != nil {
		s.mailbox.miss(n)
		return
	}
	s.missed.Add(int64(n))
}

// inbox holds the subscriptions of one side: it finds those that want an event.
type inbox struct {
	node *node
	far  *requests // tells the server; nil on the server

	mu    sync.RWMutex
	subs  map[string]*topic.Trie[*Subscription] // by event or interface
	ended error                                 // why there will be no more events
}

func (in *inbox) init(n *node) {
	in.node, in.subs = n, map[string]*topic.Trie[*Subscription]{}
}

// newSubscription returns a subscription of handlers that is not in force.
func (in *inbox) newSubscription(pattern string, handlers []*Handler) (*Subscription, error) {
	if err := topic.CheckPattern(pattern); err != nil {
		return nil, notSent(code.BadRequest, "subscribe: %v", err)
	}
	if len(handlers) == 0 {
		return nil, notSent(code.BadRequest, "subscribe: no handlers")
	}
	s := &Subscription{inbox: in, handlers: map[string]*Handler{}, done: make(chan struct{})}
	for _, h := range handlers {
		name := h.route.Name
		switch {
		case h.topics == "":
			return nil, notSent(code.BadRequest, "subscribe: %s is no event", name)
		case familyOf(name) != familyOf(handlers[0].route.Name):
			return nil, notSent(code.BadRequest, "subscribe: %s and %s are not of one interface: subscribe twice", handlers[0].route.Name, name)
		case s.handlers[name] != nil:
			return nil, notSent(code.BadRequest, "subscribe: %s has two handlers", name)
		case !topic.Overlap(pattern, h.topics):
			return nil, notSent(code.BadRequest, "subscribe: no topic of %s can match %q: they are all like %q", name, pattern, h.topics)
		}
		s.handlers[name] = h
	}
	s.interest = interest{handlers[0].route.Name, pattern}
	if len(handlers) > 1 {
		s.interest.route = familyOf(s.interest.route)
	}
	return s, nil
}

// add puts s in force on this side.
func (in *inbox) add(s *Subscription) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.ended != nil {
		return in.ended
	}
	trie := in.subs[s.interest.route]
	if trie == nil {
		trie = new(topic.Trie[*Subscription])
		in.subs[s.interest.route] = trie
	}
	s.entry = trie.Add(s.interest.pattern, s)
	return nil
}

// remove takes s out, and tells the server.
func (in *inbox) remove(s *Subscription, why error) {
	in.mu.Lock()
	entry := s.entry
	s.entry = nil
	if trie := in.subs[s.interest.route]; entry != nil {
		s.err = why
		close(s.done)
		trie.Remove(entry)
		if trie.Len() == 0 {
			delete(in.subs, s.interest.route)
		}
	}
	in.mu.Unlock()
	if entry != nil && in.far != nil {
		in.far.drop(s.interest)
	}
}

// match adds the subscriptions that want an event to found.
func (in *inbox) match(found []*Subscription, event, t string) []*Subscription {
	in.mu.RLock()
	defer in.mu.RUnlock()
	for _, route := range [...]string{event, familyOf(event)} {
		if trie := in.subs[route]; trie != nil {
			for subs := range trie.Match(t) {
				found = append(found, subs...)
			}
		}
	}
	return found
}

// of returns the subscriptions with exactly that interest, or of anything if i
// is nil.
func (in *inbox) of(i *interest) (found []*Subscription) {
	in.mu.RLock()
	defer in.mu.RUnlock()
	for route, trie := range in.subs {
		if i != nil && route != i.route {
			continue
		}
		for s := range trie.All() {
			if i == nil || s.interest == *i {
				found = append(found, s)
			}
		}
	}
	return found
}

// end ends all subscriptions, for good.
func (in *inbox) end(err error) {
	in.mu.Lock()
	if in.ended == nil {
		in.ended = err
	}
	in.mu.Unlock()
	if in.far != nil {
		in.far.forget()
	}
	for _, s := range in.of(nil) {
		in.remove(s, err)
		if s.mailbox != nil {
			s.mailbox.end(err)
		}
	}
}

// deliver hands the event p to subs: to mailboxes at once, and adds to handled
// what is to be handled in its turn.
func (in *inbox) deliver(handled []*serving, c *conn, subs []*Subscription, p *wire.Packet) []*serving {
	for _, sub := range subs {
		if sub.early.Load() {
			continue
		}
		if sub.mailbox != nil {
			sub.mailbox.put(mail{codec: c.codec, claimed: claimOf(p), body: p.Body})
			continue
		}
		h := sub.handlers[p.Route]
		if h == nil {
			continue // an event that is newer than the interface here
		}
		s := c.newServing(h, p)
		d := deliveryOf(s)
		d.sub, d.codec, d.claimed = sub, c.codec, claimOf(p)
		s.request.Topic = p.Topic
		handled = append(handled, s)
	}
	return handled
}

// Subscribe subscribes on the server itself, as [Registrar] says: the handlers
// get the events that the server publishes and, where they may, its clients.
// They run one at a time; the request's Peer is the client that published the
// event, or nil.
func (s *Server) Subscribe(_ context.Context, pattern string, handlers ...*Handler) (*Subscription, error) {
	sub, err := s.hub.newSubscription(pattern, handlers)
	if err == nil {
		err = s.hub.add(sub)
	}
	if err != nil {
		return nil, err
	}
	return sub, nil
}

// Subscribe subscribes, as [Registrar] says, and waits until the server has
// noted it, if there is a connection; otherwise the client tells the server
// when there is one, before it is ready. The subscription outlives connections:
// what is published while there is none is not delivered.
//
// The server refuses more than 128 interests, and may refuse any.
func (c *Client) Subscribe(ctx context.Context, pattern string, handlers ...*Handler) (*Subscription, error) {
	sub, err := c.inbox.newSubscription(pattern, handlers)
	if err == nil {
		err = c.inbox.subscribe(ctx, sub)
	}
	if err != nil {
		return nil, err
	}
	return sub, nil
}

// Registrars can be watched, too.
func (s *Server) box() *inbox { return &s.hub.inbox }
func (c *Client) box() *inbox { return c.inbox }

// receive acts on a packet of the server that is about events.
func (in *inbox) receive(c *conn, p *wire.Packet) (reader bool) {
	switch {
	case p.Kind == wire.KindEvent && p.ID == 0:
		c.wanted = in.match(c.wanted[:0], p.Route, p.Topic)
		c.due = in.deliver(c.due[:0], c, c.wanted, p)
		clear(c.wanted)
		return c.notify(c.due...)
	case p.Kind == wire.KindMissed:
		for _, s := range in.of(&interest{strings.Clone(p.Route), p.Topic}) {
			if !s.early.Load() {
				s.miss(int(min(p.Missed, 1<<31-1)))
			}
		}
	case p.ID != 0 && c.router.foreign(p.ID):
		c.refuse(p.ID, code.Unsupported, "a client has no subscribers")
	}
	return true
}

// subscribe puts s in force here and at the server. Events may be on their way
// for others that want the same: those that arrive before the server's answer
// are not for s.
func (in *inbox) subscribe(ctx context.Context, s *Subscription) error {
	s.early.Store(true)
	defer s.early.Store(false)
	if err := in.add(s); err != nil {
		return err
	}
	asked := in.far.want(s.interest)
	if asked == nil {
		return nil // told on connecting
	}
	letReadIn(ctx)
	select {
	case <-asked.done:
	case <-ctx.Done():
		in.remove(s, ctx.Err())
		return ended(ctx.Err(), Unknown)
	}
	if err := in.far.refusal(asked); err != nil {
		in.remove(s, err)
		return err
	}
	return nil
}

// requests are what a client wants its server to send. They are kept here, and
// told to every new connection before it is used.
type requests struct {
	mu     sync.Mutex
	wanted map[interest]int // subscriptions
	conn   *conn            // the one that has been told of all
}

// want notes one more subscription of that interest, and returns what is
// settled with the server's answer; nil if there is no connection to ask. The
// server is asked again for what it has granted already: its answer tells what
// was published before from what comes then.
func (r *requests) want(i interest) *pending {
	defer r.push()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted[i]++
	return r.ask(i)
}

// push sends what was queued. It is called without mu: sending may find that
// the connection has ended, and end the client.
func (r *requests) push() {
	r.mu.Lock()
	c := r.conn
	r.mu.Unlock()
	if c != nil {
		c.out.push()
	}
}

// forget says that nobody is to be told any more.
func (r *requests) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conn = nil
}

// drop notes one less.
func (r *requests) drop(i interest) {
	defer r.push()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wanted[i]--; r.wanted[i] > 0 {
		return
	}
	delete(r.wanted, i)
	if r.conn != nil {
		r.conn.out.postLater(&wire.Packet{Kind: wire.KindUnsubscribe, Route: i.route, Topic: i.pattern})
	}
}

// ask asks the server, if it can be. Called with mu held, so that what is asked
// arrives in the order in which it was wanted.
func (r *requests) ask(i interest) *pending {
	if r.conn == nil {
		return nil
	}
	p := newSharedPending()
	p.deadline = time.Now().Add(defaultTimeout)
	if _, err := r.conn.router.add(p); err != nil {
		return nil // this connection is about to end: the next is told
	}
	err := r.conn.out.postLater(&wire.Packet{Kind: wire.KindSubscribe, ID: p.id, Route: i.route, Topic: i.pattern})
	if errors.Is(err, code.Unsupported) {
		r.conn.decline(p, err)
	}
	return p
}

// refusal returns why the server does not send what was asked for. That the
// connection was lost is none: the next is told.
func (r *requests) refusal(asked *pending) error {
	r.mu.Lock()
	c := r.conn
	r.mu.Unlock()
	err := outcomeOf(c, asked)
	if errors.Is(err, code.Lost) || errors.Is(err, code.NotConnected) {
		return nil
	}
	return err
}

// replay tells the new connection of all that is wanted, and waits for the
// answers. What is refused is over: those who wait for it are told.
func (in *inbox) replay(ctx context.Context, c *conn) error {
	asked := in.far.tell(c)
	for i, p := range asked {
		if p == nil {
			return notSent(code.NotConnected, "the connection ended")
		}
		select {
		case <-p.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if p.err != nil {
			return p.err
		}
		if p.failure == nil {
			continue
		}
		err := farError(c.codec, nil, p.failure)
		in.node.log.Error("ipc: subscription refused", "event", i.route, "topic", i.pattern, "error", err)
		for _, s := range in.of(&i) {
			in.remove(s, err)
			if s.mailbox != nil {
				s.mailbox.end(err)
			}
		}
	}
	return nil
}

// tell asks the server at the other end of c for all that is wanted, and from
// now on for what is wanted then.
func (r *requests) tell(c *conn) map[interest]*pending {
	defer r.push()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conn = c
	asked := map[interest]*pending{}
	for i := range r.wanted {
		asked[i] = r.ask(i)
	}
	return asked
}
