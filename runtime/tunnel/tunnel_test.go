package tunnel_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/tunnel"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// quiet is for tests in which handlers fail.
var quiet = slog.New(slog.DiscardHandler)

// through serves h at a server and returns an HTTP client that reaches it over
// a connection to url.
func through(t *testing.T, url string, h http.Handler, o *tunnel.Options) *http.Client {
	t.Helper()
	srv := ipc.NewServer(&ipc.ServerOptions{Insecure: true, Logger: quiet})
	srv.Register(tunnel.Handler(h, o))
	l, err := srv.Listen(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), l) }()
	cl, err := ipc.Dial(t.Context(), l.URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cl.Close(); srv.Close(); <-served })
	return &http.Client{Transport: tunnel.Transport(cl, o)}
}

// everywhere runs test over every kind of socket.
func everywhere(t *testing.T, test func(t *testing.T, url string)) {
	for _, url := range []string{"unix://" + t.TempDir() + "/s", "tcp://127.0.0.1:0", "ws://127.0.0.1:0/ipc"} {
		scheme, _, _ := strings.Cut(url, ":")
		t.Run(scheme, func(t *testing.T) { test(t, url) })
	}
}

// handlers are what is served by the tunnel and by net/http, to compare.
var handlers = map[string]http.HandlerFunc{
	"hello":  func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "hello, %s", r.URL.Query().Get("name")) },
	"status": func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no tea", http.StatusTeapot) },
	"silent": func(w http.ResponseWriter, r *http.Request) {},
	"empty":  func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) },
	"headers": func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Set-Cookie"] = []string{"a=1", "b=2"}
		w.Header().Set("x-lower", "yes")
		w.Header().Set("Connection", "X-Gone")
		w.Header().Set("X-Gone", "with the hop")
		w.Header().Set("Keep-Alive", "timeout=5")
		fmt.Fprint(w, "<html>")
	},
	"echo": func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s host=%s length=%d err=%v\n", r.Method, r.RequestURI, r.Host, r.ContentLength, err)
		for _, name := range []string{"X-Many", "Accept", "Content-Length", "X-Hop", "Upgrade", "User-Agent", "Te"} {
			fmt.Fprintf(w, "%s: %q\n", name, r.Header.Values(name))
		}
		fmt.Fprintf(w, "trailer: %q\nbody: %s", r.Trailer, b)
	},
	"flushed": func(w http.ResponseWriter, r *http.Request) {
		for i := range 3 {
			fmt.Fprintln(w, "line", i)
			w.(http.Flusher).Flush()
		}
	},
	"trailers": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum, X-Unset")
		w.Header().Set("X-Early", "1")
		fmt.Fprint(w, "body")
		w.(http.Flusher).Flush()
		w.Header().Set("X-Sum", "42")
		w.Header().Set("X-Late", "never sent")
		w.Header().Set(http.TrailerPrefix+"X-Unannounced", "too")
	},
	"length": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5")
		_, err := fmt.Fprint(w, "12345")
		_, long := fmt.Fprint(w, "6")
		if err != nil || long != http.ErrContentLength {
			panic(fmt.Sprint(err, long))
		}
	},
	"large": func(w http.ResponseWriter, r *http.Request) { w.Write(bytes.Repeat([]byte("x"), 1<<20)) },
	"not modified": func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotModified)
		if _, err := w.Write([]byte("x")); err != http.ErrBodyNotAllowed {
			panic(err)
		}
	},
	"redirect": func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("again") == "" {
			http.Redirect(w, r, r.URL.Path+"?again=1", http.StatusSeeOther)
			return
		}
		fmt.Fprint(w, "arrived by ", r.Method)
	},
}

// S9: a tunnel does to requests and responses what net/http does.
func TestLikeNetHTTP(t *testing.T) {
	for _, dialect := range []wire.Dialect{wire.CBORv1, wire.JSONv1} {
		for name, serve := range handlers {
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body) // net/http resets connections of which it has not read all
				if err != nil {
					t.Error(err)
				}
				r.Body = io.NopCloser(bytes.NewReader(b))
				serve(w, r)
			})
			direct := httptest.NewServer(h)
			direct.Client().Transport.(*http.Transport).DisableKeepAlives = true // it closes some itself
			srv := ipc.NewServer(nil)
			srv.Register(tunnel.Handler(h, nil))
			cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{Dialect: dialect})
			ipctest.Connect(t, cl)
			page := &http.Client{Transport: tunnel.Transport(cl, nil)}
			for _, method := range []string{"GET", "HEAD", "POST", "PUT of no known length"} {
				t.Run(strings.Join([]string{dialect.Name(), name, method}, "/"), func(t *testing.T) {
					want := ask(t, direct.Client(), direct.URL, method)
					got := ask(t, page, direct.URL, method)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("net/http (-) and the tunnel (+) differ:\n%s", diff)
					}
				})
			}
			direct.Close()
		}
	}
}

