// Plugin is a host that spawns a plugin and talks to it over its stdin and
// stdout: the host calls the plugin, and in that call the plugin calls back.
//
//	go run ./examples/plugin
//
// The plugin is this program once more; it could be any program that serves at
// stdio:, and needs no more than that line to be one. It prints to stdout,
// too, as somebody always does in the end. That harms nobody: the host is told
// what was printed. The plugin ends when the host does, however that ends.
package main

import (
	"context"
	"log"
	"os"
	"os/exec"

	"github.com/ipcgen/ipcgen/examples/plugin/filter"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/transport"
)

func main() {
	log.SetFlags(0)
	run := host
	if len(os.Args) == 2 && os.Args[1] == "plugin" {
		run = plugin
	}
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// host starts a plugin and has it change a text.
func host(ctx context.Context) error {
	cl := newClient(exec.Command(os.Args[0], "plugin"))
	defer cl.Close() // returns when the plugin is gone
	if err := cl.Connect(ctx); err != nil {
		return err
	}
	text, err := filter.NewFilterClient(cl).Apply(ctx, "Dear $NAME, welcome.")
	if err != nil {
		return err
	}
	log.Print("the plugin returns: ", text)
	return nil
}

// newClient returns the client of a plugin. To connect is to start one, to
// reconnect, when it has crashed, is to start another.
func newClient(cmd *exec.Cmd) *ipc.Client {
	cmd.Stderr = prints{}
	cl := ipc.NewClient("stdio:", &ipc.ClientOptions{
		Dial: transport.Command(cmd),
	})
	filter.RegisterHost(cl, settings{"name": "Ada"})
	return cl
}

// settings are a filter.Host.
type settings map[string]string

func (s settings) Setting(_ context.Context, name string) (string, error) { return s[name], nil }

// prints is where the plugin's stderr goes, and its stdout while it serves.
type prints struct{}

func (prints) Write(p []byte) (int, error) {
	log.Printf("the plugin prints: %q", p)
	return len(p), nil
}
