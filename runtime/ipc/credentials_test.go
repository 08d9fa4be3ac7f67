package ipc_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Before they are identified, strangers get nothing but a reason to leave.

func TestNothingBeforeIdentify(t *testing.T) {
	for name, said := range map[string]step{
		"a call":             say(call(1, "Test.Touch", text("a"))),
		"a notification":     say(notify("Test.Touch", text("a"))),
		"a ping":             say(about(wire.KindPing, 1)),
		"a reply":            say(reply(2, "a")),
		"a welcome":          say(about(wire.KindWelcome, 0)),
		"a challenge":        say(about(wire.KindChallenge, 0)),
		"a hint":             sayRaw(raw{"84 1841 01 60 40", `{"kind":"x-later","id":1}`}),
		"nothing legible":    sayRaw(raw{"ff ff ff", "?"}),
		"no body":            say(about(wire.KindIdentify, 0)),
		"a body of nulls":    say(with(packet{Kind: wire.KindIdentify}, raw{"f6", "null"})),
		"a body of garbage":  say(with(packet{Kind: wire.KindIdentify}, raw{"a1 01 02", `[1]`})),
		"a key twice":        say(with(packet{Kind: wire.KindIdentify}, raw{"a2 656e6f6e6365 40 656e6f6e6365 40", `{"nonce":"","nonce":""}`})),
		"a call right after": func(s *stranger) { s.send(s.message(about(wire.KindIdentify, 0), call(1, "Test.Touch", text("a")))) },
	} {
		t.Run(name, func(t *testing.T) {
			scene(t, ipc.ServerOptions{}, touch(t), hearChallenge, said, hearEnd(3502))
		})
	}
}

// A message of the handshake has 4 KiB.
func TestIdentifyThatIsTooLarge(t *testing.T) {
	large := func(n int) step {
		return as("strangers", "one", canary, func(id *wire.Identify) { id.Token = strings.Repeat("x", n) })
	}
	scene(t, ipc.ServerOptions{}, nil, hearChallenge, large(3000), hearWelcome)
	scene(t, ipc.ServerOptions{}, nil, hearChallenge, large(5000), hearEnd(1009))
	scene(t, ipc.ServerOptions{}, nil, hearChallenge, large(1<<20), hearEnd(1009))
}

// The handshake has 10 s, however it is spent.
func TestIdentifyThatIsTooLate(t *testing.T) {
	scene(t, ipc.ServerOptions{}, nil, hearChallenge, pause(9*time.Second), as("strangers", "one", canary, nil), hearWelcome)
	scene(t, ipc.ServerOptions{}, nil, hearChallenge, pause(11*time.Second), as("strangers", "one", canary, nil), hearEnd(3004))
	scene(t, ipc.ServerOptions{}, nil, pause(11*time.Second), hearEnd(3004))
}

func TestIdentifyThatIsWrong(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*wire.Identify)
		status uint16
	}{
		"another version":      {func(id *wire.Identify) { id.Version = 2 }, 3503},
		"no version":           {func(id *wire.Identify) { id.Version = 0 }, 3503},
		"no group":             {func(id *wire.Identify) { id.Group = "" }, 3500},
		"a group of two":       {func(id *wire.Identify) { id.Group = "a/b" }, 3500},
		"a name of two":        {func(id *wire.Identify) { id.Name = "a/b" }, 3500},
		"a name with spaces":   {func(id *wire.Identify) { id.Name = "a b" }, 3500},
		"a long name":          {func(id *wire.Identify) { id.Name = strings.Repeat("x", 129) }, 3500},
		"no method":            {func(id *wire.Identify) { id.Method = "" }, 3500},
		"a method not offered": {func(id *wire.Identify) { id.Method = "none" }, 3500},
		"a token":              {func(id *wire.Identify) { id.Method, id.Token = "token", canary }, 3500},
		"an unknown method":    {func(id *wire.Identify) { id.Method = "magic" }, 3500},
		"no proof":             {func(id *wire.Identify) { id.Proof = nil }, 3500},
		"half a proof":         {func(id *wire.Identify) { id.Proof = id.Proof[:16] }, 3500},
		"a long proof":         {func(id *wire.Identify) { id.Proof = append(id.Proof, 0) }, 3500},
		"a wrong bit":          {func(id *wire.Identify) { id.Proof[31] ^= 1 }, 3500},
		"another nonce":        {func(id *wire.Identify) { id.Nonce[0] ^= 1 }, 3500},
		"no nonce":             {func(id *wire.Identify) { id.Nonce = nil }, 3500},
		"another name":         {func(id *wire.Identify) { id.Name = "two" }, 3500},
		"no name":              {func(id *wire.Identify) { id.Name = "" }, 3500},
		"another split":        {func(id *wire.Identify) { id.Group, id.Name = "stranger", "sone" }, 3500},
	} {
		t.Run(name, func(t *testing.T) {
			scene(t, ipc.ServerOptions{}, nil, hearChallenge, as("strangers", "one", canary, tc.change), hearEnd(tc.status))
		})
	}
	scene(t, ipc.ServerOptions{}, nil, hearChallenge, as("strangers", "one", "another secret", nil), hearEnd(3500))
}

