package ipc

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/topic"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// hub is where the events of a server meet those who want them: connections,
// and handlers in the server's own process.
type hub struct {
	inbox   // the server's own subscriptions
	server  *Server
	own     *conn // has no other end: the server's own handlers run as if it had
	refuser *Handler
	slow    topic.Trie[*topic.Policy]
	wrong   error // with the settings

	wanted    sync.RWMutex
	tries     map[string]*topic.Trie[*listener] // by event or interface
	listeners uint64                            // that there have been
}

func newHub(s *Server) *hub {
	h := &hub{server: s, tries: map[string]*topic.Trie[*listener]{}}
	h.inbox.init(&s.node)
	h.own = newOwnConn(&s.node)
	h.refuser = h.publishing()
	for pattern, policy := range s.opts.Slow {
		if err := topic.CheckPattern(pattern); err != nil {
			h.wrong = fmt.Errorf("ipc: server: Slow: %w", err)
			continue
		}
		h.slow.Add(pattern, &policy)
	}
	h.slow.Add(">", new(topic.Policy)) // behind what the options say of >
	return h
}

// policy returns the policy for events of that topic: that of the most specific
// pattern.
func (h *hub) policy(t string) *topic.Policy {
	for policies := range h.slow.Match(t) {
		return policies[0]
	}
	panic("ipc: no policy for " + t)
}

// receive acts on a packet of a client that is about events.
func (h *hub) receive(c *conn, p *wire.Packet) (reader bool) {
	switch {
	case p.Kind == wire.KindUnsubscribe:
		h.unsubscribe(c, interest{p.Route, p.Topic})
		return true
	case p.Kind == wire.KindMissed:
		return true // a client has no subscribers
	case !c.router.foreign(p.ID) || c.running.find(p.ID) != nil:
		c.violated("the id of this " + p.Kind.String() + " is not the sender's to give, or in use")
		return true
	case p.Kind == wire.KindSubscribe:
		if err := h.subscribe(c, interest{strings.Clone(p.Route), p.Topic}); err != nil {
			c.refuse(p.ID, err.Code, err.Message)
			return true
		}
		c.out.post(&wire.Packet{Kind: wire.KindReply, ID: p.ID})
		return true
	}
	return h.ask(c, p)
}

