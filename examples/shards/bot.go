package main

import (
	"context"
	"fmt"
	"time"

	"github.com/ipcgen/ipcgen/examples/shards/gateway"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/shards"
)

// bot is what is in the guilds.
type bot struct {
	*shards.Shards
	heard chan string
	state chan struct{} // of some shard has changed
}

// newBot returns a bot that has not connected to the gateway at url yet.
func newBot(url string) (b *bot, err error) {
	b = &bot{heard: make(chan string, 100), state: make(chan struct{}, 1)}
	b.Shards, err = shards.New(url, &shards.Options{
		Count:       shardCount,
		Concurrency: 2,
		Spacing:     10 * time.Millisecond, // real gateways want seconds
		Client:      ipc.ClientOptions{Identity: ipc.Identity{Group: "bot-42"}},
		Setup:       b.setup,
		OnState: func(shards.Shard, ipc.State, ipc.State) {
			select {
			case b.state <- struct{}{}:
			default:
			}
		},
	})
	return b, err
}

// setup declares the intents of a shard: what is said, not who types. They are
// kept, and told to the gateway with every connection.
func (b *bot) setup(s shards.Shard, cl *ipc.Client) {
	hear := func(_ context.Context, _, guild, user, text string) error {
		b.heard <- fmt.Sprintf("%v hears in %s: %s: %s", s, guild, user, text)
		return nil
	}
	if _, err := gateway.SubscribeGuildEventsSaid(context.Background(), cl, gateway.Topics(s.String()), hear); err != nil {
		panic(err) // there is no connection that could refuse it
	}
}

// present changes the presence of all shards: what update does not mention
// stays. A shard that is not connected keeps it, and says it when it is.
func (b *bot) present(ctx context.Context, update query.Metadata) error {
	for _, cl := range b.All() {
		if _, err := cl.SetMetadata(ctx, update); err != nil {
			return err
		}
	}
	return nil
}

// ready waits until all shards are.
func (b *bot) ready(ctx context.Context) error {
	for !b.allReady() {
		select {
		case <-b.state:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (b *bot) allReady() bool {
	for _, cl := range b.All() {
		if cl.State() != ipc.Ready {
			return false
		}
	}
	return true
}

// count asks for members, by the shard of their guild, and returns how many
// came in each chunk.
func (b *bot) count(ctx context.Context, q gateway.Query) (sizes []int, err error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	cl, err := b.For(q.Guild)
	if err != nil {
		return nil, err
	}
	for chunk, err := range gateway.NewGatewayClient(cl).Members(ctx, q) {
		if err != nil {
			return sizes, err
		}
		sizes = append(sizes, len(chunk.Members))
	}
	return sizes, nil
}

// anotherThan returns the client of a shard to which guild does not belong.
func (b *bot) anotherThan(guild string) *ipc.Client {
	return b.Client((shards.Of(guild, shardCount).ID + 1) % shardCount)
}