// A nonce that is too short proves nothing, even with a proof over it.
func TestShortNoncesProveNothing(t *testing.T) {
	scene(t, ipc.ServerOptions{}, nil, hearChallenge, func(s *stranger) {
		as("strangers", "one", canary, func(id *wire.Identify) {
			id.Nonce = id.Nonce[:16]
			id.Proof = prove([]byte(canary), parts("ipc 1 dialer", s.challenge.Nonce, id.Nonce, "strangers", "one"))
		})(s)
	}, hearEnd(3500))
}

// Who guesses identities learns nothing from the answer: one that is not known
// is refused in the same bytes as a wrong key.
func TestUnknownIdentityLooksLikeAWrongKey(t *testing.T) {
	keys := func(id ipc.Identity) [][]byte {
		switch id.Group {
		case "neighbours":
			return [][]byte{[]byte(canary)}
		case "rotating":
			return [][]byte{[]byte("old"), nil, []byte("new")}
		}
		return nil
	}
	heard := map[string][]byte{}
	refused := func(who string) step {
		return func(s *stranger) {
			heard[who] = append(<-s.heard, 0)
			if end := <-s.heard; end != nil {
				s.fatalf("more is said: %x", end)
			}
			heard[who] = append(heard[who], s.end.Error()...)
		}
	}
	opts := ipc.ServerOptions{Keys: keys}
	scene(t, opts, nil, hearChallenge, as("rotating", "one", "wrong", nil), refused("wrong key"))
	scene(t, opts, nil, hearChallenge, as("nobodies", "one", "wrong", nil), refused("unknown"))
	scene(t, opts, nil, hearChallenge, as("rotating", "one", "", nil), refused("an empty key"))
	for _, who := range []string{"unknown", "an empty key"} {
		if !bytes.Equal(heard[who], heard["wrong key"]) {
			t.Errorf("%s: %q, wrong key: %q", who, heard[who], heard["wrong key"])
		}
	}
	for _, key := range []string{"old", "new"} {
		scene(t, opts, nil, hearChallenge, as("rotating", "one", key, nil), hearWelcome)
	}
}

// What identified one connection identifies no other.
func TestIdentifyCannotBeReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, url := secured(t, ipc.ServerOptions{}, nil)
		n := moveIn(t, url)
		defer n.moveOut()
		first := meet(t, url, wire.CBORv1)
		first.talk(identified, hangUp)
		synctest.Wait()
		second := meet(t, url, wire.CBORv1)
		second.talk(hearChallenge, func(s *stranger) { s.send(first.identify) }, hearEnd(3500))
		// Nor does what the server said prove anything when it is said back.
		third := meet(t, url, wire.CBORv1)
		third.talk(hearChallenge, as("strangers", "one", "", func(id *wire.Identify) {
			id.Nonce, id.Proof = third.challenge.Nonce, first.welcome.Proof
		}), hearEnd(3500))
		if len(srv.Peers()) != 1 {
			t.Errorf("who is there: %v", srv.Peers())
		}
		n.undisturbed(1)
	})
}

