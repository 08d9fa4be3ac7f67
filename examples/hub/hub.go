package main

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/ipcgen/ipcgen/examples/hub/fleet"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/query"
)

// hub is the server of the fleet, and a fleet.Hub.
type hub struct {
	*ipc.Server
	heard chan confirmation
	gauge gauge
}

// confirmation is what a bot has confirmed.
type confirmation struct{ from, text string }

func newHub() *hub {
	h := &hub{heard: make(chan confirmation, 100)}
	h.Server = ipc.NewServer(&ipc.ServerOptions{
		Relay:        mayCall,
		Interceptors: []ipc.Interceptor{h.gauge.count},
	})
	fleet.RegisterHub(h, h)
	return h
}

// mayCall is the relay policy: operators call everybody, and bots have each
// other do jobs. It is asked with an empty route who may know of whom.
func mayCall(from, to *ipc.Peer, route string) error {
	switch {
	case from.Identity().Group == "ops":
		return nil
	case from.Identity().Group != "bots" || to.Identity().Group != "bots":
		return errors.New("not among guests")
	case route != "" && route != fleet.BotRoutes.Do.Name:
		return errors.New("bots do jobs for each other, and nothing else")
	}
	return nil
}

func (h *hub) Heard(ctx context.Context, text string) error {
	r, _ := ipc.RequestFrom(ctx)
	h.heard <- confirmation{r.Peer.String(), text}
	return nil
}

// confirmed waits until n bots have heard text, and returns which. Of other texts
// it takes no notice.
func (h *hub) confirmed(ctx context.Context, n int, text string) (from []string, err error) {
	for len(from) < n {
		select {
		case c := <-h.heard:
			if c.text == text {
				from = append(from, c.from)
			}
		case <-ctx.Done():
			return from, ctx.Err()
		}
	}
	slices.Sort(from)
	return from, nil
}

// until waits until n peers match q.
func (h *hub) until(ctx context.Context, n int, q *query.Query) error {
	_, err := h.All(q).Until(ctx, func(members []*ipc.Peer) bool { return len(members) == n })
	return err
}

// gauge counts the requests that the hub makes and has under way.
type gauge struct{ running, most atomic.Int64 }

func (g *gauge) count(ctx context.Context, r *ipc.Request, next func(context.Context) error) error {
	if !r.Inbound {
		n := g.running.Add(1)
		defer g.running.Add(-1)
		for m := g.most.Load(); n > m && !g.most.CompareAndSwap(m, n); m = g.most.Load() {
		}
	}
	return next(ctx)
}
