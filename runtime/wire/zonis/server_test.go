package zonis

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

// A client of Zonis identifies, and is known by its identifier.
func TestIdentify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newServer(ipc.ServerOptions{})
		p := join(t, srv)
		p.idle()
		if peers := srv.Peers(); len(peers) != 1 || peers[0].Identity() != one {
			t.Errorf("connected: %v", peers)
		}
	})
}

// Whoever does not identify as it should is closed with the number that Zonis
// has for it, and disturbs nobody.
func TestRefusedIdentify(t *testing.T) {
	for _, test := range []struct{ name, says, hears string }{
		{"wrong secret", identifyAs("two", "wrong", "null"), "closed 4100 the credentials are wrong"},
		{"no secret", identifyAs("two", "", "null"), "closed 4100 the credentials are wrong"},
		{"duplicate", identifyAs("one", secret, "null"), "closed 4102 bots/one is connected already"},
		{"duplicate with a key nobody set", identifyAs("one", secret, `"key"`), "closed 4102 bots/one is connected already"},
		{"wrong secret for the holder", identifyAs("one", "wrong", `"key"`), "closed 4100 the credentials are wrong"},
		{"a call", call("1", "hello", `{"name":"Ada"}`), "closed 4101 call instead of identify: identify first"},
		{"a response", succeeded("1", "one", "1"), "closed 4101 reply instead of identify: identify first"},
		{"a name with a slash", identifyAs("one/two", secret, "null"), "closed 4100 ipc: identity: name"},
		{"no name", identifyAs("", secret, "null"), "closed 4101 the handshake cannot be decoded"},
		{"no object", `[]`, "closed 4101 the handshake cannot be decoded"},
		{"no JSON", `hello`, "closed 4101 the handshake cannot be decoded"},
		{"two", identifyAs("two", secret, "null") + identifyAs("two", secret, "null"), "closed 4101 identify instead of identify"},
		{"no data", `{"packet_id":"1","type":"request"}`, "closed 4101 the handshake cannot be decoded"},
		{"a number as the secret", strings.Replace(identifyAs("two", secret, "null"), `"`+secret+`"`, "1", 1), "closed 4101 the handshake cannot be decoded"},
		{"a number as the override key", identifyAs("two", secret, "1"), "closed 4101 the handshake cannot be decoded"},
		{"too long", identifyAs("two", strings.Repeat("x", 4<<10), "null"), "closed 1009 "},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := newServer(ipc.ServerOptions{})
				url := ipctest.Serve(t, srv)
				holder := dialScripted(t, url)
				holder.say(identifyAs("one", secret, "null"))
				holder.want(welcomed)
				p := dialScripted(t, url)
				p.say(test.says)
				if got := p.hear(); !strings.HasPrefix(got, test.hears) {
					t.Errorf("heard %s, want %s", got, test.hears)
				}
				holder.idle()
			})
		})
	}
}

// The holder of the override key takes an identity from who has it.
func TestOverride(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newServer(ipc.ServerOptions{Override: []byte("second secret")})
		url := ipctest.Serve(t, srv)
		holder := dialScripted(t, url)
		holder.say(identifyAs("one", secret, `"second secret"`)) // of no use yet
		holder.want(welcomed)

		wrong := dialScripted(t, url)
		wrong.say(identifyAs("one", secret, `"first secret"`))
		wrong.want("closed 4102 bots/one is connected already")
		holder.idle()

		left := make(chan error, 1)
		go func() { left <- NewBotClient(srv.Peer(one)).Wait(t.Context()) }()
		holder.want(called("#2", "wait", "{}"))
		newcomer := dialScripted(t, url)
		newcomer.say(identifyAs("one", secret, `"second secret"`))
		newcomer.want(welcomed)
		holder.want("closed 4102 the identity was taken over with the override key")
		if err := <-left; !errors.Is(err, ipc.ErrUnknownOutcome) {
			t.Errorf("what the holder had not answered: %v", err)
		}
		newcomer.idle() // and hears nothing of what was meant for the other

		for range 3 { // Zonis comes back at once, with the key
			again := dialScripted(t, url)
			again.say(identifyAs("one", secret, `"second secret"`))
			again.want("closed 4102 bots/one is connected already")
		}
		newcomer.idle()
		time.Sleep(time.Minute)
		again := dialScripted(t, url)
		again.say(identifyAs("one", secret, `"second secret"`))
		again.want(welcomed)
		newcomer.want("closed 4102 the identity was taken over with the override key")
	})
}

