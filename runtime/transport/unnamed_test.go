package transport

import (
	"net/http"
	"strings"
	"testing"
)

// A WebSocket without a subprotocol speaks the unnamed one, from either end.
func TestUnnamedSubprotocol(t *testing.T) {
	l := listenAt(t, "ws://127.0.0.1:0/", &Options{Subprotocols: []string{"v2", "plain"}, Unnamed: "plain"})
	for _, test := range []struct {
		dialer Options
		want   string
	}{
		{Options{Subprotocols: []string{"plain"}, Unnamed: "plain"}, "plain"},
		{Options{Subprotocols: []string{"plain"}}, "plain"}, // it may be named
		{Options{Subprotocols: []string{"v2"}}, "v2"},
		{Options{Subprotocols: []string{"v2", "plain"}, Unnamed: "plain"}, "v2"},
	} {
		dialer, acceptor := meet(t, l, &test.dialer)
		if dialer.Subprotocol() != test.want || acceptor.Subprotocol() != test.want {
			t.Errorf("%+v: %q and %q, want %q", test.dialer, dialer.Subprotocol(), acceptor.Subprotocol(), test.want)
		}
		dialer.Close(0, "")
		acceptor.Close(0, "")
	}
	_, err := Dial(t.Context(), l.URL(), &Options{Subprotocols: []string{"v1"}})
	if err == nil || !strings.Contains(err.Error(), "no common subprotocol") {
		t.Errorf("another name: %v", err)
	}
	if _, err := Listen(t.Context(), "ws://127.0.0.1:0/", &Options{Unnamed: "plain"}); err == nil {
		t.Error("one that is not spoken was taken")
	}
}

// An unnamed subprotocol is not offered: not every server ignores what it does
// not know.
func TestUnnamedIsNotOffered(t *testing.T) {
	r := upgradeRequest("http://example.com/")
	r.Header.Del("Sec-WebSocket-Protocol")
	for _, o := range []*Options{
		{Subprotocols: []string{"plain"}, Unnamed: "plain"},
		{Subprotocols: []string{"v2", "plain"}, Unnamed: "plain"},
	} {
		want := strings.Join(o.Subprotocols[:len(o.Subprotocols)-1], ",")
		if got := strings.Join(named(o), ","); got != want {
			t.Errorf("offered %q, want %q", got, want)
		}
		if chosen, err := chooseFor(r, o); chosen != "plain" || err != nil {
			t.Errorf("chosen %q, %v", chosen, err)
		}
	}
	if _, err := chooseFor(&http.Request{}, &Options{Subprotocols: []string{"v2"}}); err == nil {
		t.Error("none was agreed on, and nobody minds")
	}
}

// A ping is answered by whoever reads, from either end, and does not end the reading.
func TestPing(t *testing.T) {
	for _, url := range []string{"ws://127.0.0.1:0/", "wss://127.0.0.1:0/"} {
		o := withTLS(t, Options{})
		dialer, acceptor := meet(t, listenAt(t, url, o), o)
		for near, far := range map[Conn]Conn{dialer: acceptor, acceptor: dialer} {
			answered := make(chan struct{})
			heard := make(chan string, 2)
			for _, c := range []Conn{near, far} {
				go func() {
					msg, _ := c.Read(nil)
					heard <- string(msg)
				}()
			}
			if err := near.(Pinger).Ping(func() { close(answered) }); err != nil {
				t.Fatal(err)
			}
			<-answered
			mustWrite(t, far, []byte("hello"))
			mustWrite(t, near, []byte("hello"))
			if a, b := <-heard, <-heard; a != "hello" || b != "hello" {
				t.Errorf("%s: read %q and %q", url, a, b)
			}
		}
		dialer.Close(0, "")
		acceptor.Close(0, "")
		if err := dialer.(Pinger).Ping(func() {}); err == nil {
			t.Errorf("%s: a ping after the end", url)
		}
	}
}
