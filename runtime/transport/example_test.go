package transport_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/ipcgen/ipcgen/runtime/transport"
)

// answer accepts one connection and answers its first message.
func answer(l transport.Listener) {
	c, err := l.Accept()
	if err != nil {
		return
	}
	reply(c)
}

func reply(c transport.Conn) {
	if err := c.Handshake(context.Background()); err != nil {
		return
	}
	msg, err := c.Read(nil)
	if err != nil {
		return
	}
	send(c, "you said "+string(msg))
	c.Close(3000, "that was all")
}

// send writes, and waits only if the peer is slow.
func send(c transport.Conn, msg string) error {
	drained, err := c.Write([]byte(msg))
	if err == nil && !drained {
		err = c.Flush()
	}
	return err
}

func Example() {
	ctx := context.Background()
	l, err := transport.Listen(ctx, "mem:example", nil)
	if err != nil {
		panic(err)
	}
	defer l.Close()
	go answer(l)

	c, err := transport.Dial(ctx, l.URL(), nil)
	if err != nil {
		panic(err)
	}
	defer c.Close(0, "")
	send(c, "hello")
	msg, err := c.Read(nil)
	fmt.Println(string(msg), err)
	_, err = c.Read(nil)
	fmt.Println(err)
	// Output:
	// you said hello <nil>
	// closed by the peer: 3000 that was all
}

func ExampleUpgrade() {
	mux := http.NewServeMux()
	mux.HandleFunc("/ipc", func(w http.ResponseWriter, r *http.Request) {
		c, err := transport.Upgrade(w, r, nil)
		if err != nil {
			return // it was answered
		}
		go reply(c) // the handler is not needed any longer
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	url := strings.Replace(server.URL, "http", "ws", 1) + "/ipc"
	c, err := transport.Dial(context.Background(), url, nil)
	if err != nil {
		panic(err)
	}
	defer c.Close(0, "")
	send(c, "hello")
	msg, err := c.Read(nil)
	fmt.Println(string(msg), err)
	// Output:
	// you said hello <nil>
}

func ExamplePipe() {
	o := &transport.Options{Subprotocols: []string{"chat.v1"}}
	near, far := transport.Pipe(o)
	defer near.Close(0, "")
	defer far.Close(0, "")
	send(near, "hello")
	msg, err := far.Read(nil)
	fmt.Println(far.Subprotocol(), string(msg), err)
	// Output: chat.v1 hello <nil>
}
