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
	out, in := io.Pipe()
	log.SetOutput(in)
	log.SetFlags(0)
	defer log.SetOutput(os.Stderr)

	bot := exec.Command(python, "bot.py", "bot-1", l.URL(), "sesame")
	bot.Stdout, bot.Stderr = in, in
	if err := bot.Start(); err != nil {
		t.Fatal(err)
	}
	patience := time.AfterFunc(time.Minute, func() { in.Close() })
	defer patience.Stop()
	missing := map[string]bool{
		"bots/bot-1 is in 3 servers":                             true,
		"bots/bot-1 posted message 1 to #general: HELLO FROM GO": true,
		"in gophers commands begin with go!":                     true,
		"in snakes commands begin with !":                        true,
	}
	var said []string
	for lines := bufio.NewScanner(out); len(missing) > 0 && lines.Scan(); {
		said = append(said, lines.Text())
		delete(missing, lines.Text())
	}
	go io.Copy(io.Discard, out)
	if len(missing) > 0 {
		t.Errorf("they do not say %v:\n%s", missing, strings.Join(said, "\n"))
	}
	bot.Process.Kill()
	bot.Wait()
	srv.Close()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
