package tunnel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/tunnel"
	"github.com/ipcgen/ipcgen/runtime/untyped"
)

// Peers that speak the tunnel's route by hand, and get it wrong.

// byHand is the route of the tunnel, without its types.
var byHand = untyped.Values{Name: "HTTP.RoundTrip"}

type values = map[string]any

func pieces(items ...any) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// Requests that are no HTTP are answered with a status that says so, before the
// handler sees them.
func TestWrongRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet})
		srv.Register(tunnel.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			t.Error("the handler was called for", r.Method, r.URL)
		}), nil))
		cl := ipc.NewClient(ipctest.Serve(t, srv), nil)
		ipctest.Connect(t, cl)
		good := values{"method": "GET", "url": "/", "host": "x", "length": 0}
		for _, test := range []struct {
			name   string
			change values
			status int64
		}{
			{"no method", values{"method": ""}, 400},
			{"two methods", values{"method": "GET /\r\nPOST"}, 400},
			{"CONNECT", values{"method": "CONNECT"}, 400},
			{"another host in the target", values{"url": "http://evil/"}, 400},
			{"no target", values{"url": ""}, 400},
			{"a target with a space", values{"url": "/a b"}, 400},
			{"a target with a control character", values{"url": "/a\x7f"}, 400},
			{"a host with a line break", values{"host": "x\r\nEvil: 1"}, 400},
			{"a host with a path", values{"host": "x/y"}, 400},
			{"a negative length", values{"length": -2}, 400},
			{"a header with a line break", values{"header": values{"X": []any{"a\r\nEvil: 1"}}}, 400},
			{"a header without a name", values{"header": values{"": []any{"a"}}}, 400},
			{"a name with a colon", values{"header": values{"X:": []any{"a"}}}, 400},
			{"a large header", values{"header": values{"X": []any{strings.Repeat("x", 64<<10)}}}, 431},
			{"a large trailer", values{"trailer": []any{strings.Repeat("x", 64<<10+1)}}, 400},
			{"a trailer with a line break", values{"trailer": []any{"a\r\nb"}}, 400},
		} {
			args := values{}
			for _, from := range []values{good, test.change} {
				for k, v := range from {
					args[k] = v
				}
			}
			var status any
			for part, err := range byHand.Duplex(t.Context(), cl, args, nil) {
				if err != nil {
					t.Errorf("%s: %v", test.name, err)
					break
				}
				if status == nil {
					status = part.(values)["status"]
				}
			}
			if status != test.status {
				t.Errorf("%s: status %v, want %d", test.name, status, test.status)
			}
		}
		for range byHand.Duplex(t.Context(), cl, values{"method": 1}, nil) {
			break
		}
	})
}

// Bodies that are not what was announced fail for the handler who reads them.
func TestWrongBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet})
		srv.Register(tunnel.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s, %v, %v", b, err, r.Trailer)
		}), nil))
		cl := ipc.NewClient(ipctest.Serve(t, srv), nil)
		ipctest.Connect(t, cl)
		body := func(s string) any { return values{"body": []byte(s)} }
		for _, test := range []struct {
			name   string
			length int
			in     iter.Seq2[any, error]
			want   string
		}{
			{"as announced", 6, pieces(body("abc"), body("def")), "abcdef, <nil>, map[X-Sum:[]]"},
			{"short", 6, pieces(body("abc")), "abc, unexpected EOF, map[X-Sum:[]]"},
			{"long", 4, pieces(body("abc"), body("def")), "abc, tunnel: the body is longer than its length, map[X-Sum:[]]"},
			{"a response", -1, pieces(values{"status": 200}), ", tunnel: the far side began a response twice, or one in a request, map[X-Sum:[]]"},
			{"with trailers", -1, pieces(body("abc"), values{"header": values{"X-Sum": []any{"1"}, "X-Else": []any{"2"}}}), "abc, <nil>, map[X-Sum:[1]]"},
			{"a trailer with a line break", -1, pieces(values{"header": values{"X-Sum": []any{"a\nb"}}}), ", tunnel: trailer: header X-Sum holds bytes that no header may, map[X-Sum:[]]"},
			{"no piece", -1, pieces("text"), ", ipc: bad_request: item: want map, have text, map[X-Sum:[]]"},
			{"nothing where there is a length", 6, pieces(), ", unexpected EOF, map[X-Sum:[]]"},
		} {
			args := values{"method": "POST", "url": "/", "host": "x", "length": test.length, "trailer": []any{"x-sum"}}
			got := ""
			for part, err := range byHand.Duplex(t.Context(), cl, args, test.in) {
				if err != nil {
					t.Errorf("%s: %v", test.name, err)
					break
				}
				b, _ := part.(values)["body"].([]byte)
				got += string(b)
			}
			if got != test.want {
				t.Errorf("%s: %s, want %s", test.name, got, test.want)
			}
		}
	})
}

