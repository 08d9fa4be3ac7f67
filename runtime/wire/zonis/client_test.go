package zonis

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/transport"
)

// listen returns where a scripted server listens.
func listen(t *testing.T) transport.Listener {
	t.Helper()
	l, err := transport.Listen(t.Context(), "mem:"+t.Name(), inZonis)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func newClient(t *testing.T, l transport.Listener, opts ipc.ClientOptions) *ipc.Client {
	opts.Dialect, opts.Logger, opts.Identity = Dialect{}, quiet, one
	cl := ipc.NewClient(l.URL(), &opts)
	RegisterBot(cl, bot{caller: func() ipc.Caller { return cl }})
	t.Cleanup(func() { cl.Close() })
	return cl
}

// identifyOurs is how a client of ours begins.
var identifyOurs = strings.Replace(identifyAs("one", secret, "null"), "f0", "#0", 1)

var welcomeOurs = strings.Replace(welcomed, "f0", "#0", 1)

// connect makes cl connect to a scripted server, which lets it in.
func connect(t *testing.T, l transport.Listener, cl *ipc.Client) *scripted {
	t.Helper()
	connected := make(chan error, 1)
	go func() { connected <- cl.Connect(t.Context()) }()
	p := acceptScripted(t, l)
	p.want(identifyOurs)
	p.say(welcomeOurs)
	if err := <-connected; err != nil {
		t.Fatal(err)
	}
	return p
}

// A client of ours calls a server of Zonis and is called by it.
func TestClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := listen(t)
		cl := newClient(t, l, ipc.ClientOptions{Secret: []byte(secret)})
		p := connect(t, l, cl)
		ended := make(chan error, 1)
		go func() { ended <- NewAbsentClient(cl).Nowhere(t.Context()) }()
		p.want(strings.Replace(call("#1", "nowhere", "{}"), "f0", "#0", 1))
		p.say(failed("#1", "SERVER", "nowhere is not a valid route name."))
		if err := <-ended; !errors.Is(err, code.NoRoute) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("an unknown route: %v", err)
		}
		p.say(called("a", "hello", `{"name":"Ada"}`))
		p.want(succeeded("a", "one", `"hello, Ada"`))
		p.say(called("b", "nowhere", `{}`))
		p.want(failed("b", "one", "nowhere is not a valid route name."))
		p.say(called("c", "meet", `{}`))
		p.want(call("#3", "hello", `{"name":"you"}`))
		p.say(succeeded("#3", "SERVER", `"me"`))
		p.want(succeeded("c", "one", `"me"`))
		time.Sleep(24 * time.Hour) // in silence
		if cl.State() != ipc.Ready {
			t.Errorf("after a day it is %v", cl.State())
		}
		p.say(welcomeOurs)
		if got := p.hear(); !strings.HasPrefix(got, "closed 4101 welcome after the handshake") {
			t.Errorf("a second welcome: %s", got)
		}
	})
}

// A client that has no name has the one that Zonis gives it, and sends the
// override key.
func TestClientIdentifies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := listen(t)
		cl := ipc.NewClient(l.URL(), &ipc.ClientOptions{Dialect: Dialect{}, Logger: quiet, Token: "token", Override: []byte("key")})
		defer cl.Close()
		go cl.Connect(t.Context())
		p := acceptScripted(t, l)
		p.want(strings.Replace(identifyAs("DEFAULT", "token", `"key"`), "f0", "#0", 1))
		p.say(strings.Replace(welcomeOurs, "one", "DEFAULT", 1))
		synctest.Wait()
		if got := cl.Identity(); got != (ipc.Identity{Group: "client", Name: "DEFAULT"}) {
			t.Errorf("it is %v", got)
		}
	})
}

// What a server says instead of a welcome, and what the client makes of it.
func TestRefusedClient(t *testing.T) {
	for _, test := range []struct {
		name  string
		reply func(p *scripted)
		want  code.Code
	}{
		{"wrong secret", func(p *scripted) { p.conn.Close(4100, "Invalid secret key.") }, code.Denied},
		{"not IDENTIFY", func(p *scripted) { p.conn.Close(4101, "Expected IDENTIFY") }, code.Protocol},
		{"duplicate", func(p *scripted) { p.conn.Close(4102, "Duplicate identifier on IDENTIFY") }, code.Duplicate},
		{"a failure", func(p *scripted) { p.say(failed("#0", "SERVER", "no")) }, code.Denied},
		{"another type", func(p *scripted) { p.say(succeeded("#0", "SERVER", "1")) }, code.Protocol},
		{"another response", func(p *scripted) { p.say(succeeded("#1", "SERVER", "1")) }, code.Protocol},
		{"a request", func(p *scripted) { p.say(called("1", "hello", "{}")) }, code.Protocol},
		{"garbage", func(p *scripted) { p.say("<html>") }, code.Protocol},
		{"nothing", func(p *scripted) {}, code.NotConnected},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := listen(t)
				cl := newClient(t, l, ipc.ClientOptions{Secret: []byte(secret)})
				connected := make(chan error, 1)
				go func() { connected <- cl.Connect(t.Context()) }()
				p := acceptScripted(t, l)
				p.want(identifyOurs)
				test.reply(p)
				if err := <-connected; !errors.Is(err, test.want) || !errors.Is(err, ipc.ErrNotSent) {
					t.Errorf("connect: %v", err)
				}
			})
		})
	}
}

