package ipc

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Calls through the server. A call with a target is not served but passed on:
//
//	caller                     server                         callee
//	  |  call 7, to bots/one     |                              |
//	  |------------------------->|  call 4, of apps/web         |
//	  |                          |----------------------------->|
//	  |  item 7, reply 7         |  item 4, reply 4             |
//	  |<-------------------------|<-----------------------------|
//
// From then on the two connections are spliced for that call: packets of the
// one id leave under the other, in both directions, until the call is settled.
// Towards the callee a forwarded call is pending as any other, so that a lost
// connection and a deadline settle it. The credit of a stream is given and used
// by its two ends; the server makes sure that both keep to it.

// forward is a call that is passed on.
type forward struct {
	from, to *conn
	id       uint64   // at from
	call     *pending // at to, under its own id
	sent     atomic.Bool

	forth, back atomic.Int64 // credit for items to the callee, to the caller
}

// forwards are the calls of one connection's peer that are passed on.
type forwards struct {
	any atomic.Bool // this connection has been part of one, on either side

	mu    sync.Mutex
	byID  map[uint64]*forward // that its peer makes
	count int                 // of these, and of those that it is to answer
	empty chan struct{}       // closed when count falls to 0; nil if nobody waits
}

// add enters f, unless there are too many.
func (fs *forwards) add(f *forward, limit int) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if len(fs.byID) >= limit {
		return false
	}
	if fs.byID == nil {
		fs.byID = map[uint64]*forward{}
	}
	fs.byID[f.id] = f
	return true
}

func (fs *forwards) find(id uint64) *forward {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.byID[id]
}

// remove takes f out. Whoever gets true tells the caller how it ended.
func (fs *forwards) remove(f *forward) bool {
	fs.mu.Lock()
	was := fs.byID[f.id] == f
	if was {
		delete(fs.byID, f.id)
	}
	fs.mu.Unlock()
	return was
}

// counted counts calls that begin or, with less than 0, have ended and are told.
func (fs *forwards) counted(n int) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.count += n; fs.count == 0 {
		signal(&fs.empty)
	}
}

// counted counts f at both ends.
func (f *forward) counted(n int) {
	f.from.forwards.counted(n)
	f.to.forwards.counted(n)
}

// over says that f is over and everybody who should know has been told.
func (f *forward) over() { f.counted(-1) }

// none returns what is closed when there are none.
func (fs *forwards) none() <-chan struct{} {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.count == 0 {
		return closedChan
	}
	if fs.empty == nil {
		fs.empty = make(chan struct{})
	}
	return fs.empty
}

// all returns those there are.
func (fs *forwards) all() (all []*forward) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.byID {
		all = append(all, f)
	}
	return all
}

// forward returns the call of another connection that has that id here, or nil.
func (r *router) forward(id uint64) *forward {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.calls[id]; p != nil {
		return p.forward
	}
	return nil
}

// passOn sends the call or notification p to the peer that it is meant for.
func (c *conn) passOn(p *wire.Packet) {
	err := c.tryPassOn(p)
	if e := asError(err); e != nil {
		c.refuseRequest(p.ID, p.Route, e.Code, e.Message)
	}
}

func (c *conn) tryPassOn(p *wire.Packet) error {
	switch {
	case c.server == nil:
		return Errorf(code.Unsupported, "a target is not understood")
	case c.peer.session.restricted:
		return Errorf(code.Denied, "credentials are needed to call others")
	case c.draining.Load():
		return Errorf(code.Draining, "shutting down")
	case int(p.Depth) > c.node.limits.Depth:
		return Errorf(code.Overloaded, "calls back are too deep")
	}
	to, err := c.server.aim(c, p.Target, p.Route)
	if err != nil {
		return err
	}
	if p.Credit > 0 && !to.traits.Streams {
		return errNoStreams
	}
	body, err := translate(p.Body, c, to)
	if err != nil {
		return Errorf(code.BadRequest, "the arguments: %v", err)
	}
	out := &wire.Packet{
		Kind: p.Kind, Route: p.Route, Body: body, Timeout: p.Timeout, Meta: p.Meta, Credit: p.Credit,
		Depth: p.Depth, Trace: p.Trace, Origin: c.peer.id.String(),
	}
	if p.Kind == wire.KindNotify {
		return to.lane.request(out, time.Time{}, nil)
	}
	return c.splitCall(p, to, out)
}

