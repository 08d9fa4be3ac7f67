package main

import (
	"context"
	"encoding/json"
	"iter"
	"os"
	"time"

	"github.com/ipcgen/ipcgen/examples/hub/fleet"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// temper is how a bot takes its jobs.
type temper string

const (
	steady  temper = "steady"  // does them
	slow    temper = "slow"    // never gets them done
	fragile temper = "fragile" // dies of the first one
)

// bot is a fleet.Bot.
type bot struct {
	cl     *ipc.Client
	hub    *fleet.HubClient
	temper temper
}

// runBot connects a bot to the hub, and works until the hub goes. args are the
// URL, the name, the temper and the status.
func runBot(ctx context.Context, args []string) error {
	var status fleet.Status
	if err := json.Unmarshal([]byte(args[3]), &status); err != nil {
		return err
	}
	cl := ipc.NewClient(args[0], &ipc.ClientOptions{
		Identity:    ipc.Identity{Group: "bots", Name: args[1]},
		Metadata:    fleet.StatusMetadata(status),
		NoReconnect: true,
	})
	defer cl.Close()
	fleet.RegisterBot(cl, &bot{cl, fleet.NewHubClient(cl), temper(args[2])})
	if err := cl.Connect(ctx); err != nil {
		return err
	}
	<-cl.Done()
	return nil
}

func (b *bot) Do(ctx context.Context, job fleet.Job) (fleet.Done, error) {
	switch b.temper {
	case fragile:
		os.Exit(1)
	case slow:
		job.Takes = time.Hour
	}
	select {
	case <-time.After(job.Takes):
		r, _ := ipc.RequestFrom(ctx)
		return fleet.Done{By: b.cl.Identity().String(), For: r.Peer.String()}, nil
	case <-ctx.Done():
		b.hub.Heard(context.WithoutCancel(ctx), "no more "+job.Name)
		return fleet.Done{}, ctx.Err()
	}
}

// Delegate calls another bot with the same stub as the hub does.
func (b *bot) Delegate(ctx context.Context, job fleet.Job, skill string) (fleet.Done, error) {
	other := b.cl.One(fleet.StatusFields.Skills.Contains(skill), fleet.StatusFields.Load.Min())
	return fleet.NewBotClient(other).Do(ctx, job)
}

func (b *bot) Beat(context.Context) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for n := 1; yield(n, nil); n++ {
		}
	}
}

func (b *bot) Load(ctx context.Context, load int) (uint64, error) {
	return b.cl.SetMetadata(ctx, fleet.StatusFields.Load.Set(load))
}

func (b *bot) Remind(ctx context.Context, text string) error { return b.hub.Heard(ctx, text) }
