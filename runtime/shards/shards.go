// Package shards runs the clients that share one job: each holds a connection
// to the server, and each has its share of the keys.
//
//	s, err := shards.New("wss://gateway.example/ipc", &shards.Options{
//		Count:  16,
//		Client: ipc.ClientOptions{Identity: ipc.Identity{Group: "bot"}, Secret: secret},
//		Setup:  func(_ shards.Shard, cl *ipc.Client) { gateway.RegisterListener(cl, listener{}) },
//	})
//	if err := s.Start(ctx); err != nil { ... }       // all are ready
//	cl, err := s.For(guild)                          // the shard to which the key belongs
//	err = s.Wait(ctx)                                // until one is gone for good
//	s.Close()
//
// # One shard
//
// A [Shard] is a number of so many. It is known to the server by the name of
// its identity, such as bot/3-of-16, which [Parse] reads, and in queries by the
// metadata shard.id and shard.count. Each has an [ipc.Client], which reconnects
// for ever unless it is turned away for good, and keeps its metadata and its
// subscriptions over all connections.
//
// # Turns
//
// Servers do not like it when many identify at once, least of all after a
// restart of their own. So attempts to connect wait for their turn, the first
// ones and those to reconnect alike:
//
//	shards 0, 2, 4, ...  --> lane 0 --> one attempt, then a pause of Spacing
//	shards 1, 3, 5, ...  --> lane 1 --> one attempt, then a pause of Spacing
//
// There are Concurrency lanes, and shard i uses lane i modulo that. A lane
// lets attempts through in the order in which they came. Where the server says
// when to come again, the whole lane waits for that. A shard that fails waits
// first by itself, longer each time, as every client does.
package shards

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// Shard is number ID, from 0, of Count.
type Shard struct{ ID, Count int }

// Of returns the shard to which a key belongs: of count, the one whose number
// is the 64-bit FNV-1a hash of the key modulo count. It panics if count is not
// positive.
func Of(key string, count int) Shard {
	h := fnv.New64a()
	h.Write([]byte(key))
	return Shard{int(h.Sum64() % uint64(count)), count}
}

// String returns the shard as it is named in an identity: 3-of-16.
func (s Shard) String() string { return fmt.Sprintf("%d-of-%d", s.ID, s.Count) }

// Parse reads what [Shard.String] wrote.
func Parse(name string) (Shard, error) {
	id, count, ok := strings.Cut(name, "-of-")
	var s Shard
	var err error
	if s.ID, err = strconv.Atoi(id); ok && err == nil {
		s.Count, err = strconv.Atoi(count)
	}
	if !ok || err != nil || s.String() != name {
		return Shard{}, fmt.Errorf("shards: %q is not of the form 3-of-16", name)
	}
	return s, s.validate()
}

func (s Shard) validate() error {
	switch {
	case s.Count < 1:
		return errors.New("shards: the count of shards must be at least 1")
	case s.ID < 0 || s.ID >= s.Count:
		return fmt.Errorf("shards: there is no shard %d of %d: they are numbered from 0", s.ID, s.Count)
	}
	return nil
}
