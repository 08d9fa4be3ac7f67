package tunnel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// response is the http.ResponseWriter of a tunnel. What is written is sent when
// a chunk is full, on Flush, and in the end.
type response struct {
	ctx   context.Context
	head  bool // the request is a HEAD: the body is counted, not sent
	yield func(piece, error) bool

	header http.Header // the handler's

	mu       sync.Mutex
	status   int         // 0: not written
	fixed    http.Header // the header as it was when the status was written
	trailers []string    // announced in it
	length   int64       // announced in it; -1 if none
	sent     bool        // status and header have left
	written  int64       // bytes of the body, sent or not
	buf      []byte      // of the body, not sent yet
	over     error       // why nothing more is written
}

var (
	errReturned = errors.New("tunnel: write after the handler has returned")
	errLeft     = errors.New("tunnel: the caller has left")
)

// Header implements [http.ResponseWriter].
func (w *response) Header() http.Header { return w.header }

// EnableFullDuplex says that the body can be read while the response is written.
func (w *response) EnableFullDuplex() error { return nil }

// WriteHeader implements [http.ResponseWriter]. Informational statuses are sent
// at once; 101 is not possible.
func (w *response) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeHeader(status)
}

func (w *response) writeHeader(status int) {
	switch {
	case status < 100 || status > 999 || status == http.StatusSwitchingProtocols:
		panic(fmt.Sprintf("tunnel: a response cannot have status %d", status))
	case w.status != 0 || w.over != nil:
	case status < 200:
		w.deliver(piece{Status: status, Header: w.crossing(w.header)})
	default:
		w.status, w.trailers = status, announced(w.header)
		w.fixed = w.crossing(w.header)
		for _, name := range w.trailers {
			w.fixed.Del(name)
		}
		var err error
		if w.length, err = lengthOf(w.fixed); err != nil {
			w.fixed.Del("Content-Length")
		}
	}
}

// crossing returns what of the header crosses. What cannot be said is left out,
// as nobody could be told.
func (w *response) crossing(h http.Header) http.Header {
	out := endToEnd(h)
	maps.DeleteFunc(out, func(name string, values []string) bool {
		return strings.HasPrefix(name, http.TrailerPrefix) || checkHeader(http.Header{name: values}) != nil
	})
	return out
}

// Write implements [http.ResponseWriter].
func (w *response) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.status == 0 {
		w.writeHeader(http.StatusOK)
	}
	switch {
	case w.over != nil:
		return 0, w.over
	case !allowsBody(w.status):
		return 0, http.ErrBodyNotAllowed
	case w.length >= 0 && w.written+int64(len(b)) > w.length:
		return 0, http.ErrContentLength
	}
	w.written += int64(len(b))
	if w.head { // what is kept tells the type
		w.buf = append(w.buf, b[:min(len(b), sniffed-len(w.buf))]...)
		return len(b), nil
	}
	return w.fill(b)
}

// sniffed is how much of a body tells its type.
const sniffed = 512

// fill adds b to what is to be sent, and sends what is full.
func (w *response) fill(b []byte) (n int, err error) {
	for len(b) > 0 {
		room := min(chunk-len(w.buf), len(b))
		w.buf = append(w.buf, b[:room]...)
		n, b = n+room, b[room:]
		if len(w.buf) == chunk {
			if err := w.send(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// allowsBody reports whether a response of that status may have a body.
func allowsBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// Flush implements [http.Flusher].
func (w *response) Flush() { w.FlushError() }

// FlushError sends what was written, and returns why that is not possible.
func (w *response) FlushError() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.status == 0 {
		w.writeHeader(http.StatusOK)
	}
	if w.over == nil && w.unsent() {
		return w.send()
	}
	return w.over
}

// unsent reports whether there is something to send.
func (w *response) unsent() bool { return !w.sent || len(w.buf) > 0 && !w.head }

// send sends what has not been sent.
func (w *response) send() error {
	var part piece
	if !w.head {
		part.Body = w.buf
	}
	if !w.sent {
		w.sent = true
		w.sniff()
		part.Status, part.Header, part.Trailer = w.status, w.fixed, w.trailers
	}
	w.deliver(part)
	w.buf = w.buf[:0] // the piece was encoded by now
	return w.over
}

// sniff says what the body is, where the handler did not.
func (w *response) sniff() {
	_, typed := w.fixed["Content-Type"]
	if !typed && len(w.buf) > 0 && w.fixed.Get("Content-Encoding") == "" {
		w.fixed.Set("Content-Type", http.DetectContentType(w.buf))
	}
}

// deliver hands a piece to the runtime, which waits until it may be sent.
func (w *response) deliver(part piece) {
	if !w.yield(part, nil) {
		if w.over = context.Cause(w.ctx); w.over == nil {
			w.over = errLeft
		}
	}
}

// finish sends the rest when the handler has returned.
func (w *response) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.status == 0 {
		w.writeHeader(http.StatusOK)
	}
	if err := w.incomplete(); err != nil && w.over == nil {
		w.over = errReturned
		w.yield(piece{}, err)
		return
	}
	var trailer http.Header
	if !w.head && allowsBody(w.status) {
		trailer = w.trailer()
	}
	if w.over == nil && !w.sent && len(w.trailers)+len(trailer) == 0 {
		w.measure()
	}
	if w.over == nil && w.unsent() {
		w.send()
	}
	if w.over == nil && len(trailer) > 0 {
		w.deliver(piece{Header: trailer})
	}
	w.over = errReturned
}

// incomplete says what is missing in the response of a handler that has
// returned. One that returned because its context had ended may have written
// half of what it would have: that must not look like the whole.
func (w *response) incomplete() error {
	whole := w.head || !allowsBody(w.status) || w.written == w.length
	switch {
	case whole:
		return nil
	case w.written < w.length:
		return ipc.Errorf(Aborted, "the handler wrote %d bytes, and had announced %d", w.written, w.length)
	case w.ctx.Err() != nil:
		return ipc.Errorf(Aborted, "the handler was stopped")
	}
	return nil
}

// measure says how long the body is, as all of it is here; that of a HEAD only
// if it would be, and if there is one.
func (w *response) measure() {
	if w.length < 0 && allowsBody(w.status) && w.written <= chunk && (!w.head || w.written > 0) {
		w.fixed.Set("Content-Length", strconv.FormatInt(w.written, 10))
	}
}

// trailer returns what the handler has set of the trailers it announced, and
// those it marked by http.TrailerPrefix.
func (w *response) trailer() http.Header {
	out := http.Header{}
	for _, name := range w.trailers {
		if values := w.header[name]; len(values) > 0 {
			out[name] = values
		}
	}
	for name, values := range w.header {
		if name, ok := strings.CutPrefix(name, http.TrailerPrefix); ok && !forbiddenTrailer(http.CanonicalHeaderKey(name)) {
			out[http.CanonicalHeaderKey(name)] = values
		}
	}
	return w.crossing(out)
}

// abandon ends the response because the handler panicked: nothing more is
// written.
func (w *response) abandon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over == nil {
		w.over = errAbandoned
	}
}

// fail breaks a response off that was abandoned.
func (w *response) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over == errAbandoned {
		w.over = errReturned
		w.yield(piece{}, err)
	}
}

var errAbandoned = errors.New("tunnel: the handler has panicked")
