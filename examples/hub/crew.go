package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"

	"github.com/ipcgen/ipcgen/examples/hub/fleet"
	"github.com/ipcgen/ipcgen/runtime/query"
)

// crew is the processes of the bots, by name.
type crew map[string]*exec.Cmd

// start starts a bot, which then connects to the hub at url.
func (c crew) start(ctx context.Context, url, name string, t temper) error {
	status, err := json.Marshal(statuses[name])
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, os.Args[0], "bot", url, name, string(t), string(status))
	cmd.Stderr = os.Stderr
	c[name] = cmd
	return cmd.Start()
}

// stop kills a bot.
func (c crew) stop(name string) {
	c[name].Process.Kill()
	c[name].Wait() // that it was killed is no news
	delete(c, name)
}

// dismiss kills all bots.
func (c crew) dismiss() {
	for name := range c {
		c.stop(name)
	}
}

// statuses are what the bots say of themselves in the beginning.
var statuses = map[string]fleet.Status{
	"ada": {Region: "eu", Load: 3, Build: query.MustVersion("1.9.0"), Skills: []string{"chat"}},
	"bob": {Region: "eu", Load: 1, Build: query.MustVersion("1.10.0"), Skills: []string{"chat", "music"}},
	"cyd": {Region: "us", Load: 2, Build: query.MustVersion("1.10.0"), Skills: []string{"chat"}},
	"dan": {Region: "us", Load: 5, Build: query.MustVersion("2.0.0-rc.1"), Skills: []string{"music"}},
	"fay": {Region: "us", Load: 0, Build: query.MustVersion("2.0.0"), Skills: []string{"music"}},
	"hal": {Region: "us", Load: 9, Build: query.MustVersion("1.0.0"), Skills: []string{"chat"}},
	"sue": {Region: "us", Load: 9, Build: query.MustVersion("1.0.0"), Skills: []string{"chat"}},
}
