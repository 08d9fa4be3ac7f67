package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test's own program be the plugin, and the host that is to
// be killed.
func TestMain(m *testing.M) {
	switch strings.Join(os.Args[1:], "") {
	case "plugin":
		if witness := os.Getenv("WITNESS"); witness != "" {
			net.Dial("unix", witness) // until the process ends
		}
		main()
	case "host":
		fmt.Println(newClient(exec.Command(os.Args[0], "plugin")).Connect(context.Background()))
		select {}
	default:
		os.Setenv("GORACE", "atexit_sleep_ms=0") // a race build lingers for a second
		os.Exit(m.Run())
	}
}

func TestHostAndPluginCallEachOther(t *testing.T) {
	var out bytes.Buffer
	log.SetOutput(&out)
	defer log.SetOutput(os.Stderr)
	if err := host(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"ipc: child printed to stdout", "before the plugin serves",
		`the plugin prints: "a print from amid the protocol\n"`,
		"the plugin returns: Dear Ada, welcome.\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
}

func TestPluginGoesWithAHostThatIsKilled(t *testing.T) {
	dir, err := os.MkdirTemp("", "plugin") // short: the name of a socket may not be long
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", filepath.Join(dir, "witness"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	deadline := time.Now().Add(20 * time.Second)
	l.(*net.UnixListener).SetDeadline(deadline)

	cmd := exec.CommandContext(t.Context(), os.Args[0], "host")
	cmd.Env = append(os.Environ(), "WITNESS="+l.Addr().String())
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	plugin, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "<nil>\n" {
		t.Fatalf("the host's Connect: %q, %v", line, err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	plugin.SetDeadline(deadline)
	if _, err := plugin.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the plugin goes on: %v", err)
	}
}