// Every request of the client is answered once, and the connection lives.
func TestClientCalls(t *testing.T) {
	incident := regexp.MustCompile(`incident [0-9A-Z]{12}`)
	for _, test := range []struct{ name, says, hears string }{
		{"a result", call("1", "hello", `{"name":"Ada"}`), succeeded("1", "SERVER", `"hello, Ada"`)},
		{"any id", call("ä / 1", "hello", `{"name":"Ada"}`), succeeded("ä / 1", "SERVER", `"hello, Ada"`)},
		{"no result", call("1", "meet", `{}`), called("#2", "hello", `{"name":"you"}`)},
		{"not a parameter", call("1", "hello", `{"name":"Ada","title":"Dr"}`), succeeded("1", "SERVER", `"hello, Ada"`)},
		{"white space", "\n" + strings.ReplaceAll(call("1", "hello", `{"name":"Ada"}`), ",", ",\n") + "\n", succeeded("1", "SERVER", `"hello, Ada"`)},
		{"unknown route", call("1", "nowhere", `{}`), failed("1", "SERVER", "nowhere is not a valid route name.")},
		{"a route that is no name", call("1", "no where", `{}`), failed("1", "SERVER", "no where is not a valid route name.")},
		{"a long route", call("1", strings.Repeat("x", 300), `{}`), failed("1", "SERVER", strings.Repeat("x", 128)+" is not a valid route name.")},
		{"wrong type", call("1", "hello", `{"name":1}`), failed("1", "SERVER", `bad_request: args.name: want text, have number`)},
		{"no map", call("1", "hello", `["Ada"]`), failed("1", "SERVER", `bad_request: args: not a map`)},
		{"null", call("1", "hello", `null`), failed("1", "SERVER", `bad_request: args: not a map`)},
		{"NaN", call("1", "scale", `{"x":NaN,"factor":2}`), failed("1", "SERVER", `bad_request: args.x: want number, have NaN or Infinity, which JSON does not have`)},
		{"Infinity", call("1", "scale", `{"x":1,"factor":Infinity}`), failed("1", "SERVER", `bad_request: args.factor: want number, have NaN or Infinity, which JSON does not have`)},
		{"-Infinity", call("1", "scale", `{"x":-Infinity,"factor":2}`), failed("1", "SERVER", `bad_request: args.x: want number, have NaN or Infinity, which JSON does not have`)},
		{"NaN as a result", call("1", "scale", `{"x":1,"factor":0}`), failed("1", "SERVER", `bad_reply: result: JSON has no NaN and no infinity`)},
		{"an error for the caller", call("1", "fail", `{"how":"told"}`), failed("1", "SERVER", `bot.sorry: not today`)},
		{"an error that stays here", call("1", "fail", `{"how":""}`), failed("1", "SERVER", `internal: the handler failed (incident *)`)},
		{"a panic", call("1", "fail", `{"how":"panic"}`), failed("1", "SERVER", `internal: the handler failed (incident *)`)},
		{"a stream", call("1", "count", `{"to":3}`), failed("1", "SERVER", `unsupported: count is a stream: the peer's protocol has no streams`)},
		{"a notification", call("1", "note", `{"text":"x"}`), failed("1", "SERVER", `bad_request: note is for a notify`)},
		{"another type", strings.Replace(call("1", "hello", `{}`), "CLIENT_REQUEST", "SHRUG", 1), failed("1", "SERVER", `unsupported: a request of the type "SHRUG"`)},
		{"no route", strings.Replace(call("1", "hello", `{}`), `"route"`, `"rout"`, 1), failed("1", "SERVER", `bad_request: route: missing`)},
		{"no data", strings.Replace(call("1", "hello", `{}`), `{"route":"hello","arguments":{}}`, `null`, 1), failed("1", "SERVER", `bad_request: want object, have null`)},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := join(t, newServer(ipc.ServerOptions{}))
				p.say(test.says)
				if got := incident.ReplaceAllString(p.hear(), "incident *"); got != test.hears {
					t.Errorf("heard %s\nwant  %s", got, test.hears)
				}
				p.idle()
			})
		})
	}
}