// answer is what a client sees of a response.
type answer struct {
	Status  string
	Header  http.Header
	Length  int64
	Body    string
	Trailer http.Header
}

func ask(t *testing.T, c *http.Client, base, method string) answer {
	t.Helper()
	method, _, chunked := strings.Cut(method, " ")
	var body io.Reader
	if method == "POST" || chunked {
		body = strings.NewReader("the body")
	}
	if chunked {
		body = io.MultiReader(body)
	}
	req, err := http.NewRequest(method, base+"/path/a%2Fb?name=Ada&x=%20", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "bot-1"
	req.Header["X-Many"] = []string{"one", "two, three"}
	req.Header.Set("Accept", "text/*")
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("User-Agent", "")
	req.Header.Set("Te", "trailers")
	if chunked {
		req.Trailer = http.Header{"X-Checksum": {"7"}}
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Date", "Connection", "Keep-Alive", "X-Gone", "Trailer"} {
		resp.Header.Del(name) // of the hop, or of no interest
	}
	for name := range resp.Trailer {
		if len(resp.Trailer[name]) == 0 {
			delete(resp.Trailer, name)
		}
	}
	if len(resp.Trailer) == 0 {
		resp.Trailer = nil
	}
	return answer{resp.Status, resp.Header, resp.ContentLength, string(b), resp.Trailer}
}

// Headers of one hop stay there, in both directions.
func TestHopByHop(t *testing.T) {
	var got http.Header
	page := through(t, "mem:tunnel-hop", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		handlers["headers"](w, r)
	}), nil)
	req, _ := http.NewRequest("GET", "http://x/", nil)
	req.Header = http.Header{
		"Connection": {"keep-alive, X-Hop"}, "X-Hop": {"1"}, "Upgrade": {"websocket"}, "Proxy-Authorization": {"secret"},
		"Te": {"gzip, trailers"}, "Transfer-Encoding": {"chunked"}, "Expect": {"100-continue"}, "X-End": {"2"}, "Host": {"evil"},
	}
	resp, err := page.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if want := (http.Header{"Te": {"trailers"}, "X-End": {"2"}}); !cmp.Equal(got, want) {
		t.Errorf("the handler got %v", got)
	}
	for _, name := range []string{"Connection", "X-Gone", "Keep-Alive"} {
		if resp.Header.Get(name) != "" {
			t.Errorf("%s came back", name)
		}
	}
}

// Bodies of many megabytes flow both ways at once, over every socket, and in
// either direction of the connection.
func TestBigBodies(t *testing.T) {
	const size = 8 << 20
	everywhere(t, func(t *testing.T, url string) {
		page := through(t, url, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(w, r.Body)
		}), nil)
		sent, received := sha256.New(), sha256.New()
		source := io.TeeReader(io.LimitReader(&counter{}, size), sent)
		resp, err := page.Post("http://x/", "application/octet-stream", source)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		n, err := io.Copy(received, resp.Body)
		if n != size || err != nil || !bytes.Equal(sent.Sum(nil), received.Sum(nil)) {
			t.Errorf("%d bytes came back, %v", n, err)
		}
	})
}

// counter is an endless reader of bytes that are not all the same.
type counter struct{ n uint32 }

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		c.n = c.n*1664525 + 1013904223
		p[i] = byte(c.n >> 24)
	}
	return len(p), nil
}