// subscribe notes that the peer of c has an interest. To have it twice is the
// same as once.
func (h *hub) subscribe(c *conn, i interest) *Error {
	if err := h.check(c, i); err != nil {
		return err
	}
	h.wanted.Lock()
	defer h.wanted.Unlock()
	l := c.listener.Load()
	if l == nil {
		h.listeners++
		l = &listener{conn: c, serial: h.listeners, subs: map[interest]*subscribed{}}
		c.listener.Store(l)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch limit := h.server.limits.Subscriptions; {
	case l.subs[i] != nil:
		return nil
	case len(l.subs) >= limit:
		return notSent(code.Overloaded, "there are %d subscriptions already, which is the limit", limit)
	case c.hasEnded(): // drop has been here, or comes now and finds it
		return notSent(code.NotConnected, "the connection has ended")
	}
	trie := h.tries[i.route]
	if trie == nil {
		trie = new(topic.Trie[*listener])
		h.tries[i.route] = trie
	}
	l.subs[i] = &subscribed{trie: trie, entry: trie.Add(i.pattern, l)}
	return nil
}

// check says why the peer of c may not have the interest.
func (h *hub) check(c *conn, i interest) *Error {
	if c.peer.Restricted() {
		return notSent(code.Denied, "events are not for restricted sessions")
	}
	if err := wire.ValidName(i.route); err != nil {
		return notSent(code.BadRequest, "subscribe: %v", err)
	}
	if err := topic.CheckPattern(i.pattern); err != nil {
		return notSent(code.BadRequest, "subscribe: %v", err)
	}
	if may := h.server.opts.MaySubscribe; may != nil && !h.allows("MaySubscribe", may, c.peer, i.route, i.pattern) {
		return notSent(code.Denied, "%v may not subscribe to %s of %s", c.peer.id, i.route, i.pattern)
	}
	return nil
}

// allows asks what the options say. Where that panics it says no.
func (h *hub) allows(option string, may func(*Peer, string, string) bool, p *Peer, event, t string) (allowed bool) {
	if err := guard(func() error { allowed = may(p, event, t); return nil }); err != nil {
		h.node.log.Error("ipc: "+option+" failed", "peer", p.id, "event", event, "topic", t, "error", err)
		return false
	}
	return allowed
}

func (h *hub) unsubscribe(c *conn, i interest) {
	h.wanted.Lock()
	defer h.wanted.Unlock()
	l := c.listener.Load()
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.subs[i]; s != nil {
		h.remove(i, s)
		delete(l.subs, i)
	}
}

// drop forgets a connection that has ended.
func (h *hub) drop(c *conn) {
	l := c.listener.Load()
	if l == nil {
		return
	}
	h.wanted.Lock()
	defer h.wanted.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, s := range l.subs {
		h.remove(i, s)
	}
	clear(l.subs)
}

// remove takes an interest out of its trie. Called with wanted held.
func (h *hub) remove(i interest, s *subscribed) {
	s.trie.Remove(s.entry)
	if s.trie.Len() == 0 {
		delete(h.tries, i.route)
	}
}

// find returns the listeners that want the event, each once.
func (h *hub) find(event, t string) []*listener {
	h.wanted.RLock()
	defer h.wanted.RUnlock()
	var found []*listener
	patterns := 0
	for _, route := range [...]string{event, familyOf(event)} {
		trie := h.tries[route]
		if trie == nil {
			continue
		}
		for listeners := range trie.Match(t) {
			found = append(found, listeners...)
			patterns++
		}
	}
	if patterns > 1 {
		slices.SortFunc(found, func(a, b *listener) int { return cmp.Compare(a.serial, b.serial) })
		found = slices.Compact(found)
	}
	return found
}

// publish sends the event to all who want it and for whom admit holds; nil is
// everybody, this process too. Those whose dialect cannot say it miss it, and
// keep nobody else from hearing it.
func (h *hub) publish(p *publication, admit func(*Peer) bool) error {
	listeners := h.find(p.route.Name, p.topic)
	heard := false
	if admit != nil {
		listeners = slices.DeleteFunc(listeners, func(l *listener) bool { return !admit(l.conn.peer) })
	} else {
		var err error
		if heard, err = h.deliverHere(p); err != nil {
			return err
		}
	}
	packets := h.encode(p, listeners)
	e := late{event: p.route.Name, topic: p.topic}
	var unsaid *Error
	for _, l := range listeners {
		packet := packets.in(l.conn.dialect)
		if packet.err != nil {
			unsaid = packet.err
			l.missed(&e)
			continue
		}
		heard = true
		e.packet = packet.bytes
		l.send(e, h.policy)
	}
	switch {
	case unsaid == nil:
		return nil
	case heard:
		unsaid.outcome = Executed
	}
	return unsaid
}

// packets are one event in the dialects of those who get it. There are few
// dialects.
type packets []packet

type packet struct {
	dialect wire.Dialect
	bytes   []byte
	err     *Error // why the dialect cannot say it
}

func (p packets) in(d wire.Dialect) *packet {
	for i := range p {
		if p[i].dialect == d {
			return &p[i]
		}
	}
	return nil
}

// encode encodes the event once for each dialect that the listeners speak.
func (h *hub) encode(p *publication, listeners []*listener) (all packets) {
	for _, l := range listeners {
		d := l.conn.dialect
		if all.in(d) == nil {
			b, err := p.packet(d, h.server.limits.Message)
			all = append(all, packet{d, b, err})
		}
	}
	return all
}

// deliverHere hands the event to the server's own subscriptions, and reports
// whether there are any.
func (h *hub) deliverHere(p *publication) (heard bool, err error) {
	subs := h.inbox.match(nil, p.route.Name, p.topic)
	if len(subs) == 0 {
		return false, nil
	}
	body, unsaid := p.body(wire.CBOR, nil, h.server.limits.Message)
	if unsaid != nil {
		return false, unsaid
	}
	handled := h.inbox.deliver(nil, h.own, subs, &wire.Packet{Route: p.route.Name, Topic: p.topic, Body: body, Meta: p.meta, Origin: p.origin()})
	for _, s := range handled {
		s.request.Peer = p.from
	}
	if s := h.own.notes.first(h.own, handled...); s != nil {
		go h.own.handleNotes(s)
	}
	return true, nil
}

func (s *Server) publish(_ context.Context, p *publication) error { return s.hub.publish(p, nil) }

func (s *Server) settings() *node { return &s.node }

// publish sends the event to those subscribers that are in the group.
func (g *Group) publish(_ context.Context, p *publication) error {
	h, ok := g.node.events.(*hub)
	if !ok {
		return notSent(code.Unsupported, "%s: only a server can publish to a group", p.route.Name)
	}
	return h.publish(p, g.matches)
}

func (g *Group) settings() *node { return g.node }

// Clients that publish.

// ask has the event that a client sent published, in its turn among the
// notifications and events of that client.
func (h *hub) ask(c *conn, p *wire.Packet) (reader bool) {
	err := cmp.Or(wire.ValidName(p.Route), topic.Check(p.Topic), wire.UnmarshalArgs(c.codec, p.Body, nil, new(struct{})))
	if err != nil {
		c.refuse(p.ID, code.BadRequest, err.Error())
		return true
	}
	s := c.newServing(h.refuser, p)
	f := s.frame.(*asked)
	f.event = Route{Name: strings.Clone(p.Route), Kind: KindNotify}
	s.request.Route, s.request.Topic = &f.event, p.Topic
	return c.notify(s)
}

// asked is an event that a client has sent, while it is being published.
type asked struct {
	serving
	event     Route
	body      wire.Raw
	published bool // and not only refused
}

// publishing returns the handler of events that clients send.
func (h *hub) publishing() *Handler {
	return &Handler{
		route: &Route{Name: "event", Kind: KindNotify},
		newFrame: func() *serving {
			f := new(asked)
			f.frame = f
			return &f.serving
		},
		serve: func(s *serving) { h.publishFor(s, s.frame.(*asked)) },
	}
}

// publishFor publishes what a client has sent, if the client may, inside the
// interceptors.
func (h *hub) publishFor(s *serving, f *asked) {
	if !s.plain() && s.from != nil {
		s.own() // interceptors may keep it
	}
	f.body = wire.Raw{Codec: s.conn.codec, Bytes: s.body}
	s.request.Args = &f.body
	p := &publication{route: &f.event, topic: s.request.Topic, meta: s.request.Meta, from: s.conn.peer, append: func(c wire.Codec, b []byte) ([]byte, error) {
		there, err := f.body.In(c)
		return append(b, there.Bytes...), err
	}}
	err := s.intercepted(nil, func(context.Context) error {
		if err := h.mayPublish(p); err != nil {
			return err
		}
		err := h.publish(p, nil)
		f.published = err == nil
		return err
	})
	switch e := asError(err); {
	case err == nil:
		s.answer(&wire.Packet{Kind: wire.KindReply})
	case f.published || e == nil:
		s.fail(nil, err)
	case s.claim():
		s.conn.out.post(&wire.Packet{Kind: wire.KindError, ID: s.id, Code: string(e.Code), Message: cut(e.Message, maxErrorText), RetryAfter: max(0, e.RetryAfter), Ran: e.outcome == Executed})
	}
}

// mayPublish says why the client may not publish the event.
func (h *hub) mayPublish(p *publication) error {
	if p.from.Restricted() {
		return notSent(code.Denied, "events are not for restricted sessions")
	}
	may := h.server.opts.MayPublish
	if may == nil || !h.allows("MayPublish", may, p.from, p.route.Name, p.topic) {
		return notSent(code.Denied, "%v may not publish %s to %s", p.from.id, p.route.Name, p.topic)
	}
	return nil
}

// newOwnConn returns what stands in for a connection where a server handles its
// own events.
func newOwnConn(n *node) *conn {
	c := &conn{
		node: n, peer: &Peer{id: Identity{Group: "server"}, node: n, find: func() *conn { return nil }, session: &session{}},
		name: "own", message: newBuffer(1), traits: ours, codec: wire.CBOR, log: n.log, born: time.Now(), done: make(chan struct{}),
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.baton = newBaton(func() {})
	c.running.init(n)
	c.gripes.init(n.log)
	return c
}

// stop ends the handling of events in this process: it waits for it until ctx
// ends.
func (h *hub) stop(ctx context.Context) {
	select {
	case <-h.own.notes.none():
	case <-ctx.Done():
	}
	h.own.notes.discard()
	h.own.cancel(errShutdown)
	h.inbox.end(notSent(code.Closed, "the server has been shut down"))
}
