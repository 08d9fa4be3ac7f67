package tunnel

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// Handler returns a handler that serves h to peers, to be registered with a
// server or a client. o may be nil.
//
// The context of a request ends when its caller leaves, and when h returns.
// RemoteAddr is the network address of the peer, if it has one. Writing may be
// done from several goroutines, one at a time; reading the body while writing
// is always possible. A panic is logged with its stack and breaks the response
// off; http.ErrAbortHandler does that in silence.
func Handler(h http.Handler, o *Options) *ipc.Handler {
	site := &site{h, o.withDefaults()}
	return site.method().HandleDuplex(site.serve)
}

type site struct {
	http.Handler
	Options
}

// serve yields the response to one request.
func (s *site) serve(ctx context.Context, h *head, in iter.Seq2[piece, error]) iter.Seq2[piece, error] {
	return func(yield func(piece, error) bool) {
		w := &response{ctx: ctx, yield: yield, header: http.Header{}, length: -1}
		r, status, err := s.request(ctx, h, in)
		if err != nil {
			w.head = h.Method == http.MethodHead
			http.Error(w, err.Error(), status)
			w.finish()
			return
		}
		defer r.Body.Close()
		w.head = r.Method == http.MethodHead
		if s.run(w, r) {
			w.finish()
		}
	}
}

// run runs the handler, and reports whether it has returned. If it aborted, the
// response is broken off. Another panic is for the runtime.
func (s *site) run(w *response, r *http.Request) (returned bool) {
	defer func() {
		if returned {
			return
		}
		w.abandon()
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			panic(p)
		}
		w.fail(errAborted)
	}()
	s.ServeHTTP(w, r)
	return true
}

var errAborted = ipc.Errorf(Aborted, "the handler broke the response off")

// request returns the request that h begins, or with which status it is refused.
func (s *site) request(ctx context.Context, h *head, in iter.Seq2[piece, error]) (r *http.Request, status int, err error) {
	header, err := receiveHeader(h.Header, s.MaxHeader)
	if errors.Is(err, errLargeHeader) {
		return nil, http.StatusRequestHeaderFieldsTooLarge, err
	}
	if err != nil {
		return nil, http.StatusBadRequest, err
	}
	target, err := h.target()
	if err != nil {
		return nil, http.StatusBadRequest, err
	}
	r = &http.Request{
		Method: h.Method, URL: target, RequestURI: h.URL, Host: h.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, ContentLength: h.Length, Body: http.NoBody,
	}
	if r.Trailer, err = receiveNames(h.Trailer, s.MaxHeader); err != nil {
		return nil, http.StatusBadRequest, err
	}
	header.Del("Content-Length")
	if h.Length > 0 {
		header.Set("Content-Length", strconv.FormatInt(h.Length, 10))
	}
	if h.Length != 0 {
		r.Body = s.body(ctx, r, in)
	}
	if peer := Peer(r.WithContext(ctx)); peer != nil {
		if info, ok := peer.Info(); ok && info.Remote != nil {
			r.RemoteAddr = info.Remote.String()
		}
	}
	return r.WithContext(ctx), 0, nil
}

// body returns the body of r, which fills in the trailer.
func (s *site) body(ctx context.Context, r *http.Request, in iter.Seq2[piece, error]) io.ReadCloser {
	b := newBody(ctx, in)
	b.left = r.ContentLength
	trailer := r.Trailer // r is copied before the body is read, but not the map
	b.trailer = func(h map[string][]string) error {
		got, err := receiveTrailer(h, s.MaxHeader)
		for name, values := range got {
			if _, announced := trailer[name]; announced {
				trailer[name] = values
			}
		}
		return err
	}
	return b
}

// target checks what decides where the request goes.
func (h *head) target() (*url.URL, error) {
	switch {
	case !validName(h.Method):
		return nil, errors.New("the method is no token")
	case h.Method == http.MethodConnect:
		return nil, errors.New("CONNECT is not served in a tunnel")
	case h.Length < -1:
		return nil, errors.New("the length of the body is negative")
	case strings.ContainsFunc(h.Host, func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(`/\@?#"<>`, c) }):
		return nil, errors.New("the host is none")
	case strings.Contains(h.URL, " "):
		return nil, errors.New("the request target has a space in it")
	case !strings.HasPrefix(h.URL, "/") && h.URL != "*":
		return nil, errors.New("the request target must begin with /")
	}
	target, err := url.ParseRequestURI(h.URL)
	if err != nil {
		return nil, errors.New("the request target is no URL")
	}
	return target, nil
}
