package transport

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// childRole is the environment variable that makes the test binary one of the
// children below.
const childRole = "TRANSPORT_TEST_CHILD"

var children = map[string]func(){
	"echo": func() {
		echo(listenAsChild())
	},
	"greeter": func() { // prints before and after
		fmt.Println("starting up")
		os.Stdout.Write([]byte{0, 0, 0, 8, 'm', 'e', 's', 's', 0, 0, 0, 0, 0xff})
		c := listenAsChild()
		fmt.Println("printed by fmt")
		syscall.Write(1, []byte("printed by descriptor\n"))
		echo(c)
	},
	"usage": func() {
		fmt.Println("usage: greeter [flags]")
		os.Exit(2)
	},
	"chatter": func() {
		for {
			if _, err := fmt.Println("lorem ipsum dolor sit amet"); err != nil {
				os.Exit(1)
			}
		}
	},
	"stranger": func() { // agrees, then prints what is no message
		os.Stdout.WriteString("\x00\x00\x00\x08messageshello, world\n")
		io.Copy(io.Discard, os.Stdin)
	},
	"other": func() { // speaks another subprotocol
		l, _ := Listen(context.Background(), "stdio:", &Options{Subprotocols: []string{"v9"}})
		c, _ := l.Accept()
		fmt.Fprintln(os.Stderr, c.Handshake(context.Background()))
	},
	"stubborn": func() { // does not go when told
		listenAsChild()
		time.Sleep(time.Hour)
	},
	"complainer": func() {
		c := listenAsChild()
		block := bytes.Repeat([]byte("complaint\n"), 100<<10)
		for written := 0; written < 1<<30; written += len(block) {
			os.Stderr.Write(block)
		}
		echo(c)
	},
	"parent": func() { // has a child of its own, and hands it descriptor 3
		cmd := childCommand("echo")
		cmd.ExtraFiles = []*os.File{os.NewFile(3, "witness")}
		if _, err := Command(cmd)(context.Background(), nil); err != nil {
			panic(err)
		}
		syscall.Close(3)
		echo(listenAsChild())
	},
	"dialer": func() { // takes the dialer's part
		c, err := Dial(context.Background(), "stdio:", nil)
		if err != nil {
			panic(err)
		}
		if _, err := Dial(context.Background(), "stdio:", nil); err == nil {
			panic("stdio was taken twice")
		}
		echo(c)
	},
}

func TestMain(m *testing.M) {
	if run, ok := children[os.Getenv(childRole)]; ok {
		run()
		return
	}
	goleak.VerifyTestMain(m)
}

// listenAsChild is what a child does to serve.
func listenAsChild() Conn {
	l, err := Listen(context.Background(), "stdio:", nil)
	if err != nil {
		panic(err)
	}
	c, err := l.Accept()
	if err != nil {
		panic(err)
	}
	if err := c.Handshake(context.Background()); err != nil {
		panic(err)
	}
	return c
}

func childCommand(role string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childRole+"="+role,
		"GORACE=atexit_sleep_ms=0") // a race build lingers for a second
	return cmd
}

// spawn starts a child and takes its stderr.
func spawn(t *testing.T, role string, o *Options) (Conn, *strings.Builder) {
	t.Helper()
	var stderr strings.Builder
	cmd := childCommand(role)
	cmd.Stderr = &stderr
	c, err := Command(cmd)(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(0, "") })
	return c, &stderr
}

func mustEcho(t *testing.T, c Conn, text string) {
	t.Helper()
	mustWrite(t, c, []byte(text))
	mustRead(t, c, []byte(text))
}

// isGone reports whether the child has exited and was waited for.
func isGone(c Conn) bool { return c.(*childConn).cmd.ProcessState != nil }

func kill(t *testing.T, c Conn) {
	t.Helper()
	if err := c.(*childConn).cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
}