// Z7: a client that lost its connection identifies again. It stays away when the
// server says so with one of its numbers.
func TestReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := listen(t)
		cl := newClient(t, l, ipc.ClientOptions{Secret: []byte(secret)})
		p := connect(t, l, cl)
		p.conn.Close(1012, "restart")
		p = acceptScripted(t, l)
		p.want(identifyOurs)
		p.say(welcomeOurs)
		p.say(called("a", "hello", `{"name":"Ada"}`))
		p.want(succeeded("a", "one", `"hello, Ada"`))
		p.conn.Close(4102, "Duplicate identifier on IDENTIFY")
		<-cl.Done()
		if err := cl.Err(); !errors.Is(err, code.Duplicate) {
			t.Errorf("it stays away because of %v", err)
		}
	})
}

// elsewhere is a connection that seems to leave the machine.
type elsewhere struct{ transport.Conn }

func (elsewhere) Info() transport.Info {
	return transport.Info{Scheme: "ws", Remote: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}, UID: -1}
}

// A secret is not sent where others can read it.
func TestClientKeepsItsSecret(t *testing.T) {
	for _, test := range []struct {
		name string
		opts ipc.ClientOptions
		ok   bool
	}{
		{"secret", ipc.ClientOptions{Secret: []byte(secret)}, false},
		{"token", ipc.ClientOptions{Token: secret}, false},
		{"override key", ipc.ClientOptions{Override: []byte(secret)}, false},
		{"nothing to hide", ipc.ClientOptions{}, true},
		{"insecure", ipc.ClientOptions{Secret: []byte(secret), Insecure: true}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := listen(t)
				test.opts.Dial = func(ctx context.Context, o *transport.Options) (transport.Conn, error) {
					c, err := transport.Dial(ctx, l.URL(), o)
					return elsewhere{c}, err
				}
				cl := newClient(t, l, test.opts)
				connected := make(chan error, 1)
				go func() { connected <- cl.Connect(t.Context()) }()
				p := acceptScripted(t, l)
				got := p.hear()
				if test.ok {
					p.say(welcomeOurs)
				} else if strings.Contains(got, secret) {
					t.Errorf("heard %s", got)
				}
				err := <-connected
				if test.ok != (err == nil) || err != nil && !errors.Is(err, code.Denied) {
					t.Errorf("connect: %v", err)
				}
			})
		})
	}
}

// hinted is an event, as generated code would declare it.
var hinted = &ipc.Event[struct{ Text string }]{
	Route:   &ipc.Route{Name: "Hints.Hinted", Kind: ipc.KindNotify},
	Pattern: "hints",
	Topic:   func(*struct{ Text string }) []string { return []string{"hints"} },
}

// Zonis has no events: subscribing and publishing are refused at once, and a
// subscription made before there is a connection ends with it.
func TestNoEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := listen(t)
		cl := newClient(t, l, ipc.ClientOptions{Secret: []byte(secret)})
		handler := hinted.Handle(func(context.Context, *struct{ Text string }) error { return nil })
		if _, err := cl.Subscribe(t.Context(), "hints", handler); err != nil {
			t.Errorf("subscribe before: %v", err)
		}
		p := connect(t, l, cl)
		start := time.Now()
		_, err := cl.Subscribe(t.Context(), "hints", handler)
		if !errors.Is(err, code.Unsupported) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("subscribe: %v", err)
		}
		err = hinted.Publish(t.Context(), cl, &struct{ Text string }{"x"})
		if !errors.Is(err, code.Unsupported) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("publish: %v", err)
		}
		if d := time.Since(start); d > 0 {
			t.Errorf("it took %v", d)
		}
		p.say(called("a", "hello", `{"name":"Ada"}`))
		p.want(succeeded("a", "one", `"hello, Ada"`))
	})
}
