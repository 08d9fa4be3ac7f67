package gateway

import "context"

// GuildEvents are what happens in guilds. They are published under the shard
// that a guild belongs to, so that each gets its own. A shard subscribes to
// those that it has an intent for; the others are not even encoded.
//
//ipc:events topic=guilds.{shard}.{guild}
type GuildEvents interface {
	// Said is published when somebody says something.
	Said(ctx context.Context, shard, guild, user, text string) error
	// Typing is published when somebody types, which is often.
	Typing(ctx context.Context, shard, guild, user string) error
}

// Topics returns the pattern of what belongs to a shard.
func Topics(shard string) string { return "guilds." + shard + ".*" }