// splitCall enters the call p of c, which goes to another as out.
func (c *conn) splitCall(p *wire.Packet, to *conn, out *wire.Packet) error {
	f := &forward{from: c, to: to, id: p.ID, call: &pending{}}
	f.call.forward = f
	f.back.Store(int64(p.Credit))
	if p.Timeout > 0 {
		f.call.deadline = time.Now().Add(p.Timeout)
	}
	if !c.forwards.any.Swap(true) {
		context.AfterFunc(c.ctx, c.abandon)
	}
	to.forwards.any.Store(true)
	if !c.forwards.add(f, c.node.limits.Pending) {
		return Errorf(code.Overloaded, "too many calls to others are under way")
	}
	f.counted(1)
	_, err := to.router.add(f.call)
	if err == nil {
		out.ID = f.call.id
		if c.hasEnded() { // before abandon could find f
			c.abandon()
			return nil
		}
		err = to.lane.request(out, f.call.deadline, f)
		if err != nil && to.router.take(f.call.id) == nil {
			return nil // settled meanwhile
		}
	}
	if err != nil {
		if !c.forwards.remove(f) {
			return nil
		}
		f.over()
	}
	return err
}

// abandon cancels the calls of a peer that is gone.
func (c *conn) abandon() {
	for _, f := range c.forwards.all() {
		f.cancel()
	}
}

// cancel ends a call that nobody waits for any more. The caller is told nothing.
func (f *forward) cancel() {
	if f.from.forwards.remove(f) {
		defer f.over()
	}
	f.callOff()
}

// callOff tells the callee that nobody waits any more.
func (f *forward) callOff() {
	if p := f.to.router.take(f.call.id); p != nil {
		f.to.cancelFar(p.id)
	}
}

// splice passes on p if it belongs to a call that is passed on.
func (c *conn) splice(p *wire.Packet) bool {
	switch p.Kind {
	case wire.KindCall:
		if c.forwards.find(p.ID) == nil {
			return false
		}
		c.violated("the id of a call is in use")
	case wire.KindItem, wire.KindEnd, wire.KindCredit, wire.KindCancel:
		if c.router.foreign(p.ID) {
			f := c.forwards.find(p.ID)
			if f == nil {
				return false
			}
			f.toCallee(p)
			return true
		}
		f := c.router.forward(p.ID)
		if f == nil {
			return false
		}
		f.toCaller(p)
	default:
		return false
	}
	return true
}

// toCallee passes on what the caller sends after the call.
func (f *forward) toCallee(p *wire.Packet) {
	switch p.Kind {
	case wire.KindCancel:
		f.cancel()
		return
	case wire.KindCredit:
		f.back.Add(int64(p.Credit))
	case wire.KindItem:
		if f.forth.Load() <= 0 {
			f.breakOff("an item was sent without credit")
			return
		}
		f.forth.Add(-int64(cost(len(p.Body))))
	}
	f.pass(p, f.from, f.to, f.call.id)
}

// toCaller passes on what the callee sends before its answer.
func (f *forward) toCaller(p *wire.Packet) {
	switch p.Kind {
	case wire.KindCredit:
		f.forth.Add(int64(p.Credit))
	case wire.KindItem:
		if f.back.Load() <= 0 {
			f.breakOff("an item was sent without credit")
			return
		}
		f.back.Add(-int64(cost(len(p.Body))))
	default:
		return // only a caller cancels, and ends its input
	}
	f.pass(p, f.to, f.from, f.id)
}

// pass sends p, which came in on from, to the other end under its id there.
func (f *forward) pass(p *wire.Packet, from, to *conn, id uint64) {
	body, err := p.Body, error(nil)
	if p.Kind == wire.KindItem {
		body, err = translate(body, from, to)
	}
	if err != nil {
		f.breakOff("item: " + err.Error())
		return
	}
	to.lane.pass(&wire.Packet{Kind: p.Kind, ID: id, Body: body, Credit: p.Credit})
	from.touch(to)
}

// breakOff ends a call in which one of the ends broke the protocol, towards both.
func (f *forward) breakOff(message string) {
	if f.from.forwards.remove(f) {
		defer f.over()
		f.callOff()
		f.from.lane.pass(&wire.Packet{
			Kind: wire.KindError, ID: f.id, Code: string(code.Protocol), Message: cut(message, maxErrorText), Ran: true,
			Origin: f.to.peer.id.String(),
		})
		f.from.out.push()
	}
}

// settled tells the caller how the call ended. Whoever has taken it out of the
// router of the callee's connection calls it, once.
func (f *forward) settled() {
	p := f.call
	defer p.from.release()
	if !f.from.forwards.remove(f) {
		return
	}
	defer f.over()
	answer := &wire.Packet{Kind: wire.KindReply, Body: p.body}
	switch {
	case p.err != nil:
		answer = f.failed(asError(p.err))
	case p.failure != nil:
		*answer = *p.failure
	}
	f.answer(answer)
}