// A handler may call its caller back.
func TestCallBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := join(t, newServer(ipc.ServerOptions{}))
		p.say(call("1", "meet", `{}`))
		p.want(called("#2", "hello", `{"name":"you"}`))
		p.say(succeeded("#2", "one", `"hello back"`))
		p.want(succeeded("1", "SERVER", `"hello back"`))
		p.idle()
	})
}

// What a client of Zonis answers settles the server's calls.
func TestServerCalls(t *testing.T) {
	hello := func(b *BotClient) error {
		got, err := b.Hello(context.Background(), "Bob")
		if err == nil && got != "hi" {
			err = fmt.Errorf("got %q", got)
		}
		return err
	}
	for _, test := range []struct {
		name, answer string
		is           error
		outcome      ipc.Outcome
		text         string
	}{
		{"a result", succeeded("#2", "one", `"hi"`), nil, 0, ""},
		{"the identifier is nobody's business", succeeded("#2", "SERVER", `"hi"`), nil, 0, ""},
		{"unknown route", failed("#2", "one", "hello is not a valid route name."), code.NoRoute, ipc.NotExecuted, "ipc: no_route: hello"},
		{"failure", failed("#2", "one", "no luck"), RequestFailed, ipc.Executed, "ipc: zonis.request_failed: no luck"},
		{"failure without text", strings.Replace(failed("#2", "one", "x"), `"x"`, `{}`, 1), RequestFailed, ipc.Executed, "ipc: zonis.request_failed: the reason is no text"},
		{"wrong type", succeeded("#2", "one", `1`), code.BadReply, ipc.Executed, "ipc: bad_reply: result: want text, have number"},
		{"NaN", succeeded("#2", "one", `NaN`), code.BadReply, ipc.Executed, "ipc: bad_reply: result: want text, have NaN or Infinity, which JSON does not have"},
		{"another type of response", strings.Replace(succeeded("#2", "one", `1`), "SUCCESS", "OTHER", 1), code.Protocol, ipc.Unknown, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := newServer(ipc.ServerOptions{})
				p := join(t, srv)
				ended := make(chan error, 1)
				go func() { ended <- hello(NewBotClient(srv.Peer(one))) }()
				p.want(called("#2", "hello", `{"name":"Bob"}`))
				p.say(test.answer)
				err := <-ended
				var e *ipc.Error
				switch {
				case test.is == nil:
					if err != nil {
						t.Error(err)
					}
				case !errors.Is(err, test.is) || !errors.As(err, &e) || e.Outcome() != test.outcome:
					t.Errorf("%v (%v), want %v", err, e, test.is)
				case test.text != "" && err.Error() != test.text:
					t.Errorf("%v, want %s", err, test.text)
				}
				p.idle()
			})
		})
	}
}

// A handler that raises is never answered: the deadline settles the call, of
// which the client is told nothing. An answer that comes then is ignored, and so
// are those to nothing.
func TestNeverAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newServer(ipc.ServerOptions{})
		p := join(t, srv)
		start := time.Now()
		err := NewBotClient(srv.Peer(one)).Wait(t.Context())
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ipc.ErrUnknownOutcome) {
			t.Errorf("the call ended with %v", err)
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("after %v", d)
		}
		p.want(called("#2", "wait", `{}`))
		p.say(succeeded("#2", "one", `null`))  // late
		p.say(succeeded("#2", "one", `null`))  // twice
		p.say(succeeded("#4", "one", `null`))  // to what was never asked
		p.say(succeeded("abc", "one", `null`)) // to an id that is not ours
		p.say(failed(strings.Repeat("0", 32), "one", "x"))
		p.idle()
	})
}

