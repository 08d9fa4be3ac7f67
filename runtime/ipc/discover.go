package ipc

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/query"
)

// Who is there: inquiry once, or watched. A client asks its server, which shows
// what its relay policy lets it know of.

// Change is what a watcher is told of one peer: it has joined if Was is nil,
// left if Is is nil, and else changed its metadata. To a watcher a peer joins
// that begins to match its query, and one that matches no longer leaves.
type Change struct {
	Peer    *Peer
	Was, Is query.Metadata // not to be changed
	// Present says that the peer was there when watching began.
	Present bool
}

// Watch yields a Change for every peer that matches q, and from then on one
// whenever a peer joins, leaves or changes its metadata, in order for each
// peer. It ends with ctx, whose cause is the last error. A consumer that is slow
// misses no peer and always hears of the latest state, but may hear of several
// changes of a peer as one. The sequence can be ranged more than once.
func (s *Server) Watch(ctx context.Context, q *query.Query) iter.Seq2[Change, error] {
	return tellOfPeers(s.watch(ctx, q))
}

// tellOfPeers leaves out the change of nobody.
func tellOfPeers(changes iter.Seq2[Change, error]) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		for change, err := range changes {
			if (change.Peer != nil || err != nil) && !yield(change, err) {
				return
			}
		}
	}
}

// watch is Watch with a change of nobody behind those that were there.
func (s *Server) watch(ctx context.Context, q *query.Query) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		if err := checkQuery(q); err != nil {
			yield(Change{}, err)
			return
		}
		w := s.directory.watch(q, nil)
		defer s.directory.unwatch(w)
		if c := servingFrom(ctx); c != nil {
			c.letRead()
		}
		for {
			change, err := w.next(ctx)
			if !yield(change, err) || err != nil {
				return
			}
		}
	}
}

// Groups returns the groups of the peers that match q, sorted.
func (s *Server) Groups(q *query.Query) []string { return s.directory.index.Groups(q) }

// watcher is told of peers. What it has not been told yet is only who has
// changed, so that however slow it is it takes little.
type watcher struct {
	directory *directory
	query     *query.Query
	sees      func(*Peer) bool // nil: everybody
	wake      chan struct{}

	// Guarded by directory.mu.
	changed []Identity // in the order in which they changed first
	marked  map[Identity]bool
	present int // of changed, those that were there at first

	listed bool // the consumer's: it knows that they were all

	told map[Identity]*listing // the consumer's: what it knows
}

// watch returns a watcher that has everybody to be told of.
func (d *directory) watch(q *query.Query, sees func(*Peer) bool) *watcher {
	w := &watcher{
		directory: d, query: q, sees: sees, wake: make(chan struct{}, 1),
		marked: map[Identity]bool{}, told: map[Identity]*listing{},
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	w.changed = slices.SortedFunc(maps.Keys(d.listed), Identity.compare)
	for _, id := range w.changed {
		w.marked[id] = true
	}
	w.present = len(w.changed)
	d.watchers[w] = struct{}{}
	return w
}

func (d *directory) unwatch(w *watcher) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.watchers, w)
}