// failed returns how the caller is told of an error that was made here.
func (f *forward) failed(e *Error) *wire.Packet {
	if e.Code == code.Lost && !f.sent.Load() {
		e = notSent(code.NotConnected, "the connection to %v ended", f.to.peer.id)
	}
	p := &wire.Packet{Kind: wire.KindError, Code: string(e.Code), Message: cut(e.Message, maxErrorText)}
	p.Ran = e.outcome == Unknown && !lostBehind(p)
	return p
}

// lostBehind reports whether p says of a call that was passed on that nobody
// knows whether it ran: whoever passed it on has lost the callee, or its time
// was over there.
func lostBehind(p *wire.Packet) bool {
	return !p.Ran && (p.Code == string(code.Lost) || p.Code == string(code.Deadline))
}

// answer sends the caller the answer of the call.
func (f *forward) answer(p *wire.Packet) {
	body, err := translate(p.Body, f.to, f.from)
	switch {
	case err == nil:
		p.Body = body
	case p.Kind == wire.KindReply:
		p = &wire.Packet{Kind: wire.KindError, Code: string(code.BadReply), Message: cut("result: "+err.Error(), maxErrorText), Ran: true}
	default:
		p.Body = nil // what it says without is better than nothing
	}
	p.ID, p.Origin = f.id, f.to.peer.id.String()
	f.from.lane.pass(p)
	f.from.out.push()
}

// translate returns the body in the codec of to, or says why that cannot be.
func translate(body []byte, from, to *conn) ([]byte, error) {
	if from.codec == to.codec || len(body) == 0 {
		return body, nil
	}
	raw, err := wire.Raw{Codec: from.codec, Bytes: body}.In(to.codec)
	if err != nil {
		return nil, err
	}
	if limit := to.node.limits.Message; len(raw.Bytes) > limit {
		return nil, fmt.Errorf("it takes %d bytes for the peer, the limit is %d", len(raw.Bytes), limit)
	}
	return raw.Bytes, nil
}

// aim returns the connection of whom target names, if from may call its route.
func (s *Server) aim(from *conn, target, route string) (*conn, error) {
	if s.opts.Relay == nil {
		return nil, notSent(code.Denied, "this server passes nothing on")
	}
	a, err := s.targets.parse(target)
	switch {
	case err != nil:
		return nil, notSent(code.BadRequest, "%v", err)
	case a.one:
		return s.aimAtOne(from, a, route)
	}
	// The policy first: who may not call is not told who is there.
	if err := s.mayRelay(from.peer, s.Peer(a.id), route); err != nil {
		return nil, err
	}
	to := s.directory.find(a.id)
	if to == nil {
		return nil, notSent(code.NotConnected, "%v", a.id)
	}
	return to, nil
}

// aimAtOne chooses one of those whom from may call. It never is from itself.
func (s *Server) aimAtOne(from *conn, a *aimed, route string) (*conn, error) {
	self := from.peer.id.String()
	to, ok := s.directory.index.ChooseOther(self, nobody, a.choice)
	if ok && s.mayRelay(from.peer, to.peer, route) != nil {
		allowed := func(c *conn) bool { return s.mayRelay(from.peer, c.peer, route) == nil }
		to, ok = s.directory.index.ChooseOtherWhere(self, allowed, nobody, a.choice)
	}
	if !ok {
		return nil, notSent(code.NoRoute, "no peer matches %s, or may be called", cut(a.wanted(), 200))
	}
	return to, nil
}

// nobody is what no peer matches, so that a choice with Else is all that counts.
var nobody = query.Any()

// mayRelay asks the policy. One that panics refuses.
func (s *Server) mayRelay(from, to *Peer, route string) error {
	if s.opts.Relay == nil {
		return notSent(code.Denied, "this server passes nothing on")
	}
	if from.id.Group == serverGroup { // its word would pass for the server's own
		return notSent(code.Denied, "nothing is passed on for peers of the group %q", serverGroup)
	}
	err := guard(func() error { return s.opts.Relay(from, to, route) })
	if bug, ok := err.(*panicked); ok {
		s.log.Error("ipc: Relay failed", "from", from.id, "to", to.id, "route", route, "error", bug)
		return notSent(code.Denied, "the server failed")
	}
	if err != nil {
		return notSent(code.Denied, "%v", err)
	}
	return nil
}

// serverGroup is the group by which clients know their server.
const serverGroup = "server"

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

// origin returns who has made the request p. Only a server can say that it was
// somebody else than itself.
func (c *conn) origin(p *wire.Packet) *Peer {
	if c.client == nil {
		return c.peer
	}
	id, err := ParseIdentity(p.Origin)
	if err != nil {
		return c.peer
	}
	return c.client.Peer(id).bind(&session{bucket: p.Origin})
}

// bucket is whose tokens the request p takes.
func (c *conn) bucket(p *wire.Packet) string {
	if c.passedOn(p) {
		return p.Origin
	}
	return c.peer.session.bucket
}

