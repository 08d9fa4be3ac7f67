// Package tunnel carries HTTP over a connection: one side serves an
// [http.Handler] to the peers it is connected with, the other calls it with an
// [http.RoundTripper]. Either may be the server of the connection: a page on a
// machine that nobody can dial is served to the server which that machine has
// dialed.
//
//	cl.Register(tunnel.Handler(mux, nil))                       // here, behind a firewall
//
//	page := &http.Client{Transport: tunnel.Transport(peer, nil)} // there
//	resp, err := page.Get("http://bot-1/status")
//	http.Handle("/", &httputil.ReverseProxy{Transport: tunnel.Transport(peer, nil), ...})
//
// # One request
//
// A request is a stream of the runtime, in both directions:
//
//	RoundTrip -- method, URL, header ------------------> ServeHTTP
//	          -- body, trailer ------------------------> Request.Body
//	Response  <--------------- status, header, body ---- ResponseWriter
//	          <------------------------- trailer, end --
//
// Bodies of any length flow at the pace of their readers: who does not read
// stops who writes. Requests run at the same time and delay nobody else, each
// at the cost of one of the streams that ipc.Limits allow. When the caller
// leaves (its context ends, or the response's body is closed) the handler's
// context ends; when the handler returns, the rest of the request's body is not
// sent. A response is complete when its handler has returned; where before that
// the connection is lost, the handler panics or its context ends, reading the
// body fails.
//
// # What crosses
//
// Method, request target, Host and headers with all their values, status,
// informational responses, and trailers. Headers that concern one hop only
// (Connection and what it names, Keep-Alive, Transfer-Encoding, Upgrade, ...)
// do not, so there are no upgrades: no WebSockets in a tunnel. The host of a
// URL chooses nothing, it is what the handler sees as Host. Headers that are no
// HTTP, or too large, are refused on either side; so are values that are not
// UTF-8.
//
// Who calls is known: [Peer] tells a handler, which is how to decide who may.
//
//	mux.HandleFunc("/admin", func(w http.ResponseWriter, r *http.Request) {
//		if tunnel.Peer(r).Identity().Group != "admins" { http.Error(...) }
//	})
package tunnel

import (
	"net/http"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// Options are the settings of either end; nil and zero mean the defaults.
type Options struct {
	// Route is the name under which the handler is served. Default:
	// HTTP.RoundTrip.
	Route string
	// MaxHeader bounds the header that is received, and its trailer, in bytes
	// of names and values. Default 64 KiB.
	MaxHeader int
}

func (o *Options) withDefaults() Options {
	d := Options{Route: "HTTP.RoundTrip", MaxHeader: 64 << 10}
	if o != nil && o.Route != "" {
		d.Route = o.Route
	}
	if o != nil && o.MaxHeader > 0 {
		d.MaxHeader = o.MaxHeader
	}
	return d
}

// Aborted is the code of a response that its handler broke off: by
// http.ErrAbortHandler, by writing less than it had announced, or by returning
// after its context had ended, as it does when its side shuts down.
const Aborted code.Code = "http.aborted"

// Peer returns who called the handler that serves r, or nil if r did not come
// through a tunnel.
func Peer(r *http.Request) *ipc.Peer {
	if in, ok := ipc.RequestFrom(r.Context()); ok {
		return in.Peer
	}
	return nil
}

// What crosses: the arguments of the call, and the items of both directions.

// head begins a request.
type head struct {
	Method string              `json:"method"`
	URL    string              `json:"url"` // the request target
	Host   string              `json:"host"`
	Header map[string][]string `json:"header,omitempty"`
	// Length of the body in bytes; -1 if that is not known.
	Length int64 `json:"length"`
	// Trailer names the trailers that may follow the body.
	Trailer []string `json:"trailer,omitempty"`
}

// piece is a part of a body. The first of a response has its status, too; the
// last of either may be a trailer.
type piece struct {
	// Status begins a response: informational ones, from 100 to 199, and
	// then the one. Of a trailer, and of what a caller sends, it is 0.
	Status int `json:"status,omitempty"`
	// Header goes with the status; without one it is the trailer.
	Header map[string][]string `json:"header,omitempty"`
	// Trailer goes with the status: the names of trailers that may follow.
	Trailer []string `json:"trailer,omitempty"`
	Body    []byte   `json:"body,omitempty"`
}

// chunk is how much of a body is sent at once, in bytes.
const chunk = 32 << 10

// method is how a request crosses.
func (o Options) method() *ipc.InputMethod[head, piece, piece] {
	route := &ipc.Route{Name: o.Route, Kind: ipc.KindDuplex}
	return &ipc.InputMethod[head, piece, piece]{Method: ipc.Method[head, piece]{Route: route}}
}