// The server of a connection calls the HTTP handler of its client, through a
// reverse proxy in front of it; and the handler knows who calls.
func TestReverseProxyToAClient(t *testing.T) {
	everywhere(t, func(t *testing.T, at string) {
		srv := ipc.NewServer(&ipc.ServerOptions{Insecure: true, Logger: quiet})
		l, err := srv.Listen(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- srv.Serve(context.Background(), l) }()
		bot := ipc.Identity{Group: "bots", Name: "one"}
		cl := ipc.NewClient(l.URL(), &ipc.ClientOptions{Identity: bot})
		cl.Register(tunnel.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Set("Trailer", "X-Sum")
			b, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s asks for %s at %s: %s", tunnel.Peer(r).Identity().Group, r.URL, r.Host, b)
			w.Header().Set("X-Sum", "1")
		}), nil))
		ipctest.Connect(t, cl)
		t.Cleanup(func() { srv.Close(); <-served })

		front := httptest.NewServer(&httputil.ReverseProxy{
			Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: "bots.one"}) },
			Transport: tunnel.Transport(srv.Peer(bot), nil), FlushInterval: -1,
		})
		defer front.Close()
		resp, err := front.Client().Post(front.URL+"/status?a=1", "text/plain", strings.NewReader("please"))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if got, want := string(b), "server asks for /status?a=1 at bots.one: please"; got != want || err != nil {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
		if resp.Trailer.Get("X-Sum") != "1" {
			t.Errorf("trailer %v", resp.Trailer)
		}
		cl.Close()
		resp, err = front.Client().Get(front.URL)
		if err != nil || resp.StatusCode != http.StatusBadGateway {
			t.Errorf("after the client has left: %+v, %v", resp, err)
		}
		resp.Body.Close()
	})
}

// Who does not read stops who writes: never more is on its way than buffers
// hold.
func TestSlowConsumers(t *testing.T) {
	const most = 4 << 20
	everywhere(t, func(t *testing.T, url string) {
		var written, uploaded, consumed atomic.Int64
		page := through(t, url, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			buf := make([]byte, 64<<10)
			for range 8 << 20 / len(buf) { // takes a part of the body, slowly
				io.ReadFull(r.Body, buf)
				if ahead := uploaded.Load() - consumed.Add(int64(len(buf))); ahead > most {
					t.Errorf("the caller is %d bytes ahead of the handler", ahead)
				}
				runtime.Gosched()
			}
			for {
				n, err := w.Write(buf)
				written.Add(int64(n))
				if err != nil {
					return
				}
			}
		}), nil)
		body := readerFunc(func(p []byte) (int, error) { uploaded.Add(int64(len(p))); return len(p), nil })
		resp, err := page.Post("http://x/", "", body)
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 64<<10)
		for read := int64(0); read < 8<<20; {
			n, err := io.ReadFull(resp.Body, buf)
			if err != nil {
				t.Fatal(err)
			}
			if ahead := written.Load() - read; ahead > most {
				t.Errorf("the handler is %d bytes ahead of the caller", ahead)
			}
			read += int64(n)
			runtime.Gosched()
		}
		resp.Body.Close()
	})
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// When a reader pauses for a minute its writer does, and goes on afterwards;
// another request beside it is not affected.
func TestAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var written atomic.Int64
		page := inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/quick" {
				fmt.Fprint(w, "quick")
				return
			}
			for range 64 {
				n, _ := w.Write(make([]byte, 64<<10))
				written.Add(int64(n))
			}
		})
		resp, err := page.Get("http://x/")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		paused := written.Load()
		if paused > 1<<20 {
			t.Errorf("%d bytes were written without a reader", paused)
		}
		quick, err := page.Get("http://x/quick")
		if err != nil || text(t, quick) != "quick" {
			t.Errorf("beside it: %v", err)
		}
		if got := len(text(t, resp)); got != 4<<20 {
			t.Errorf("%d bytes arrived", got)
		}
	})
}

// inMemory returns an HTTP client that reaches h in memory.
func inMemory(t *testing.T, h http.HandlerFunc) *http.Client {
	t.Helper()
	srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet})
	srv.Register(tunnel.Handler(h, nil))
	cl := ipc.NewClient(ipctest.Serve(t, srv), nil)
	ipctest.Connect(t, cl)
	return &http.Client{Transport: tunnel.Transport(cl, nil)}
}

func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

