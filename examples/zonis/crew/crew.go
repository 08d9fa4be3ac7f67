// Package crew is what the server and the bots of package zonis agree on.
package crew

import "context"

//go:generate go tool ipcgen

// Bot is what every bot serves, in Python. Zonis knows routes by bare names,
// and arguments by the names of the parameters.
//
//ipc:service bare
type Bot interface {
	// Servers returns how many chat servers the bot is in.
	//
	//ipc:route name=servers timeout=2s
	Servers(ctx context.Context) (int, error)

	// Post posts text to a channel and returns what became of it.
	//
	//ipc:route name=post timeout=2s
	Post(ctx context.Context, channel, text string) (Message, error)
}

// Message is one that was posted.
type Message struct {
	ID      int    `json:"id"`
	Channel string `json:"channel"`
	Text    string `json:"text"`
}

// Dashboard is what the server serves the bots.
//
//ipc:service bare
type Dashboard interface {
	// Prefix returns what commands begin with on a chat server.
	//
	//ipc:route name=prefix
	Prefix(ctx context.Context, server string) (string, error)
}
