package tunnel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// Transport returns an http.RoundTripper that calls the handler which the peer
// behind c serves. o may be nil, and must name the route that is served there.
//
// Its errors are those of the runtime: errors.Is(err, ipc.ErrNotSent) says that
// the handler did not run. There are no redials and no retries; a client's
// Caller reconnects by itself, and a request that it is asked for meanwhile
// fails. The body of a response must be closed.
func Transport(c ipc.Caller, o *Options) http.RoundTripper {
	settings := o.withDefaults()
	return &transport{settings, c, settings.method()}
}

// transport implements http.RoundTripper.
type transport struct {
	Options
	caller ipc.Caller
	route  *ipc.InputMethod[head, piece, piece]
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	up := &upload{req: req}
	h, err := headOf(req)
	if err != nil {
		up.close()
		return nil, fmt.Errorf("tunnel: %w", err)
	}
	ctx, cancel := context.WithCancel(req.Context())
	b := newBody(req.Context(), t.route.Duplex(ctx, t.caller, h, up.pieces()))
	release := sync.OnceFunc(func() { cancel(); up.close() })
	b.over = release
	resp, err := t.response(req, b)
	if err != nil {
		b.Close()
		return nil, cmp.Or(ended(req.Context()), err) // as callers of HTTP clients expect it
	}
	context.AfterFunc(ctx, func() { b.Close() }) // also if nobody reads
	return resp, nil
}

// ended is the error of ctx, also when its time is over and it has yet to
// notice: the far side, which has the same deadline, may be the first.
func ended(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return cmp.Or(ctx.Err(), context.DeadlineExceeded)
	}
	return ctx.Err()
}

// headOf returns what begins the request.
func headOf(req *http.Request) (*head, error) {
	if req.URL == nil {
		return nil, errors.New("the request has no URL")
	}
	header := endToEnd(req.Header)
	h := &head{
		Method: req.Method, URL: req.URL.RequestURI(), Host: req.Host,
		Header: header, Length: req.ContentLength,
	}
	if h.Method == "" {
		h.Method = http.MethodGet
	}
	if h.Host == "" {
		h.Host = req.URL.Host
	}
	delete(header, "Content-Length")
	if header.Get("User-Agent") == "" { // which is how one says none
		delete(header, "User-Agent")
	}
	switch {
	case req.Body == nil || req.Body == http.NoBody:
		h.Length = 0
	case h.Length == 0:
		h.Length = -1
	}
	for name := range req.Trailer {
		h.Trailer = append(h.Trailer, name)
	}
	slices.Sort(h.Trailer)
	if _, err := h.target(); err != nil {
		return nil, err
	}
	return h, checkHeader(header)
}

// response reads the head of the response, and the informational ones before.
func (t *transport) response(req *http.Request, b *body) (*http.Response, error) {
	for range maxInformational {
		part, err, ok := b.next()
		switch {
		case !ok:
			return nil, errNoHead
		case err != nil:
			return nil, err
		case part.Status < 100 || part.Status > 999 || part.Status == http.StatusSwitchingProtocols:
			return nil, fmt.Errorf("tunnel: the far side answered with status %d", part.Status)
		}
		header, err := receiveHeader(part.Header, t.MaxHeader)
		if err != nil {
			return nil, fmt.Errorf("tunnel: response: %w", err)
		}
		if part.Status >= 200 {
			return t.final(req, b, part, header)
		}
		if err := informed(req.Context(), part.Status, header); err != nil {
			return nil, err
		}
	}
	return nil, errNoHead
}

// maxInformational bounds the responses before the response.
const maxInformational = 16

var errNoHead = errors.New("tunnel: the far side sent no response")

// informed tells those who trace the request of an informational response.
func informed(ctx context.Context, status int, h http.Header) error {
	if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.Got1xxResponse != nil {
		return trace.Got1xxResponse(status, textproto.MIMEHeader(h))
	}
	return nil
}

// final returns the response that part begins.
func (t *transport) final(req *http.Request, b *body, part piece, header http.Header) (*http.Response, error) {
	resp := &http.Response{
		Status:     fmt.Sprintf("%03d %s", part.Status, http.StatusText(part.Status)),
		StatusCode: part.Status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Request: req, Body: b,
	}
	var err error
	if resp.ContentLength, err = lengthOf(header); err != nil {
		return nil, fmt.Errorf("tunnel: response: %w", err)
	}
	if resp.Trailer, err = receiveNames(part.Trailer, t.MaxHeader); err != nil {
		return nil, fmt.Errorf("tunnel: response: %w", err)
	}
	b.trailer = func(h map[string][]string) error { return t.addTrailer(resp, h) }
	part.Status, part.Header = 0, nil
	switch b.left = resp.ContentLength; {
	case req.Method == http.MethodHead:
		b.left = 0
	case !allowsBody(resp.StatusCode):
		b.left, resp.ContentLength = 0, 0
	}
	if err := b.take(part); err != nil {
		return nil, err
	}
	return resp, nil
}

// addTrailer adds what came behind the body.
func (t *transport) addTrailer(resp *http.Response, h map[string][]string) error {
	got, err := receiveTrailer(h, t.MaxHeader)
	if err == nil && resp.Trailer == nil {
		resp.Trailer = http.Header{}
	}
	for name, values := range got {
		resp.Trailer[name] = values
	}
	return err
}

// upload is the body of a request, which is read on a goroutine of the
// runtime's and closed once, whatever becomes of the request.
type upload struct {
	req    *http.Request
	closed sync.Once
}

func (u *upload) close() {
	u.closed.Do(func() {
		defer func() { // the goroutine may be nobody's
			if value := recover(); value != nil {
				slog.Error("tunnel: closing the body of a request failed", "error", fmt.Sprintf("panic: %v", value), "stack", string(debug.Stack()))
			}
		}()
		if u.req.Body != nil {
			u.req.Body.Close()
		}
	})
}

// pieces returns the body, or nil if there is none.
func (u *upload) pieces() iter.Seq2[piece, error] {
	if u.req.Body == nil || u.req.Body == http.NoBody {
		return nil
	}
	return func(yield func(piece, error) bool) {
		defer u.close()
		buf := make([]byte, chunk)
		for {
			n, err := u.req.Body.Read(buf)
			if n > 0 && !yield(piece{Body: buf[:n]}, nil) {
				return
			}
			switch {
			case err == io.EOF:
				u.trailer(yield)
				return
			case err != nil:
				yield(piece{}, fmt.Errorf("tunnel: request body: %w", err))
				return
			}
		}
	}
}

// trailer yields the trailer, which is there when the body is read.
func (u *upload) trailer(yield func(piece, error) bool) {
	if len(u.req.Trailer) == 0 {
		return
	}
	if err := checkHeader(u.req.Trailer); err != nil {
		yield(piece{}, fmt.Errorf("tunnel: trailer: %w", err))
		return
	}
	yield(piece{Header: u.req.Trailer}, nil)
}