// The handler's context ends when the caller leaves, in whichever way.
func TestCallersLeave(t *testing.T) {
	for name, leave := range map[string]func(resp *http.Response, cancel func()){
		"closing the body": func(resp *http.Response, _ func()) { resp.Body.Close() },
		"the context":      func(_ *http.Response, cancel func()) { cancel() },
		"closing while reading": func(resp *http.Response, _ func()) {
			go io.Copy(io.Discard, resp.Body)
			time.Sleep(time.Second)
			resp.Body.Close()
		},
		"the context while reading": func(resp *http.Response, cancel func()) {
			time.AfterFunc(time.Second, cancel)
			if _, err := io.Copy(io.Discard, resp.Body); !errors.Is(err, context.Canceled) {
				panic(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var cause, writeErr error
				left := make(chan struct{})
				page := inMemory(t, func(w http.ResponseWriter, r *http.Request) {
					defer close(left)
					fmt.Fprint(w, "begun")
					w.(http.Flusher).Flush()
					<-r.Context().Done()
					cause = r.Context().Err()
					for range 100 { // more than anybody would have room for
						if _, writeErr = w.Write(make([]byte, 64<<10)); writeErr != nil {
							return
						}
					}
				})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				body, typing := io.Pipe() // a body that never ends
				req, _ := http.NewRequestWithContext(ctx, "POST", "http://x/", body)
				resp, err := page.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				leave(resp, cancel)
				<-left
				if cause == nil || writeErr == nil {
					t.Errorf("the handler saw %v, and writing returned %v", cause, writeErr)
				}
				synctest.Wait()
				if _, err := typing.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
					t.Errorf("the request's body was not closed: %v", err)
				}
				if _, err := resp.Body.Read(make([]byte, 1)); err == nil {
					t.Error("the body can still be read")
				}
			})
		})
	}
}

// A handler that returns early ends the request's body, which is closed.
func TestHandlersReturnEarly(t *testing.T) {
	everywhere(t, func(t *testing.T, url string) {
		page := through(t, url, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "too much", http.StatusRequestEntityTooLarge)
		}), nil)
		body := &closing{Reader: &counter{}, closed: make(chan struct{})}
		resp, err := page.Post("http://x/", "", body)
		if err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge || text(t, resp) != "too much\n" {
			t.Fatalf("%v, %v", resp, err)
		}
		<-body.closed
	})
}

type closing struct {
	io.Reader
	once   sync.Once
	closed chan struct{}
}

func (c *closing) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

// A handler that panics breaks its response off, and nothing else. Before its
// head is sent the request fails, afterwards reading the body does.
func TestPanics(t *testing.T) {
	everywhere(t, func(t *testing.T, url string) {
		page := through(t, url, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/late") {
				fmt.Fprint(w, "begun")
				w.(http.Flusher).Flush()
			}
			switch {
			case strings.HasSuffix(r.URL.Path, "abort"):
				panic(http.ErrAbortHandler)
			case strings.HasSuffix(r.URL.Path, "panic"):
				panic("secret")
			case strings.HasSuffix(r.URL.Path, "short"):
				w.Header().Set("Content-Length", "10")
				fmt.Fprint(w, "short")
			}
		}), nil)
		for path, want := range map[string]code.Code{
			"/abort": tunnel.Aborted, "/late/abort": tunnel.Aborted,
			"/panic": code.Internal, "/late/panic": code.Internal, "/short": tunnel.Aborted,
		} {
			resp, err := page.Get("http://x" + path)
			if err == nil {
				if !strings.HasPrefix(path, "/late") {
					t.Errorf("%s: %v", path, resp.Status)
				}
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			if !errors.Is(err, want) || strings.Contains(fmt.Sprint(err), "secret") {
				t.Errorf("%s: %v, want %v", path, err, want)
			}
		}
		if resp, err := page.Get("http://x/fine"); err != nil || text(t, resp) != "" {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// The body of a request may panic, whoever reads or closes it: that request
// fails at most.
func TestBodiesThatPanic(t *testing.T) {
	log := slog.Default()
	slog.SetDefault(quiet)
	defer slog.SetDefault(log)
	everywhere(t, func(t *testing.T, url string) {
		page := through(t, url, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/early" {
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			}
			io.Copy(io.Discard, r.Body)
		}), nil)
		for what, body := range map[string]panicking{"read": {read: true}, "close": {close: true}, "both": {true, true}} {
			ctx, cancel := context.WithCancel(t.Context())
			req, err := http.NewRequestWithContext(ctx, "POST", "http://x/", body)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := page.Do(req)
			if body.read != errors.Is(err, code.Internal) {
				t.Errorf("%s: %v", what, err)
			}
			cancel()
			if err == nil {
				resp.Body.Close()
			}
		}
		// Nobody reads the response: it is closed when the context ends.
		ctx, cancel := context.WithCancel(t.Context())
		reading := make(chan struct{})
		body := closer{readerFunc(func([]byte) (int, error) { <-reading; return 0, io.EOF }), func() { close(reading); panic("a bug") }}
		req, err := http.NewRequestWithContext(ctx, "POST", "http://x/early", body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := page.Do(req); err != nil {
			t.Fatal(err)
		}
		cancel()
		<-reading
		if resp, err := page.Get("http://x/fine"); err != nil || text(t, resp) != "" {
			t.Errorf("afterwards: %v", err)
		}
	})
}

