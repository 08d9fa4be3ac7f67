package ipc

import (
	"context"
	"crypto/tls"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

func TestWhereTokensMayGo(t *testing.T) {
	for name, tc := range map[string]struct {
		info    transport.Info
		private bool
	}{
		"tcp to another machine": {from("192.0.2.7"), false},
		"tcp over IPv6":          {from("2001:db8::7"), false},
		"tcp within the machine": {from("127.0.0.1"), true},
		"the same, IPv6":         {from("::1"), true},
		"tls":                    {transport.Info{Scheme: "tls", TLS: &tls.ConnectionState{}, Remote: from("192.0.2.7").Remote}, true},
		"a Unix socket":          {ofUser(7), true},
		"a child":                {transport.Info{Scheme: "stdio", UID: -1}, true},
		"nobody knows":           {transport.Info{Scheme: "tcp", UID: -1}, false},
	} {
		if got := private(tc.info); got != tc.private {
			t.Errorf("%s: private is %v", name, got)
		}
	}
}

// Neither side sends or takes a token where others may read it.
func TestTokensOverPlainTCPAreRefused(t *testing.T) {
	ch := &wire.Challenge{Version: wire.Version, Nonce: newNonce(), Methods: []string{methodToken}}
	id := &wire.Identify{Version: wire.Version, Group: "bots", Method: methodToken, Token: "t"}
	c := NewClient("tcp://192.0.2.7:1", &ClientOptions{Token: "t"})
	defer c.Close()
	if _, err := c.answer(ch, from("192.0.2.7")); err == nil {
		t.Error("the client sends it")
	}
	asked := false
	s := NewServer(&ServerOptions{Authenticate: func(context.Context, *Attempt) error { asked = true; return nil }})
	defer s.Close()
	if _, err := s.judge(t.Context(), from("192.0.2.7"), ch, id); err == nil || asked {
		t.Errorf("the server takes it: %v, asked: %v", err, asked)
	}
	if _, err := s.judge(t.Context(), from("127.0.0.1"), ch, id); err != nil || !asked {
		t.Errorf("within the machine: %v, asked: %v", err, asked)
	}
}

func TestTenWrongCredentialsAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var th throttle
		bad := from("192.0.2.7")
		for i := range 10 {
			if th.blocked(bad) {
				t.Fatalf("blocked after %d", i)
			}
			th.failure(bad)
		}
		if !th.blocked(bad) {
			t.Error("not blocked after ten")
		}
		for name, other := range map[string]transport.Info{"another address": from("192.0.2.8"), "a user": ofUser(7), "memory": {Scheme: "mem"}} {
			if th.blocked(other) {
				t.Errorf("%s is blocked, too", name)
			}
		}
		time.Sleep(7 * time.Second)
		if th.blocked(bad) {
			t.Error("blocked after a pause")
		}
		th.failure(bad)
		if !th.blocked(bad) {
			t.Error("more than one attempt was earned by the pause")
		}
		time.Sleep(time.Minute)
		allowed := 0
		for ; !th.blocked(bad); allowed++ {
			th.failure(bad)
		}
		if allowed != 10 {
			t.Errorf("%d attempts a minute later", allowed)
		}
	})
}

// However many addresses guess, they are remembered within bounds.
func TestTheThrottleForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var th throttle
		for i := range 3 * maxOrigins {
			th.failure(ofUser(i))
		}
		if len(th.wrong) > maxOrigins {
			t.Errorf("%d origins are remembered", len(th.wrong))
		}
	})
}