// A client is not taken in by a server that says its own proof back to it.
func TestClientsSeeThroughAMirror(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		connected := make(chan error, 1)
		p := acceptScripted(t, func(url string) {
			_, err := ipc.Dial(t.Context(), url, &ipc.ClientOptions{
				Identity: ipc.Identity{Group: "bots", Name: "one"}, Secret: []byte(canary), Dialect: wire.JSONv1, Logger: watchful(t),
			})
			connected <- err
		})
		p.sayBody("challenge", body{"version": 1, "methods": []string{"hmac"}}, "nonce", make([]byte, 32))
		proof, _ := p.hearBody("identify")["proof"].(string)
		p.sayBody("welcome", body{"group": "bots", "name": "one", "conn": "c", "heartbeat_ms": 15000, "silence_ms": 35000}, "proof", unbase64(t, proof))
		if err := <-connected; !errors.Is(err, code.Denied) || leaks(err.Error()) {
			t.Errorf("connect: %v", err)
		}
	})
}

// S12: a client says which version it speaks, and stays away from a server that
// speaks another.
func TestServersOfAnotherVersion(t *testing.T) {
	for _, version := range []int{0, 2} {
		synctest.Test(t, func(t *testing.T) {
			connected := make(chan error, 1)
			p := acceptScripted(t, func(url string) {
				_, err := ipc.Dial(t.Context(), url, &ipc.ClientOptions{Dialect: wire.JSONv1, Logger: quiet})
				connected <- err
			})
			p.sayBody("challenge", body{"version": version, "methods": []string{"none"}}, "nonce", make([]byte, 32))
			if err := <-connected; !errors.Is(err, code.Unsupported) || !errors.Is(err, ipc.ErrNotSent) || !strings.Contains(err.Error(), fmt.Sprintf("version %d", version)) {
				t.Errorf("version %d: %v", version, err)
			}
			if got := p.hear(); !strings.Contains(got, "3503") {
				t.Errorf("version %d: the server heard %s", version, got)
			}
		})
	}
}

// A client that has a secret, or a token, does not do without.
func TestClientsDoNotSettleForLess(t *testing.T) {
	for name, opts := range map[string]ipc.ClientOptions{"a secret": {Secret: []byte(canary)}, "a token": {Token: canary}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := ipc.NewServer(&ipc.ServerOptions{Insecure: true, Logger: watchful(t)}) // offers none
				opts.Logger = watchful(t)
				cl, err := ipc.Dial(t.Context(), ipctest.Serve(t, srv), &opts)
				if !errors.Is(err, code.Denied) || leaks(err.Error()) {
					t.Errorf("connect: %v", err)
				}
				if err == nil {
					cl.Close()
				}
			})
		})
	}
}

// Who offers a token is judged by Authenticate, and told no more than others.
func TestTokens(t *testing.T) {
	opts := ipc.ServerOptions{Authenticate: func(_ context.Context, a *ipc.Attempt) error {
		if a.Token != canary {
			return errors.New("the token should be " + strings.Repeat("*", len(canary)))
		}
		return nil
	}}
	token := func(token string) step {
		return as("strangers", "one", "", func(id *wire.Identify) { id.Method, id.Token, id.Proof, id.Nonce = "token", token, nil, nil })
	}
	scene(t, opts, nil, hearChallenge, token(canary), hearWelcome, alive(1))
	scene(t, opts, nil, hearChallenge, token("wrong"), hearEnd(3500))
	scene(t, opts, nil, hearChallenge, token(""), hearEnd(3500))
}

// An empty secret serves nobody by mistake.
func TestServersWithoutSecretsStayHome(t *testing.T) {
	for url, open := range map[string]bool{"tcp://127.0.0.1:0": false, "ws://127.0.0.1:0": false, "tls://127.0.0.1:0": false, "mem:home": true} {
		srv := ipc.NewServer(&ipc.ServerOptions{Secret: []byte{}, TLS: &tls.Config{}, Logger: watchful(t)})
		l, err := srv.Listen(t.Context(), url)
		if (err == nil) != open {
			t.Errorf("%s: %v", url, err)
		}
		if err == nil {
			l.Close()
		}
		srv.Close()
	}
}
