package ipc_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/runtime/transport"
)

// How a server meets net/http and crypto/tls. Time is real here.

// Z9, W11, K8: a server is one handler of a mux among others, however it is
// wrapped, for clients of every dialect.
func TestUnderAMux(t *testing.T) {
	noLeaks(t)
	srv := testServer(ipc.ServerOptions{Secret: []byte("correct horse")})
	defer srv.Close()
	var seen atomic.Int32
	logged := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen.Add(1); srv.ServeHTTP(w, r) })
	mux := http.NewServeMux()
	mux.Handle("/v1/", http.StripPrefix("/v1", logged))
	mux.HandleFunc("/about", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "a page beside it") })
	web := httptest.NewServer(mux)
	defer web.Close()

	url := strings.Replace(web.URL, "http", "ws", 1)
	for _, d := range bothDialects {
		cl := dialAt(t, url+"/v1/ipc", ipc.ClientOptions{
			Identity: ipc.Identity{Group: "bots", Name: d.Name()}, Secret: []byte("correct horse"), Dialect: d,
		})
		for _, c := range []ipc.Caller{cl, srv.Peer(cl.Identity())} {
			if got, err := echo.Call(t.Context(), c, &textArgs{"hello"}); got != "hello" || err != nil {
				t.Errorf("%s: %q, %v", d.Name(), got, err)
			}
		}
		cl.Close()
	}
	if seen.Load() != 2 {
		t.Errorf("%d requests came through the handler around it", seen.Load())
	}
	page, err := web.Client().Get(web.URL + "/about")
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	if text, _ := io.ReadAll(page.Body); string(text) != "a page beside it" {
		t.Errorf("the page: %s", text)
	}
	if _, err := ipc.Dial(t.Context(), url+"/about", &ipc.ClientOptions{Logger: quiet}); !errors.Is(err, transport.ErrRefused) || !errors.Is(err, ipc.ErrNotSent) {
		t.Errorf("connecting to the page: %v", err)
	}
	web.Client().CloseIdleConnections()
}

// W12, S13: a server that is full says so before it upgrades, and takes the next
// when there is room.
func TestFullServersDoNotUpgrade(t *testing.T) {
	noLeaks(t)
	srv := testServer(ipc.ServerOptions{Limits: ipc.Limits{Connections: 1}, Insecure: true})
	url := serveAt(t, srv, "ws://127.0.0.1:0/ipc")
	cl := dialAt(t, url, ipc.ClientOptions{})
	request, err := http.NewRequestWithContext(t.Context(), "GET", strings.Replace(url, "ws", "http", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}, "Sec-Websocket-Protocol": {"ipc.json.v1"},
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("answered with %s", response.Status)
	}
	_, err = ipc.Dial(t.Context(), url, &ipc.ClientOptions{Logger: quiet})
	if !errors.Is(err, transport.ErrRefused) || !errors.Is(err, ipc.ErrNotSent) || !strings.Contains(err.Error(), "503") {
		t.Errorf("a client of ours: %v", err)
	}
	if _, err := echo.Call(t.Context(), cl, &textArgs{"still here"}); err != nil {
		t.Errorf("who is there: %v", err)
	}
	for change, err := range srv.Watch(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if change.Is == nil {
			break
		}
		cl.Close()
	}
	dialAt(t, url, ipc.ClientOptions{})
}

// S1, W12: over TLS a client says who it is, knows whom it talks to, and shows a
// certificate where one is wanted.
func TestSecureSockets(t *testing.T) {
	web := httptest.NewTLSServer(nil) // lends its certificate
	web.Close()
	roots := web.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	mutual := &tls.Config{Certificates: web.TLS.Certificates, ClientAuth: tls.RequireAnyClientCert}
	for _, scheme := range []string{"tls", "wss"} {
		t.Run(scheme, func(t *testing.T) {
			noLeaks(t)
			joined := make(chan *ipc.Peer, 1)
			srv := testServer(ipc.ServerOptions{Secret: []byte("correct horse"), TLS: mutual, OnJoin: func(_ context.Context, p *ipc.Peer) error {
				joined <- p
				return nil
			}})
			url := serveAt(t, srv, scheme+"://127.0.0.1:0")
			opts := ipc.ClientOptions{
				Identity: ipc.Identity{Group: "bots", Name: "one"}, Secret: []byte("correct horse"),
				Metadata: query.Metadata{"region": "eu"}, NoReconnect: true, Logger: quiet,
			}
			for name, with := range map[string]*tls.Config{
				"the roots of the system": {Certificates: web.TLS.Certificates},
				"another name":            {RootCAs: roots, Certificates: web.TLS.Certificates, ServerName: "elsewhere.test"},
				"no certificate":          {RootCAs: roots},
			} {
				refused := opts
				refused.TLS = with
				if _, err := ipc.Dial(t.Context(), url, &refused); !errors.Is(err, ipc.ErrNotSent) {
					t.Errorf("%s: %v", name, err)
				}
			}
			opts.TLS = &tls.Config{RootCAs: roots, Certificates: web.TLS.Certificates}
			dialAt(t, url, opts)
			p := <-joined
			info, ok := p.Info()
			if !ok || info.Scheme != scheme || info.TLS == nil || len(info.TLS.PeerCertificates) != 1 {
				t.Errorf("%+v", info)
			}
			if p.Identity() != opts.Identity || p.Metadata()["region"] != "eu" {
				t.Errorf("joined as %v with %v", p, p.Metadata())
			}
			if got, err := echo.Call(t.Context(), p, &textArgs{"hello"}); got != "hello" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
