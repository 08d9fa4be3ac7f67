// Package fleet is what the hub and the bots of package hub agree on.
package fleet

import (
	"context"
	"iter"
	"time"

	"github.com/ipcgen/ipcgen/runtime/query"
)

//go:generate go tool ipcgen

// Bot works. Bots connect to the hub, which calls them; through the hub they
// are called by operators and by one another.
//
//ipc:service
type Bot interface {
	// Do does a job.
	//
	//ipc:route timeout=10s
	Do(ctx context.Context, job Job) (Done, error)

	// Delegate has another bot do a job: of those with the skill the one with
	// the lowest load.
	Delegate(ctx context.Context, job Job, skill string) (Done, error)

	// Beat streams 1, 2, 3 ... without end.
	Beat(ctx context.Context) iter.Seq2[int, error]

	// Load makes the bot say that its load is another one. It returns the
	// revision of what is known of the fleet.
	Load(ctx context.Context, load int) (uint64, error)

	// Remind reminds the bot of something, which it confirms with Hub.Heard.
	//
	//ipc:notify
	Remind(ctx context.Context, text string) error
}

// Hub is what the hub serves to the bots.
//
//ipc:service
type Hub interface {
	// Heard tells that the bot has heard text.
	//
	//ipc:notify
	Heard(ctx context.Context, text string) error
}

// Job is something to do.
type Job struct {
	Name  string
	Takes time.Duration
}

// Done is a job that was done.
type Done struct {
	By, For string // which bot, and who called it
}

// String returns who did it, and for whom.
func (d Done) String() string { return d.By + " for " + d.For }

// Status is what a bot says of itself.
//
//ipc:metadata
type Status struct {
	Region string        `json:"region"`
	Load   int           `json:"load"`
	Build  query.Version `json:"build"`
	Skills []string      `json:"skills"`
}
