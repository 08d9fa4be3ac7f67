// Shards is a gateway with many sessions: a bot is in so many guilds that it
// holds several connections, each for its share of them.
//
//	go run ./examples/shards
//
// The shards connect in turns, as the gateway wants it, and each gets the
// events of its own guilds only, and of these the ones it has declared an
// intent for. What the bot is doing, its presence, is set at any time, also
// while there is no connection, and said again with every new one. The members
// of a guild are asked for and come in chunks, as a stream that ends by itself.
// Then the gateway restarts: nothing of all this has to be done again.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ipcgen/ipcgen/examples/shards/gateway"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run runs the gateway and the bot.
func run(ctx context.Context, out io.Writer) error {
	g := newDiscourse()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	web := &http.Server{Handler: g}
	go web.Serve(l)
	defer web.Close()
	defer func() { g.server().Close() }() // net/http loses sight of WebSockets

	b, err := newBot("ws://" + l.Addr().String())
	if err != nil {
		return err
	}
	defer b.Close()
	s := &story{ctx, out, g, b}
	for _, chapter := range []func() error{s.start, s.members, s.events, s.restart} {
		if err := chapter(); err != nil {
			return err
		}
	}
	return b.Err()
}

// story is what happens in this example.
type story struct {
	ctx context.Context
	out io.Writer
	g   *discourse
	b   *bot
}

func (s *story) printf(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

// start connects the shards. The presence was set before.
func (s *story) start() error {
	if err := s.b.present(s.ctx, gateway.PresenceMetadata(gateway.Presence{Status: "online", Playing: "chess"})); err != nil {
		return err
	}
	if err := s.b.Start(s.ctx); err != nil {
		return err
	}
	for shard, cl := range s.b.All() {
		session, err := gateway.NewGatewayClient(cl).Ready(s.ctx)
		if err != nil {
			return err
		}
		s.printf("%v is %s, in %v", shard, session.User, session.Guilds)
	}
	return s.presences()
}

// presences prints what the gateway knows of the shards.
func (s *story) presences() error {
	for _, p := range s.g.server().Peers() {
		presence, err := gateway.PresenceFromMetadata(p.Metadata())
		if err != nil {
			return err
		}
		s.printf("the gateway sees %s: %s, playing %s", p.Identity().Name, presence.Status, presence.Playing)
	}
	return nil
}

// members asks for members.
func (s *story) members() error {
	sizes, err := s.b.count(s.ctx, gateway.Query{Guild: "go"})
	s.printf("members of go: %v, %v", sizes, err)
	sizes, err = s.b.count(s.ctx, gateway.Query{Guild: "rust", Prefix: "member-1", Limit: 30})
	s.printf("some of rust: %v, %v", sizes, err)

	asked := s.g.asked.Load()
	_, err = s.b.count(s.ctx, gateway.Query{Guild: "go", Prefix: "a", Names: []string{"b"}})
	s.printf("asked with a mistake: %v, after %d more requests", err, s.g.asked.Load()-asked)
	for _, err = range gateway.NewGatewayClient(s.b.anotherThan("go")).Members(s.ctx, gateway.Query{Guild: "go"}) {
		s.printf("asked by another shard: %v", err)
	}
	return nil
}

// events happen in guilds.
func (s *story) events() error {
	for _, guild := range guilds {
		if err := s.g.typing(s.ctx, guild, "ada"); err != nil {
			return err
		}
		if err := s.g.say(s.ctx, guild, "ada", "hello, "+guild); err != nil {
			return err
		}
	}
	return s.listen()
}

// listen prints what the bot has heard: one event from each guild.
func (s *story) listen() error {
	var lines []string
	for range guilds {
		select {
		case line := <-s.b.heard:
			lines = append(lines, line)
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
	}
	slices.Sort(lines)
	s.printf("%s", strings.Join(lines, "\n"))
	return nil
}

// restart replaces the server of the gateway. Meanwhile the bot goes on to
// another game.
func (s *story) restart() error {
	s.printf("the gateway restarts")
	s.g.restart()
	if err := s.b.present(s.ctx, gateway.PresenceFields.Playing.Set("go")); err != nil { // the status stays
		return err
	}
	if err := s.g.until(s.ctx, shardCount, gateway.PresenceFields.Playing.Eq("go")); err != nil {
		return err
	}
	if err := s.b.ready(s.ctx); err != nil {
		return err
	}
	if err := s.presences(); err != nil {
		return err
	}
	return s.events()
}
