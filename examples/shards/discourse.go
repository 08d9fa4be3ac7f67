package main

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/ipcgen/ipcgen/examples/shards/gateway"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/shards"
)

// What there is on the far side of the gateway.
var (
	guilds     = []string{"c", "go", "lisp", "ml", "rust"}
	population = map[string]int{"c": 7, "go": 250, "lisp": 1, "ml": 0, "rust": 120}
)

// shardCount is how many shards the bot was told to have.
const shardCount = 4

// discourse is the gateway: a gateway.Gateway that publishes what happens.
type discourse struct {
	srv   atomic.Pointer[ipc.Server] // replaced by a restart
	asked atomic.Int64               // requests for members
}

func newDiscourse() *discourse {
	d := new(discourse)
	d.restart()
	return d
}

// restart replaces the server.
func (d *discourse) restart() {
	srv := ipc.NewServer(&ipc.ServerOptions{
		Insecure: true, // for an example
		OnJoin: func(_ context.Context, p *ipc.Peer) error {
			_, err := shards.Parse(p.Identity().Name)
			return err
		},
		// A shard hears of its own guilds, not of others.
		MaySubscribe: func(p *ipc.Peer, _, pattern string) bool {
			return pattern == gateway.Topics(p.Identity().Name)
		},
	})
	gateway.RegisterGateway(srv, d)
	if old := d.srv.Swap(srv); old != nil {
		old.Close()
	}
}

// until waits until n shards match q.
func (d *discourse) until(ctx context.Context, n int, q *query.Query) error {
	_, err := d.server().All(q).Until(ctx, func(members []*ipc.Peer) bool { return len(members) == n })
	return err
}

func (d *discourse) server() *ipc.Server { return d.srv.Load() }

// ServeHTTP takes connections.
func (d *discourse) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.server().ServeHTTP(w, r) }

// caller returns which shard calls.
func caller(ctx context.Context) shards.Shard {
	r, _ := ipc.RequestFrom(ctx)
	s, _ := shards.Parse(r.Peer.Identity().Name) // it was let in with it
	return s
}

func (d *discourse) Ready(ctx context.Context) (gateway.Session, error) {
	session := gateway.Session{User: "bot-42"}
	for _, guild := range guilds {
		if shards.Of(guild, shardCount) == caller(ctx) {
			session.Guilds = append(session.Guilds, guild)
		}
	}
	return session, nil
}

func (d *discourse) Members(ctx context.Context, q gateway.Query) iter.Seq2[gateway.Chunk, error] {
	d.asked.Add(1)
	return func(yield func(gateway.Chunk, error) bool) {
		if err := d.check(ctx, q); err != nil {
			yield(gateway.Chunk{}, err)
			return
		}
		var chunk gateway.Chunk
		for m := range find(q) {
			if chunk.Members = append(chunk.Members, m); len(chunk.Members) == gateway.ChunkSize {
				if !yield(chunk, nil) {
					return // the shard wants no more, or is gone
				}
				chunk.Members = nil
			}
		}
		if len(chunk.Members) > 0 {
			yield(chunk, nil)
		}
	}
}

// check says why q is not answered.
func (d *discourse) check(ctx context.Context, q gateway.Query) error {
	if shards.Of(q.Guild, shardCount) != caller(ctx) {
		return gateway.ErrElsewhere
	}
	return q.Validate()
}

// find yields the members that q asks for.
func find(q gateway.Query) iter.Seq[gateway.Member] {
	return func(yield func(gateway.Member) bool) {
		found := 0
		for i := range population[q.Guild] {
			m := gateway.Member{Name: fmt.Sprintf("member-%d", i)}
			if !strings.HasPrefix(m.Name, q.Prefix) || len(q.Names) > 0 && !slices.Contains(q.Names, m.Name) {
				continue
			}
			if !yield(m) {
				return
			}
			if found++; found == q.Limit {
				return
			}
		}
	}
}

// say publishes that user says text.
func (d *discourse) say(ctx context.Context, guild, user, text string) error {
	shard := shards.Of(guild, shardCount).String()
	return gateway.NewGuildEventsPublisher(d.server()).Said(ctx, shard, guild, user, text)
}

// typing publishes that user types.
func (d *discourse) typing(ctx context.Context, guild, user string) error {
	shard := shards.Of(guild, shardCount).String()
	return gateway.NewGuildEventsPublisher(d.server()).Typing(ctx, shard, guild, user)
}