type panicking struct{ read, close bool }

func (p panicking) Read([]byte) (int, error) {
	if p.read {
		panic("a bug in Read")
	}
	return 0, io.EOF
}

func (p panicking) Close() error {
	if p.close {
		panic("a bug in Close")
	}
	return nil
}

type closer struct {
	io.Reader
	close func()
}

func (c closer) Close() error { c.close(); return nil }

// The connection is lost in the middle of a body: reading it fails, and does
// not look like its end.
func TestALostConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet})
		srv.Register(tunnel.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "begun")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}), nil))
		link := ipctest.NewLink(ipctest.Serve(t, srv))
		cl := ipc.NewClient("", &ipc.ClientOptions{Dial: link.Dial, Logger: quiet})
		ipctest.Connect(t, cl)
		page := &http.Client{Transport: tunnel.Transport(cl, nil)}
		resp, err := page.Get("http://x/")
		if err != nil {
			t.Fatal(err)
		}
		link.Down()
		b, err := io.ReadAll(resp.Body)
		if string(b) != "begun" || !errors.Is(err, ipc.ErrUnknownOutcome) {
			t.Errorf("%q, %v", b, err)
		}
		resp.Body.Close()
		if _, err := page.Get("http://x/"); !errors.Is(err, ipc.ErrNotSent) {
			t.Errorf("without a connection: %v", err)
		}
	})
}

// Timeouts of HTTP clients are what their users expect.
func TestTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page := inMemory(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		page.Timeout = time.Minute
		start := time.Now()
		_, err := page.Get("http://x/")
		var timeout *url.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() || time.Since(start) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// Informational responses are told to those who trace the request.
func TestInformational(t *testing.T) {
	page := through(t, "mem:tunnel-hints", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusProcessing)
		w.WriteHeader(http.StatusAccepted)
		w.WriteHeader(http.StatusOK) // superfluous
	}), nil)
	var hints []int
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(status int, h textproto.MIMEHeader) error {
		if h.Get("Link") != "</style.css>" {
			t.Errorf("%d with %v", status, h)
		}
		hints = append(hints, status)
		return nil
	}})
	req, _ := http.NewRequestWithContext(ctx, "GET", "http://x/", nil)
	resp, err := page.Do(req)
	if err != nil || resp.StatusCode != http.StatusAccepted || !slices.Equal(hints, []int{103, 102}) {
		t.Errorf("%v, %v, hints %v", resp, err, hints)
	}
	resp.Body.Close()
}

// What a request may not be is refused before it is sent.
func TestRequestsThatDoNotCross(t *testing.T) {
	page := through(t, "mem:tunnel-refuse", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }), nil)
	for want, change := range map[string]func(r *http.Request){
		"no token":         func(r *http.Request) { r.Method = "GE T" },
		"CONNECT":          func(r *http.Request) { r.Method = "CONNECT" },
		"the host is none": func(r *http.Request) { r.Host = "a b" },
		"begin with /":     func(r *http.Request) { r.URL.Opaque = "opaque" },
		"X-Line":           func(r *http.Request) { r.Header["X-Line"] = []string{"a\r\nEvil: 1"} },
		"not UTF-8":        func(r *http.Request) { r.Header["X-Bytes"] = []string{"\xff"} },
		"is no name":       func(r *http.Request) { r.Header["X Y"] = []string{"1"} },
		"broken source": func(r *http.Request) {
			r.Body = io.NopCloser(readerFunc(func([]byte) (int, error) { return 0, errors.New("broken source") }))
		},
	} {
		req, _ := http.NewRequest("POST", "http://x/path", nil)
		change(req)
		if _, err := page.Transport.RoundTrip(req); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