// Responses that are no HTTP are errors of the round trip, or of the body.
func TestWrongResponses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		head := func(status int, more ...any) any {
			part := values{"status": status}
			for i := 0; i < len(more); i += 2 {
				part[more[i].(string)] = more[i+1]
			}
			return part
		}
		var hints []any
		for range 20 {
			hints = append(hints, head(103))
		}
		for _, test := range []struct {
			name string
			out  iter.Seq2[any, error]
			want string
		}{
			{"nothing", pieces(), "sent no response"},
			{"a body without a head", pieces(values{"body": []byte("x")}), "answered with status 0"},
			{"a status that is none", pieces(head(1000)), "answered with status 1000"},
			{"an upgrade", pieces(head(101)), "answered with status 101"},
			{"hints for ever", pieces(hints...), "sent no response"},
			{"a header with a line break", pieces(head(200, "header", values{"X": []any{"a\nb"}})), "header X holds bytes"},
			{"a large header", pieces(head(200, "header", values{"X": []any{strings.Repeat("x", 64<<10)}})), "too large"},
			{"two lengths", pieces(head(200, "header", values{"Content-Length": []any{"1", "2"}})), "bad Content-Length"},
			{"a trailer that is no name", pieces(head(200, "trailer", []any{"a b"})), "is no name"},
			{"two heads", pieces(head(200), head(200)), "began a response twice"},
			{"a long body", pieces(head(200, "header", values{"Content-Length": []any{"1"}}, "body", []byte("xy"))), "longer than its length"},
			{"a short body", pieces(head(200, "header", values{"Content-Length": []any{"3"}}, "body", []byte("xy"))), "unexpected EOF"},
			{"a body that may not be", pieces(head(204), values{"body": []byte("x")}), "longer than its length"},
			{"a large trailer", pieces(head(200), values{"header": values{"X": []any{strings.Repeat("x", 64<<10)}}}), "too large"},
			{"no piece", pieces([]any{1}), "item: want map"},
		} {
			_, cl := ipctest.Pair(t, func(srv *ipc.Server, _ *ipc.Client) {
				srv.Register(byHand.HandleDuplex(func(context.Context, values, iter.Seq2[any, error]) iter.Seq2[any, error] { return test.out }))
			})
			page := &http.Client{Transport: tunnel.Transport(cl, nil)}
			resp, err := page.Get("http://x/")
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				resp.Body.Close()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v, want %s", test.name, err, test.want)
			}
		}
	})
}

// Nobody serves it, or under another name; and the limits are the receiver's.
func TestWrongPeers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(nil)
		srv.Register(tunnel.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if tunnel.Peer(r).Identity().Group != "admins" {
				http.Error(w, "admins only", http.StatusForbidden)
				return
			}
			w.Header().Set("X-Long", strings.Repeat("x", 2000))
		}), &tunnel.Options{Route: "Admin.HTTP", MaxHeader: 1000}))
		url := ipctest.Serve(t, srv)
		get := func(group string, o *tunnel.Options, header string) (int, error) {
			cl := ipc.NewClient(url, &ipc.ClientOptions{Identity: ipc.Identity{Group: group}})
			ipctest.Connect(t, cl)
			req, _ := http.NewRequest("GET", "http://x/", nil)
			req.Header.Set("X-Header", header)
			resp, err := tunnel.Transport(cl, o).RoundTrip(req)
			if err != nil {
				return 0, err
			}
			resp.Body.Close()
			return resp.StatusCode, nil
		}
		if _, err := get("admins", nil, ""); !errors.Is(err, code.NoRoute) || !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("where it is not served: %v", err)
		}
		if status, err := get("guests", &tunnel.Options{Route: "Admin.HTTP"}, ""); status != http.StatusForbidden || err != nil {
			t.Errorf("a guest: %v, %v", status, err)
		}
		if status, err := get("admins", &tunnel.Options{Route: "Admin.HTTP"}, ""); status != http.StatusOK || err != nil {
			t.Errorf("an admin: %v, %v", status, err)
		}
		if status, err := get("admins", &tunnel.Options{Route: "Admin.HTTP"}, strings.Repeat("x", 1000)); status != http.StatusRequestHeaderFieldsTooLarge || err != nil {
			t.Errorf("a large header: %v, %v", status, err)
		}
		if _, err := get("admins", &tunnel.Options{Route: "Admin.HTTP", MaxHeader: 1000}, ""); err == nil || !strings.Contains(err.Error(), "too large") {
			t.Errorf("a large header back: %v", err)
		}
	})
	r, _ := http.NewRequest("GET", "http://x/", nil)
	if tunnel.Peer(r) != nil {
		t.Error("a request that came through no tunnel has a peer")
	}
}

// TestDocumentedTunnel plays the caller of PROTOCOL.md, which knows JSON and
// nothing of this package.
func TestDocumentedTunnel(t *testing.T) {
	page, err := os.ReadFile("../../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(page), "```tunnel\n")
	block, _, _ = strings.Cut(block, "```")
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet})
		srv.Register(tunnel.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", r.Header.Get("Accept"))
			fmt.Fprint(w, strings.TrimPrefix(r.URL.Path, "/"), ", ", r.FormValue("name"))
		}), nil))
		conn, err := transport.Dial(t.Context(), ipctest.Serve(t, srv), &transport.Options{
			Subprotocols: []string{"ipc.json.v1"}, Text: func(string) bool { return true },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(0, "")
		var heard []string
		hear := func() (packet string) {
			if len(heard) == 0 {
				msg, err := conn.Read(nil)
				if err != nil {
					t.Fatal(err)
				}
				heard = strings.Split(string(msg), "\n")
			}
			packet, heard = heard[0], heard[1:]
			return packet
		}
		hear() // the challenge
		conn.Write([]byte(`{"kind":"identify","body":{"version":1,"group":"bots","name":"one","method":"none"}}`))
		hear() // the welcome
		for line := range strings.Lines(block) {
			who, packet, _ := strings.Cut(strings.TrimSpace(line), " ")
			packet = strings.TrimSpace(packet)
			if who == "caller" {
				conn.Write([]byte(packet))
			} else if got := hear(); got != packet {
				t.Fatalf("heard %s\nwant  %s", got, packet)
			}
		}
		if block == "" {
			t.Error("there is no conversation")
		}
	})
}