// passedOn reports whether the server at the other end has passed p on.
func (c *conn) passedOn(p *wire.Packet) bool { return p.Origin != "" && c.client != nil }

// touch remembers that packets wait in the outbox of to, until the reader has
// come to the end of its message.
func (c *conn) touch(to *conn) {
	if c.touched != to {
		c.pushForwarded()
		c.touched = to
	}
}

// pushForwarded sends what the reader has passed on.
func (c *conn) pushForwarded() {
	if c.touched != nil {
		c.touched.out.push()
		c.touched = nil
	}
}

// sendIfRoom queues p if there is room, to leave at the next push. It never
// waits.
func (o *outbox) sendIfRoom(p *wire.Packet) (ok bool, err error) {
	o.mu.Lock()
	if o.closed != nil || !o.waiters.none() || !o.fits(len(p.Body)) {
		defer o.mu.Unlock()
		return false, o.closed
	}
	err = o.append(p, later) // unlocks
	return err == nil, err
}

// lane is the way into a connection for those who must not wait: what finds no
// room is kept, in order, and sent by a goroutine that lives until it is gone.
type lane struct {
	conn *conn

	mu      sync.Mutex
	waiting []waitingPacket
	bytes   int
	busy    bool // somebody sends what waits
}

type waitingPacket struct {
	packet wire.Packet
	until  time.Time // zero: for ever
	call   *forward  // of a call, else nil
}

// request sends a call or notification, or says why it is refused. f is the
// call's, or nil.
func (l *lane) request(p *wire.Packet, until time.Time, f *forward) error {
	if f != nil {
		f.sent.Store(true) // until it is known not to be
	}
	ok, err := l.send(p, until, f, l.conn.node.limits.Message)
	switch {
	case err != nil:
		return err
	case !ok:
		return notSent(code.Overloaded, "too much waits to be sent to %v", l.conn.peer.id)
	}
	l.conn.out.push()
	return nil
}

// pass sends what belongs to a call. A peer that lets too much of that pile up
// is slow.
func (l *lane) pass(p *wire.Packet) {
	if ok, err := l.send(p, time.Time{}, nil, maxWaiting); err == nil && !ok {
		go l.conn.fail(closeError(statusSlow, "the peer does not read"))
	}
}

// send queues p, or keeps it if there is no room. It is not ok if more than
// limit bytes are kept already.
func (l *lane) send(p *wire.Packet, until time.Time, f *forward, limit int) (ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.busy {
		if ok, err = l.conn.out.sendIfRoom(p); ok || err != nil {
			return ok, err
		}
	}
	if l.bytes > limit {
		return false, nil
	}
	if f != nil {
		f.sent.Store(false)
	}
	w := waitingPacket{*p, until, f}
	w.packet.Body = append([]byte(nil), p.Body...)
	w.packet.Route = string(append([]byte(nil), p.Route...))
	l.waiting = append(l.waiting, w)
	l.bytes += len(p.Body) + wire.ItemCost
	if !l.busy {
		l.busy = true
		go l.drain()
	}
	return true, nil
}

// drain sends what waits.
func (l *lane) drain() {
	for w, ok := l.next(); ok; w, ok = l.next() {
		if w.call != nil {
			w.call.sent.Store(true)
		}
		err := l.conn.out.send(l.conn.ctx, &w.packet, w.until, atOnce, nil)
		if err != nil && w.call != nil {
			if p := l.conn.router.take(w.packet.ID); p != nil {
				p.fail(err)
			}
		}
	}
}

func (l *lane) next() (w waitingPacket, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.busy, l.waiting = false, nil
		return w, false
	}
	w = l.waiting[0]
	l.waiting[0], l.waiting = waitingPacket{}, l.waiting[1:]
	l.bytes -= len(w.packet.Body) + wire.ItemCost
	return w, true
}

// Peer returns the peer of that identity behind the server, whether it is
// connected or not. Calls to it go through the server, if its
// [ServerOptions.Relay] allows that, and are otherwise as those to the server:
// one that did not reach the peer matches [ErrNotSent], one of which the way
// was lost [ErrUnknownOutcome]. The error of a notification says only whether it
// was sent to the server.
func (c *Client) Peer(id Identity) *Peer {
	return &Peer{id: id, node: &c.node, via: c, find: func() *conn { return nil }}
}

// One returns the caller that lets the server choose one of the other peers
// that match q, as [Server.One] does, among those that the client may call. As
// text, a query and its choices have room for 507 bytes.
func (c *Client) One(q *query.Query, choices ...query.Choice) *Selection {
	s := &Selection{query: q, choices: choices, client: c, err: checkQuery(q, choices...)}
	if s.err == nil {
		s.text, s.err = targetText(q, choices)
	}
	return s
}
