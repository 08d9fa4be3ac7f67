package ipc

import (
	"container/list"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// runningSet holds the requests of one connection that run on goroutines of
// their own, so that they can be counted and cancelled. A quick handler that
// runs on the reader is not in it: nothing can arrive for it meanwhile.
type runningSet struct {
	limit, streamLimit int
	total              *atomic.Int64 // of all connections of the node
	totalLimit         int
	size               atomic.Int64 // of all, for those who only want to know that there are none
	unstarted          atomic.Int64 // goroutines that have not begun to run their handler

	mu      sync.Mutex
	all     map[*serving]struct{}
	byID    map[uint64]*serving
	streams int
	answers int           // of all, those of which the handler is done
	order   list.List     // of the others that are no streams, the oldest first
	waiting int           // bytes that answers hold while they wait for room
	granted int           // bytes that streams may send us before we consume any
	empty   chan struct{} // closed when none is left; nil if nobody waits
}

// runningState is where a request stands. It is guarded by runningSet.mu.
type runningState struct {
	entered, left, answering bool

	since time.Time     // when it entered
	place *list.Element // in runningSet.order, nil if it is not there
}

func (r *runningSet) init(n *node) {
	r.limit, r.streamLimit = n.limits.Running, n.limits.Streams
	r.total, r.totalLimit = &n.running, n.limits.RunningTotal
	r.all, r.byID = map[*serving]struct{}{}, map[uint64]*serving{}
}

// enter adds s, unless it has left already: the handler that ran on the reader
// may return while the reader is being replaced.
func (r *runningSet) enter(s *serving) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.set.left {
		return
	}
	s.set.entered, s.set.since = true, time.Now()
	r.all[s] = struct{}{}
	r.size.Add(1)
	if s.id != 0 {
		r.byID[s.id] = s
	}
	if s.stream != nil {
		r.streams++
	} else {
		s.set.place = r.order.PushBack(s)
	}
	r.total.Add(1)
}

// leave removes s.
func (r *runningSet) leave(s *serving) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.set.left = true
	if !s.set.entered {
		return
	}
	delete(r.all, s)
	r.unlist(s)
	r.size.Add(-1)
	if s.id != 0 {
		delete(r.byID, s.id)
	}
	if s.set.answering {
		r.answers--
	}
	if s.stream != nil {
		r.streams--
		r.granted -= s.stream.in.window
	}
	r.total.Add(-1)
	if len(r.all) == 0 {
		signal(&r.empty)
	}
}

// full says why one more request of that kind is too many, or "".
func (r *runningSet) full(kind Kind) string {
	if r.size.Load() == 0 && r.total.Load() < int64(r.totalLimit) {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case kind.streams() && r.streams >= r.streamLimit:
		return "too many streams are open"
	case len(r.all)-r.streams-r.answers >= r.limit:
		return "too many handlers are running for this connection"
	case r.waiting > maxWaiting:
		return "too many replies wait to be read"
	case r.total.Load() >= int64(r.totalLimit):
		return "too many handlers are running"
	}
	return ""
}

// maxWaiting bounds the answers of a connection that wait for room, in bytes.
const maxWaiting = 32 << 20

// answer notes that the handler of s is done, and s counts no longer as a
// running one: what it has yet to do is the runtime's business, not slowness of
// its own. It returns how many are in the set.
func (r *runningSet) answer(s *serving) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.set.entered && s.stream == nil && !s.set.answering {
		s.set.answering = true
		r.answers++
		r.unlist(s)
	}
	return len(r.all)
}

// unlist takes s, whose handler is done, out of the order. Called with mu held.
func (r *runningSet) unlist(s *serving) {
	if s.set.place != nil {
		r.order.Remove(s.set.place)
		s.set.place = nil
	}
}

// wait counts the bytes that answers hold while they wait for room.
func (r *runningSet) wait(bytes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting += bytes
}

// stalled reports whether half of the handlers allowed are running, though none
// of them for long, or some have not had a turn of the processor yet, though the
// reader has let them. The reader then runs the next one itself, so that only
// handlers that are slow indeed, and not the machine, fill the set to its limit.
func (c *conn) stalled() bool {
	if !c.running.busy() {
		return false
	}
	for range maxYields {
		if c.running.unstarted.Load() == 0 {
			return c.running.young()
		}
		runtime.Gosched()
	}
	return true
}

// busy reports whether half of the handlers allowed are running.
func (r *runningSet) busy() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.all)-r.streams >= r.limit/2
}

// hiccup is how long a machine that has too much to do may keep a quick handler.
const hiccup = 10 * time.Millisecond

// young reports whether all that run have entered within the last hiccup.
func (r *runningSet) young() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	oldest := r.order.Front()
	return oldest == nil || time.Since(oldest.Value.(*serving).set.since) < hiccup
}

// find returns the request with that id, or nil.
func (r *runningSet) find(id uint64) *serving {
	if r.size.Load() == 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byID[id]
}

// cancel ends the context of request id.
func (r *runningSet) cancel(id uint64, cause error) {
	if s := r.find(id); s != nil {
		s.abort(cause)
	}
}

