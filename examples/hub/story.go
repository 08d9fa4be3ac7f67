package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/ipcgen/ipcgen/examples/hub/fleet"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// story is what happens in this example.
type story struct {
	out     io.Writer
	hub     *hub
	url     string
	crew    crew
	console *ipc.Client // of an operator
	guest   *ipc.Client
}

// act is a part of a chapter: it returns what it came to.
type act struct {
	name string
	do   func(context.Context) (any, error)
}

func newStory(out io.Writer) *story { return &story{out: out, hub: newHub(), crew: crew{}} }

// play plays all acts and returns what they came to, by their names.
func (s *story) play(ctx context.Context) (found map[string]any, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	begin := time.Now()
	dir, err := os.MkdirTemp("", "hub")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	l, err := s.hub.Listen(ctx, "unix://"+dir+"/hub.sock")
	if err != nil {
		return nil, err
	}
	s.url = l.URL()
	go s.hub.Serve(ctx, l)
	defer s.hub.Close()
	defer s.crew.dismiss()

	found = map[string]any{}
	for _, chapter := range []func() (string, []act){s.join, s.choose, s.fanOut, s.relay, s.watch} {
		title, acts := chapter()
		fmt.Fprintf(s.out, "\n%s\n", title)
		for _, a := range acts {
			if found[a.name], err = s.perform(ctx, a); err != nil {
				return found, fmt.Errorf("%s: %w", a.name, err)
			}
		}
	}
	fmt.Fprintf(s.out, "\nThat was all, in %s.\n", short(time.Since(begin)))
	return found, errors.Join(s.console.Close(), s.guest.Close())
}

// perform performs an act and prints what it came to.
func (s *story) perform(ctx context.Context, a act) (any, error) {
	begin := time.Now()
	got, err := a.do(ctx)
	if err != nil {
		return nil, err
	}
	took := short(time.Since(begin))
	lines := strings.Split(strings.TrimSpace(fmt.Sprint(got)), "\n")
	if len(lines) == 1 {
		fmt.Fprintf(s.out, "  %-14s %-64s %10s\n", a.name, lines[0], took)
		return got, nil
	}
	fmt.Fprintf(s.out, "  %-79s %10s\n", a.name, took)
	for _, line := range lines {
		fmt.Fprintf(s.out, "    %s\n", line)
	}
	return got, nil
}

// start starts a bot and waits until it has joined.
func (s *story) start(ctx context.Context, name string, t temper) error {
	if err := s.crew.start(ctx, s.url, name, t); err != nil {
		return err
	}
	return s.hub.until(ctx, 1, named(name))
}

// stop kills a bot and waits until it has left.
func (s *story) stop(ctx context.Context, name string) error {
	s.crew.stop(name)
	return s.hub.until(ctx, 0, named(name))
}

// bot is a caller's stub for the bot of that name.
func (s *story) bot(name string) *fleet.BotClient {
	return fleet.NewBotClient(s.hub.Peer(ipc.Identity{Group: "bots", Name: name}))
}

// short rounds d to what one can read at a glance.
func short(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.2f ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}