// Zonis drops its pipe when it hears what it does not expect. So it hears
// nothing: not in hours of silence, not of a call that is given up, not when the
// server leaves.
func TestNothingElseIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newServer(ipc.ServerOptions{})
		p := join(t, srv)
		time.Sleep(24 * time.Hour)
		p.idle()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- NewBotClient(srv.Peer(one)).Wait(ctx) }()
		p.want(called("#2", "wait", `{}`))
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the call ended with %v", err)
		}
		p.idle()
		p.say(call("9", "wait", `{}`))
		synctest.Wait()
		down := make(chan error, 1)
		go func() { down <- srv.Shutdown(t.Context()) }()
		synctest.Wait()
		p.say(call("10", "hello", `{"name":"Ada"}`))
		p.want(failed("10", "SERVER", "draining: shutting down"))
		p.want(failed("9", "SERVER", "canceled: the handler was stopped"))
		p.want("closed 3000 the server is shutting down")
		if err := <-down; err != nil {
			t.Error(err)
		}
	})
}

// Zonis has no streams and no notifications: they are refused before anything is sent.
func TestUnsupported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newServer(ipc.ServerOptions{})
		p := join(t, srv)
		b := NewBotClient(srv.Peer(one))
		unsupported := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, code.Unsupported) || !errors.Is(err, ipc.ErrNotSent) {
				t.Errorf("%s: %v", what, err)
			}
		}
		unsupported("notify", b.Note(t.Context(), "x"))
		for _, err := range b.Count(t.Context(), 3) {
			unsupported("stream", err)
		}
		p.idle()
	})
}

// Garbage ends the connection that it came over, and no other.
func TestGarbage(t *testing.T) {
	for _, says := range []string{
		`x`, `{}`, `{"packet_id":`, `null`, `"text"`, `[{}]`,
		`{"packet_id":1,"type":"request","data":{"identifier":"one","type":"CLIENT_REQUEST","data":{}}}`,
		`{"packet_id":"","type":"request","data":{"identifier":"one","type":"CLIENT_REQUEST","data":{}}}`,
		`{"packet_id":"` + strings.Repeat("x", 129) + `","type":"request","data":{"type":"CLIENT_REQUEST","data":{}}}`,
		`{"packet_id":"1","type":"shrug","data":{"identifier":"one","type":"CLIENT_REQUEST","data":{}}}`,
		`{"packet_id":"1","type":"request","data":[]}`,
		`{"packet_id":"1","type":"request","data":{"type":1,"data":{}}}`,
		`{"packet_id":"1","packet_id":"2","type":"request","data":{"type":"CLIENT_REQUEST","data":{}}}`,
		`{"packet_id":"#2","type":"request","data":{"identifier":"one","type":"CLIENT_REQUEST","data":{"route":"hello","arguments":{}}}}`,
		call("1", "hello", `{"name":"Ada"}`) + "]",
		identifyAs("one", secret, "null"),
		"\xff\xfe", strings.Repeat("[", 1<<20),
	} {
		t.Run(fmt.Sprintf("%.60q", says), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := newServer(ipc.ServerOptions{})
				url := ipctest.Serve(t, srv)
				other := dialScripted(t, url)
				other.say(identifyAs("two", secret, "null"))
				other.hear()
				p := dialScripted(t, url)
				p.say(identifyAs("one", secret, "null"))
				p.want(welcomed)
				ended := make(chan error, 1)
				go func() {
					_, err := NewBotClient(srv.Peer(one)).Hello(t.Context(), "Bob")
					ended <- err
				}()
				p.want(called("#2", "hello", `{"name":"Bob"}`))
				p.say(says)
				if got := p.hear(); !strings.HasPrefix(got, "closed 4101 ") && !strings.Contains(got, `"hello, Ada"`) {
					t.Errorf("heard %s", got)
				}
				if err := <-ended; !errors.Is(err, ipc.ErrUnknownOutcome) {
					t.Errorf("the call ended with %v", err)
				}
				other.idle()
			})
		})
	}
}

