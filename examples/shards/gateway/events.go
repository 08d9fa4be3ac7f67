package gateway

import "github.com/ipcgen/ipcgen/runtime/ipc"

// What happens in guilds is published under guilds.SHARD.GUILD, so that a shard
// gets what belongs to it. A shard subscribes to those kinds of events that it
// has an intent for; the others are not even encoded.

// Said is published when somebody says something.
var Said = &ipc.Event[Saying]{
	Route:   &ipc.Route{Name: "GuildEvents.Said", Kind: ipc.KindNotify},
	Pattern: "guilds.*.*",
	Topic:   func(s *Saying) []string { return []string{"guilds", s.Shard, s.Guild} },
}

// Saying is what was said.
type Saying struct{ Shard, Guild, User, Text string }

// Typing is published when somebody types, which is often.
var Typing = &ipc.Event[Typist]{
	Route:   &ipc.Route{Name: "GuildEvents.Typing", Kind: ipc.KindNotify},
	Pattern: "guilds.*.*",
	Topic:   func(t *Typist) []string { return []string{"guilds", t.Shard, t.Guild} },
}

// Typist is somebody who types.
type Typist struct{ Shard, Guild, User string }

// Topics returns the pattern of what belongs to a shard.
func Topics(shard string) string { return "guilds." + shard + ".*" }
