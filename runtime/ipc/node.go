package ipc

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

// node is what a server and a client have in common: the routes they serve and
// the settings of their connections.
type node struct {
	routes       routeTable
	interceptors []Interceptor
	onPacket     func(*Peer, *wire.Packet) // nil: nobody wants to see them
	limits       Limits
	log          *slog.Logger
	running      atomic.Int64 // handlers, of all connections
	buckets      buckets      // of the limits of routes
	sendLimit    *sendLimit   // of what this side requests; nil: none
	events       events
}

// events are what a side does with packets that are about events.
type events interface {
	// receive acts on a packet that c has received. It reports false when the
	// calling goroutine is the reader no longer.
	receive(c *conn, p *wire.Packet) (reader bool)
}

func (n *node) init(limits Limits, log *slog.Logger, interceptors []Interceptor) {
	n.limits, n.log, n.interceptors = limits.withDefaults(), log, interceptors
	if log == nil {
		n.log = slog.Default()
	}
}

// Registrar is what handlers are registered with: a [Server] or a [Client].
type Registrar interface {
	// Register makes the handlers serve their routes, all or none, on
	// connections there are and those to come. It panics if a name is taken,
	// or a limit cannot be obeyed.
	Register(handlers ...*Handler)
	// Unregister stops serving routes. Requests that run go on.
	Unregister(routes ...*Route)

	// Subscribe has the handlers, made by the Handle method of [Event], handle
	// the events whose topics match pattern, from now on and until the
	// subscription is closed. The handlers are of one interface, one for each
	// event. In patterns * is any one level, and > at the end one or more.
	//
	// Events are handled one at a time, in their order and among
	// notifications: a slow handler delays only these. When more of them wait
	// than Limits.Notifications the next are dropped. The [Request] of the next
	// event that is handled says how many were, here or on their way.
	Subscribe(ctx context.Context, pattern string, handlers ...*Handler) (*Subscription, error)
	box() *inbox
}

// Register makes the handlers serve their routes, as [Registrar] says.
func (n *node) Register(handlers ...*Handler) {
	for _, h := range handlers {
		for _, name := range h.route.names() {
			if strings.HasPrefix(name, ownPrefix) {
				panic(fmt.Sprintf("ipc: route %q: names that begin with %s are the runtime's own", name, ownPrefix))
			}
		}
	}
	n.routes.add(handlers)
}

// Unregister stops serving routes, as [Registrar] says.
func (n *node) Unregister(routes ...*Route) { n.routes.remove(routes) }

// routeTable finds the handler of a name. It is read on every request and
// hardly ever changed, so changes replace the map.
type routeTable struct {
	mu  sync.Mutex // for changes
	all atomic.Pointer[map[string]*Handler]
}

// find returns the handler of the route with exactly that name, or nil.
func (t *routeTable) find(name string) *Handler {
	if all := t.all.Load(); all != nil {
		return (*all)[name]
	}
	return nil
}

func (t *routeTable) add(handlers []*Handler) {
	t.change(func(all map[string]*Handler) {
		for _, h := range handlers {
			h.route.checkLimits()
			if h.topics != "" {
				panic(fmt.Sprintf("ipc: %s is an event: subscribe its handler", h.route.Name))
			}
			for _, name := range h.route.names() {
				if all[name] != nil {
					panic(fmt.Sprintf("ipc: route %q is registered twice", name))
				}
				all[name] = h
			}
		}
	})
}

func (t *routeTable) remove(routes []*Route) {
	t.change(func(all map[string]*Handler) {
		for _, r := range routes {
			for _, name := range r.names() {
				delete(all, name)
			}
		}
	})
}

// change applies edit to a copy and puts that in force.
func (t *routeTable) change(edit func(map[string]*Handler)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := map[string]*Handler{}
	if old := t.all.Load(); old != nil {
		all = maps.Clone(*old)
	}
	edit(all)
	t.all.Store(&all)
}

// names returns the name and the aliases.
func (r *Route) names() []string {
	return append([]string{r.Name}, r.Aliases...)
}
