package ipc

import (
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// directory is what a server knows of its peers: who has joined, and what they
// say of themselves. It finds those that match a query, chooses one, and tells
// the watchers of every change.
//
// A listing is never changed but replaced, so that whoever holds one may read
// it, and two are the same exactly if nothing has changed.
type directory struct {
	server *Server
	index  query.Index[*conn]

	mu       sync.Mutex
	revision uint64 // of the latest change: it rises over all peers
	listed   map[Identity]*listing
	watchers map[*watcher]struct{}
}

// listing is a peer that has joined, as it is at a revision.
type listing struct {
	peer     *Peer
	metadata query.Metadata // its own and what the server gave it; never nil
	revision uint64
}

// subject is what queries look at.
func (l *listing) subject() query.Subject {
	return query.Subject{Group: l.peer.id.Group, Name: l.peer.id.Name, Metadata: l.metadata}
}

// profile is what is known of the peer of one connection. It is guarded by
// directory.mu.
type profile struct {
	own     query.Metadata // what the peer says of itself
	seq     uint64         // of the update that said it
	given   query.Metadata // what the server says of it, which goes before
	both    query.Metadata
	current *listing // nil before the peer has joined and after it has left
}

func (d *directory) init(s *Server) {
	d.server = s
	d.index.Pending = func(c *conn) int { return c.router.pending() }
	d.listed, d.watchers = map[Identity]*listing{}, map[*watcher]struct{}{}
}

// announce takes in what the peer of c says of itself: all of it, in place of
// what it said before. An update that was overtaken by a later one is ignored.
func (d *directory) announce(c *conn, m *wire.Metadata) (revision uint64, err error) {
	own, err := query.Metadata(m.Metadata).Normalize()
	if err != nil {
		return 0, Errorf(code.BadRequest, "%v", err)
	}
	return d.change(c, func(p *profile) error {
		if m.Seq <= p.seq && p.seq > 0 {
			return nil
		}
		for key := range p.given {
			if !reflect.DeepEqual(p.own[key], own[key]) {
				return Errorf(code.Denied, "metadata %q is set by the server", key)
			}
		}
		p.own, p.seq = own, m.Seq
		return nil
	})
}

// give changes what the server says of the peer of c.
func (d *directory) give(c *conn, updates []query.Metadata) (revision uint64, err error) {
	return d.change(c, func(p *profile) (err error) {
		p.given, err = mergeAll(p.given, updates)
		return err
	})
}

// change applies edit to the profile of c, if it allows that and the result is
// within the limits, and tells who wants to know.
func (d *directory) change(c *conn, edit func(*profile) error) (revision uint64, err error) {
	d.mu.Lock()
	next := c.profile
	if err = edit(&next); err == nil {
		next.both, err = next.own.Merge(next.given)
	}
	if err != nil {
		d.mu.Unlock()
		return 0, asMetadataError(err)
	}
	was := next.current
	d.revision++
	revision = d.revision
	if was != nil {
		next.current = &listing{c.peer, next.both, revision}
		d.set(c, next.current)
	}
	c.profile = next
	d.mu.Unlock()
	if was != nil {
		d.server.tellChange(c.peer, was.metadata)
	}
	return revision, nil
}

// asMetadataError returns err as one that crosses.
func asMetadataError(err error) error {
	if e := asError(err); e != nil {
		return e
	}
	return Errorf(code.BadRequest, "%v", err)
}

// join lists the peer of c: from here on it is found.
func (d *directory) join(c *conn) {
	if c.peer.session.restricted {
		return // it is in no group, and nobody's business
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.revision++
	both := c.profile.both
	if both == nil {
		both = query.Metadata{}
	}
	c.profile.current = &listing{c.peer, both, d.revision}
	d.set(c, c.profile.current)
}

// leave takes the peer of c out, unless a newer connection has its place.
func (d *directory) leave(c *conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := c.profile.current
	c.profile.current = nil
	if l == nil || d.listed[c.peer.id] != l {
		return
	}
	d.revision++
	delete(d.listed, c.peer.id)
	d.index.Delete(c.peer.id.String())
	d.mark(c.peer.id)
}

// find returns the connection of a peer that has joined, or nil.
func (d *directory) find(id Identity) *conn {
	d.mu.Lock()
	l := d.listed[id]
	d.mu.Unlock()
	if l == nil {
		return nil
	}
	return d.server.conn(id)
}

// set puts l in force. Called with mu held.
func (d *directory) set(c *conn, l *listing) {
	d.listed[c.peer.id] = l
	d.index.Set(c.peer.id.String(), l.subject(), c)
	d.mark(c.peer.id)
}

// mark tells every watcher that something is new about id. Called with mu held.
func (d *directory) mark(id Identity) {
	for w := range d.watchers {
		w.mark(id)
	}
}

// metadata returns what is known of the peer of c.
func (d *directory) metadata(c *conn) query.Metadata {
	d.mu.Lock()
	defer d.mu.Unlock()
	return c.profile.both.Clone()
}

// matches reports whether p has joined and matches q.
func (d *directory) matches(p *Peer, q *query.Query) bool {
	d.mu.Lock()
	l := d.listed[p.id]
	d.mu.Unlock()
	return l != nil && q.Match(l.subject())
}

// peers returns who matches q, in the order of their identities.
func (d *directory) peers(q *query.Query) (peers []*Peer) {
	for _, c := range d.index.Find(q) {
		peers = append(peers, c.peer)
	}
	slices.SortFunc(peers, func(a, b *Peer) int { return a.id.compare(b.id) })
	return peers
}

// tellChange tells OnChange.
func (s *Server) tellChange(p *Peer, was query.Metadata) {
	if s.opts.OnChange == nil {
		return
	}
	if err := guard(func() error { s.opts.OnChange(p, was); return nil }); err != nil {
		s.log.Error("ipc: OnChange failed", "peer", p.id, "error", err)
	}
}

// checkQuery returns why q and choices cannot be asked for, as the error of a
// call that is not made.
func checkQuery(q *query.Query, choices ...query.Choice) error {
	if err := query.Check(q, choices...); err != nil {
		return notSent(code.BadRequest, "%v", err)
	}
	return nil
}

// errNobody is the error of a call for which nobody was found.
func errNobody(q *query.Query) error {
	return notSent(code.NoRoute, "no peer matches %s", cut(fmt.Sprint(q), 200))
}