// cancelAll ends the contexts of all requests.
func (r *runningSet) cancelAll(cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.all {
		s.abort(cause)
	}
}

// names returns the routes of the requests that run.
func (r *runningSet) names() (routes []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.all {
		routes = append(routes, s.handler.route.Name)
	}
	return routes
}

// none returns what is closed when no request runs.
func (r *runningSet) none() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) == 0 {
		return closedChan
	}
	if r.empty == nil {
		r.empty = make(chan struct{})
	}
	return r.empty
}

// serve starts to serve the call or notification p. It reports false when the
// calling goroutine is the reader no longer.
func (c *conn) serve(p *wire.Packet) bool {
	if p.Target != "" {
		c.passOn(p)
		return true
	}
	h := c.node.routes.find(p.Route)
	if why, message := c.admit(h, p); why != "" {
		c.refuseRequest(p.ID, p.Route, why, message)
		return true
	}
	if h.route.Limits != nil && !c.withinLimits(h, p) {
		return true
	}
	s := c.newServing(h, p)
	switch {
	case h.route.Kind == KindNotify:
		return c.notify(s)
	case h.route.Kind.streams():
		c.openInput(s, p)
		c.spawn(s)
	case h.pace.isSlow() && !c.stalled():
		c.spawn(s)
	default:
		return c.runHere(s)
	}
	return true
}

// admit says why the request p for h is refused, or "".
func (c *conn) admit(h *Handler, p *wire.Packet) (why code.Code, message string) {
	switch {
	case h == nil:
		return code.NoRoute, cut(p.Route, 128)
	case (h.route.Kind == KindNotify) != (p.Kind == wire.KindNotify):
		return code.BadRequest, h.route.Name + " is for a " + h.route.Kind.String()
	case h.route.Kind.streams() && !c.traits.Streams:
		return errNoStreams.Code, h.route.Name + " is a stream: " + errNoStreams.Message
	case c.peer.session.restricted && !h.route.Public:
		return code.Denied, h.route.Name + " is not public: credentials are needed"
	case c.draining.Load():
		return code.Draining, "shutting down"
	case int(p.Depth) > c.node.limits.Depth:
		return code.Overloaded, "calls back are too deep"
	case p.Kind == wire.KindNotify:
		return "", "" // it waits its turn
	}
	if full := c.full(h.route.Kind); full != "" {
		return code.Overloaded, full
	}
	return "", ""
}

// full says why one more request of that kind is not taken, or "". Handlers
// that are about to finish are let to first.
func (c *conn) full(kind Kind) string {
	why := c.running.full(kind)
	if why != "" {
		runtime.Gosched()
		why = c.running.full(kind)
	}
	return why
}

// refuseRequest answers a call that is not served. Of a notification, whose id
// is 0, only the log is told.
func (c *conn) refuseRequest(id uint64, route string, why code.Code, message string) {
	if id == 0 {
		c.gripes.warn("ipc: notification refused", "peer", c.peer.id, "route", strings.Clone(route), "code", why, "reason", message)
		return
	}
	c.refuse(id, why, message)
}

// newServing returns the request p for h.
func (c *conn) newServing(h *Handler, p *wire.Packet) *serving {
	s := h.newFrame()
	s.conn, s.handler, s.id, s.depth = c, h, p.ID, p.Depth
	s.body, s.from = p.Body, c.message.keep()
	s.request = Request{Route: h.route, Peer: c.peer, Inbound: true, Meta: p.Meta}
	if p.Origin != "" {
		s.request.Peer = c.origin(p)
	}
	if p.Timeout > 0 {
		s.deadline = c.now().Add(p.Timeout)
	}
	return s
}

// runHere runs s on the reader. It reports false if the baton was snatched
// meanwhile, so that the calling goroutine is the reader no longer.
func (c *conn) runHere(s *serving) (reader bool) {
	c.current = s
	s.more = len(c.rest) > 0
	s.turn = c.baton.lay()
	defer func() { // deferred: the handler may end its goroutine
		reader = c.baton.takeUp(s.turn)
		if !reader {
			c.running.leave(s)
		}
	}()
	if !c.late(s) {
		s.do()
	}
	return
}

// late refuses s if the connection drains. It is asked when drain can see that
// s is about to run, because drain may have looked before that.
func (c *conn) late(s *serving) bool {
	if !c.draining.Load() {
		return false
	}
	s.from.release()
	c.refuseRequest(s.id, s.handler.route.Name, code.Draining, "shutting down")
	return true
}

// spawn runs s on a goroutine of its own.
func (c *conn) spawn(s *serving) {
	c.running.enter(s)
	if c.late(s) {
		c.running.leave(s)
		return
	}
	c.running.unstarted.Add(1)
	go func() {
		c.running.unstarted.Add(-1)
		start := time.Now()
		defer c.running.leave(s)
		s.do()
		if s.stream == nil {
			s.handler.pace.ran(time.Since(start))
		}
	}()
}

// returnWindow forgets the credit of a stream that is over.
func (r *runningSet) returnWindow(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.granted -= n
}

// grantWindow returns how many bytes a new stream may send us, and counts them.
func (r *runningSet) grantWindow() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := window(r.granted)
	r.granted += n
	return n
}