// mark notes that something is new about id. Called with directory.mu held.
func (w *watcher) mark(id Identity) {
	if !w.marked[id] {
		w.marked[id] = true
		w.changed = append(w.changed, id)
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take returns who has changed next and what is known of it now; present says
// that it was there at first. It is not ok if nobody has changed.
func (w *watcher) take() (id Identity, now *listing, present, ok bool) {
	w.directory.mu.Lock()
	defer w.directory.mu.Unlock()
	if len(w.changed) == 0 {
		w.changed = nil
		return id, nil, false, false
	}
	id, w.changed = w.changed[0], w.changed[1:]
	delete(w.marked, id)
	if w.present > 0 {
		w.present--
		present = true
	}
	return id, w.directory.listed[id], present, true
}

// ends reports, once, that everybody who was there at first has been told of.
func (w *watcher) ends() bool {
	if w.listed {
		return false
	}
	w.directory.mu.Lock()
	defer w.directory.mu.Unlock()
	w.listed = w.present == 0
	return w.listed
}

// next waits for the next change. One of nobody says that those who were there
// at first have been told of.
func (w *watcher) next(ctx context.Context) (Change, error) {
	for {
		if w.ends() {
			return Change{}, nil
		}
		id, now, present, ok := w.take()
		if !ok {
			select {
			case <-w.wake:
				continue
			case <-ctx.Done():
				return Change{}, context.Cause(ctx)
			}
		}
		if change, is := w.change(id, now); is {
			change.Present = present
			return change, nil
		}
	}
}

// change returns what is new about id for the consumer, if anything is.
func (w *watcher) change(id Identity, now *listing) (Change, bool) {
	was := w.told[id]
	if now != nil && (!w.query.Match(now.subject()) || w.sees != nil && !w.sees(now.peer)) {
		now = nil
	}
	var change Change
	if was != nil {
		change.Peer, change.Was = was.peer, was.metadata
	}
	if now != nil {
		change.Peer, change.Is = now.peer, now.metadata
		w.told[id] = now
	} else {
		delete(w.told, id)
	}
	return change, was != now
}

// Between client and server.

// inquiry is what a client wants to see: once, or from now on.
type inquiry struct {
	Query string `json:"query,omitempty"` // empty: everybody
	Once  bool   `json:"once,omitempty"`
	Self  bool   `json:"self,omitempty"` // the client itself, too
}

// shown is what it is shown of one peer. Without metadata the peer has left.
// Without a peer it says that those who were there have been shown.
type shown struct {
	Peer     string         `json:"peer,omitempty"`
	Metadata map[string]any `json:"metadata"`
	Present  bool           `json:"present,omitempty"`
}

// wanted asks for one peer.
type wanted struct {
	Target string `json:"target"`
}

var (
	discovery = &Method[inquiry, shown]{Route: &Route{Name: ownPrefix + "peers", Kind: KindStream}}
	picking   = &Method[wanted, string]{Route: &Route{Name: ownPrefix + "pick"}}
)

// serveOwn registers what every server serves.
func (s *Server) serveOwn() {
	s.routes.add([]*Handler{
		announcement.Handle(s.handleAnnouncement),
		discovery.HandleStream(s.handleDiscovery),
		picking.Handle(s.handlePicking),
	})
}

// handleDiscovery shows a client the other peers, as far as it may know of them.
func (s *Server) handleDiscovery(ctx context.Context, a *inquiry) iter.Seq2[shown, error] {
	return func(yield func(shown, error) bool) {
		var q *query.Query
		var err error
		if s.opts.Relay == nil {
			yield(shown{}, Errorf(code.Denied, "this server shows nobody"))
			return
		}
		if a.Query != "" {
			if q, err = query.Parse(a.Query); err != nil {
				yield(shown{}, Errorf(code.BadRequest, "%v", err))
				return
			}
		}
		from := servingFrom(ctx).conn.peer
		w := s.directory.watch(q, func(p *Peer) bool { return (a.Self || p.id != from.id) && s.mayRelay(from, p, "") == nil })
		defer s.directory.unwatch(w)
		s.show(ctx, w, a.Once, yield)
	}
}

// show yields what w is told, or if once only who was there.
func (s *Server) show(ctx context.Context, w *watcher, once bool, yield func(shown, error) bool) {
	for {
		change, err := w.next(ctx)
		if err != nil {
			yield(shown{}, err)
			return
		}
		if change.Peer == nil && once {
			return
		}
		if !yield(change.shown(), nil) {
			return
		}
	}
}

// shown returns what a client is shown of c.
func (c *Change) shown() (item shown) {
	if c.Peer != nil {
		item.Peer, item.Present = c.Peer.id.String(), c.Present
	}
	if c.Is != nil {
		item.Metadata = c.Is.Wire()
	}
	return item
}

// handlePicking returns the peer that a call with this target would go to.
func (s *Server) handlePicking(ctx context.Context, a *wanted) (string, error) {
	c, err := s.aim(servingFrom(ctx).conn, a.Target, "")
	if e := asError(err); e != nil {
		return "", Errorf(e.Code, "%s", e.Message)
	}
	return c.peer.id.String(), nil
}

// pickFar asks the server whom it would choose.
func (c *Client) pickFar(ctx context.Context, s *Selection) (*Peer, error) {
	if s.err != nil {
		return nil, s.err
	}
	name, err := picking.Call(ctx, c, &wanted{s.text})
	if err != nil {
		return nil, err
	}
	id, err := ParseIdentity(name)
	if err != nil {
		return nil, &Error{Code: code.BadReply, Message: err.Error(), outcome: Executed, made: true}
	}
	return c.Peer(id), nil
}

// Discover returns the other peers of the server that match q, in the order of
// their identities, with all the metadata they have now, be it their own or the
// server's. It shows those that the server lets the client know of; a server without [ServerOptions.Relay] refuses
// with code.Denied.
func (c *Client) Discover(ctx context.Context, q *query.Query) ([]*Peer, error) {
	return c.discover(ctx, q, false)
}

// discover is Discover, with the client itself if self is set.
func (c *Client) discover(ctx context.Context, q *query.Query, self bool) ([]*Peer, error) {
	var peers []*Peer
	for change, err := range tellOfPeers(c.watch(ctx, q, inquiry{Once: true, Self: self})) {
		if err != nil {
			return nil, err
		}
		peers = append(peers, change.Peer)
	}
	slices.SortFunc(peers, func(a, b *Peer) int { return a.id.compare(b.id) })
	return peers, nil
}

// Groups returns the groups of the peers that Discover would return, sorted.
func (c *Client) Groups(ctx context.Context, q *query.Query) ([]string, error) {
	peers, err := c.Discover(ctx, q)
	var names []string
	for _, p := range peers {
		names = append(names, p.id.Group)
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

// Watch yields a Change for every peer that Discover would return, and from
// then on for those that join, leave or change, as [Server.Watch] does. It ends
// with an error when the connection is lost: range it again for a fresh start.
func (c *Client) Watch(ctx context.Context, q *query.Query) iter.Seq2[Change, error] {
	return tellOfPeers(c.watch(ctx, q, inquiry{}))
}

// All returns the group of the other peers that match q, as Discover finds them
// for every call. The calls go through the server, as those of [Client.Peer].
// [Group.WithSelf] adds the client itself.
func (c *Client) All(q *query.Query) *Group { return c.group(q, false) }

// group is All, with the client itself if self is set.
func (c *Client) group(q *query.Query, self bool) *Group {
	return &Group{
		node:  &c.node,
		find:  func(ctx context.Context) ([]*Peer, error) { return c.discover(ctx, q, self) },
		watch: func(ctx context.Context) iter.Seq2[Change, error] { return c.watch(ctx, q, inquiry{Self: self}) },
		whole: func() *Group { return c.group(q, true) },
	}
}

// Group returns the other peers whose identity has that group, as All does.
func (c *Client) Group(name string) *Group { return c.All(query.GroupField.Eq(name)) }

// watch asks the server for a, about those that match q. Unless once, a change of
// nobody comes behind those that were there.
func (c *Client) watch(ctx context.Context, q *query.Query, a inquiry) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		if err := checkQuery(q); err != nil {
			yield(Change{}, err)
			return
		}
		ask := a
		if q != nil {
			ask.Query = q.String()
		}
		known := map[Identity]query.Metadata{}
		for item, err := range discovery.Stream(ctx, c, &ask) {
			change := Change{Present: item.Present}
			if err == nil && item.Peer != "" {
				err = c.recognize(&item, known, &change)
			}
			if !yield(change, err) || err != nil {
				return
			}
		}
	}
}

// recognize fills in change from what the server has shown, and what was known.
func (c *Client) recognize(item *shown, known map[Identity]query.Metadata, change *Change) error {
	id, err := ParseIdentity(item.Peer)
	if err != nil {
		return &Error{Code: code.BadReply, Message: err.Error(), outcome: Executed, made: true}
	}
	change.Peer, change.Was = c.Peer(id), known[id]
	if item.Metadata == nil {
		delete(known, id)
		return nil
	}
	if change.Is, err = query.Metadata(item.Metadata).Normalize(); err != nil {
		return &Error{Code: code.BadReply, Message: err.Error(), outcome: Executed, made: true}
	}
	known[id], change.Peer.seen = change.Is, change.Is
	return nil
}
