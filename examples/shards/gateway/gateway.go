// Package gateway is what the gateway and the shards of package shards agree on.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

//go:generate go tool ipcgen

// Gateway is what the server serves to the shards of a bot.
//
//ipc:service
type Gateway interface {
	// Ready tells a shard about itself.
	//
	//ipc:route timeout=5s idempotent
	Ready(ctx context.Context) (Session, error)

	// Members streams the members that q asks for, in chunks of at most
	// ChunkSize. It fails with ErrElsewhere if the guild belongs to another
	// shard than the caller, and with a *BadQuery.
	Members(ctx context.Context, q Query) iter.Seq2[Chunk, error]
}

// Session is what a shard is told about itself.
type Session struct {
	User   string
	Guilds []string // those of the shard
}

// Query says which members of a guild are wanted.
type Query struct {
	Guild  string
	Prefix string   // of their names
	Names  []string // instead of a prefix
	Limit  int      // 0: all
}

// MaxNames is how many names a query may have.
const MaxNames = 100

// Validate returns a *BadQuery if that is what q is. The shard asks before it
// sends q, so that a mistake costs no round trip; the gateway asks again.
func (q Query) Validate() error {
	switch {
	case q.Guild == "":
		return &BadQuery{"a guild is needed"}
	case q.Prefix != "" && len(q.Names) > 0:
		return &BadQuery{"a prefix and names exclude each other"}
	case len(q.Names) > MaxNames:
		return &BadQuery{fmt.Sprintf("%d names, at most %d", len(q.Names), MaxNames)}
	case q.Limit < 0:
		return &BadQuery{"a negative limit"}
	}
	return nil
}

// ChunkSize is how many members a chunk has, the last one excepted.
const ChunkSize = 100

// Chunk is some of the members that were asked for.
type Chunk struct{ Members []Member }

// Member is somebody in a guild.
type Member struct{ Name string }

// BadQuery says what is wrong with a query.
//
//ipc:error bad-query
type BadQuery struct{ Problem string }

// Error returns the problem.
func (e *BadQuery) Error() string { return "bad query: " + e.Problem }

// ErrElsewhere says that a guild belongs to another shard.
//
//ipc:error elsewhere
var ErrElsewhere = errors.New("the guild belongs to another shard")

// Presence is what the others see the bot do.
//
//ipc:metadata
type Presence struct {
	Status  string `json:"status"`
	Playing string `json:"playing"`
}
