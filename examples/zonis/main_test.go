package main

import (
	"bufio"
	"context"
	"io"
	"log"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ipcgen/ipcgen/internal/require"
)

// What a server in Go and a bot in Python say when they meet.
func TestGoBesidePython(t *testing.T) {
	python := require.Python(t, "zonis")
	srv := newServer("sesame")
	l, err := srv.Listen(t.Context(), "ws://127.0.0.1:0/ipc")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), l) }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	said := make(chan string)
	log.SetOutput(lines(ctx, said))
	log.SetFlags(0)
	defer log.SetOutput(os.Stderr)

	bot := exec.Command(python, "bot.py", "bot-1", l.URL(), "sesame")
	bot.Stdout, bot.Stderr = lines(ctx, said), lines(ctx, said)
	if err := bot.Start(); err != nil {
		t.Fatal(err)
	}
	missing := map[string]bool{
		"bots/bot-1 is in 3 servers":                             true,
		"bots/bot-1 posted message 1 to #general: HELLO FROM GO": true,
		"in gophers commands begin with go!":                     true,
		"in snakes commands begin with !":                        true,
	}
	var all []string
	for len(missing) > 0 && ctx.Err() == nil {
		select {
		case line := <-said:
			all = append(all, line)
			delete(missing, line)
		case <-ctx.Done():
		}
	}
	if len(missing) > 0 {
		t.Errorf("they do not say %v:\n%s", missing, strings.Join(all, "\n"))
	}
	cancel()
	bot.Process.Kill()
	bot.Wait()
	srv.Close()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// lines returns what passes on each line that is written to it, whole: what
// others write to the same channel does not come between. From the end of ctx
// on it passes on nothing.
func lines(ctx context.Context, to chan<- string) io.Writer {
	out, in := io.Pipe()
	go func() {
		for text := bufio.NewScanner(out); text.Scan(); {
			select {
			case to <- text.Text():
			case <-ctx.Done():
			}
		}
	}()
	return in
}