// A message above the limit ends the connection; a call above it does not leave.
func TestTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newServer(ipc.ServerOptions{Limits: ipc.Limits{Message: 4 << 10}})
		p := join(t, srv)
		_, err := NewBotClient(srv.Peer(one)).Hello(t.Context(), strings.Repeat("x", 4<<10))
		if !errors.Is(err, code.TooLarge) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("a long call: %v", err)
		}
		p.idle()
		p.say(call("1", "hello", `{"name":"`+strings.Repeat("x", 80<<10)+`"}`))
		if got := p.hear(); !strings.HasPrefix(got, "closed 1009") {
			t.Errorf("heard %s", got)
		}
	})
}

// Calls of both sides, all at once, each answered in an order of its own.
func TestManyInFlight(t *testing.T) {
	const n = 1000
	synctest.Test(t, func(t *testing.T) {
		srv := newServer(ipc.ServerOptions{})
		cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{
			Dialect: Dialect{}, Identity: one, Secret: []byte(secret), Logger: quiet,
		})
		RegisterBot(cl, bot{})
		ipctest.Connect(t, cl)
		var futures []*ipc.Future[string]
		for i := range n {
			futures = append(futures,
				NewBotClient(cl).StartHello(t.Context(), fmt.Sprint("server ", i)),
				NewBotClient(srv.Peer(one)).StartHello(t.Context(), fmt.Sprint("client ", i)))
		}
		for i, f := range futures {
			want := fmt.Sprint("hello, ", []string{"server ", "client "}[i%2], i/2)
			if got, err := f.Wait(t.Context()); got != want || err != nil {
				t.Fatalf("call %d: %q, %v", i, got, err)
			}
		}
	})
}

// Whoever does not read holds up its own calls only. When it reads again it
// finds each in a message of its own, in order; when it goes, those that had not
// left are known not to have run.
func TestSlowReader(t *testing.T) {
	const n, size = 250, 4 << 10 // more than is under way at once, and no more than may wait
	for _, leaves := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			srv := newServer(ipc.ServerOptions{})
			p := join(t, srv)
			var calls []*ipc.Future[string]
			b := NewBotClient(srv.Peer(one))
			long := strings.Repeat("x", size)
			for range n {
				calls = append(calls, b.StartHello(t.Context(), long))
			}
			synctest.Wait()
			if leaves {
				p.conn.Close(1001, "gone")
				unsent, unknown := 0, 0
				for _, call := range calls {
					switch _, err := call.Wait(t.Context()); {
					case errors.Is(err, ipc.ErrNotSent):
						unsent++
					case errors.Is(err, ipc.ErrUnknownOutcome):
						unknown++
					}
				}
				if unsent+unknown != n || unsent == 0 || unknown == 0 {
					t.Errorf("%d calls were not sent, of %d nobody knows", unsent, unknown)
				}
				return
			}
			for i := range n {
				want := called(fmt.Sprintf("#%x", 2*i+2), "hello", `{"name":"`+long+`"}`)
				if got := p.hear(); got != want {
					t.Fatalf("message %d: %.200s of %d bytes", i, got, len(got))
				}
				p.say(succeeded(fmt.Sprintf("#%x", 2*i+2), "one", `"hi"`))
			}
			for i, call := range calls {
				if got, err := call.Wait(t.Context()); got != "hi" || err != nil {
					t.Fatalf("call %d: %q, %v", i, got, err)
				}
			}
		})
	}
}

// The conversation of PROTOCOL.md is held as it stands there, but for what is
// random in the server's ids.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../../../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(text), "\n```zonis\n")
	block, _, _ = strings.Cut(block, "\n```")
	if !ok {
		t.Fatal("there is none")
	}
	synctest.Test(t, func(t *testing.T) {
		p := dialScripted(t, ipctest.Serve(t, newServer(ipc.ServerOptions{})))
		random := regexp.MustCompile(`"packet_id":"c41b5a7e9d20f3680{15}`)
		for line := range strings.SplitSeq(random.ReplaceAllString(block, `"packet_id":"#`), "\n") {
			switch who, message, _ := strings.Cut(line, "  "); {
			case who == "client":
				p.say(message)
			case strings.HasPrefix(message, "closed"):
				if got := p.hear(); !strings.HasPrefix(got, message) {
					t.Errorf("heard %s, want %s", got, message)
				}
			default:
				p.want(message)
			}
		}
	})
}
