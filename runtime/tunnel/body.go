package tunnel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"sync"
	"sync/atomic"
)

// body is a body that is being received: the reader pulls its pieces. It may be
// closed while it is read.
type body struct {
	ctx     context.Context // of the request: why the stream may have ended
	left    int64           // bytes still to come; -1 if that is not known
	trailer func(map[string][]string) error
	over    func() // called when it is read to the end, or closed; may be nil

	closed atomic.Bool

	mu   sync.Mutex // held while reading: pulling is not for two
	next func() (piece, error, bool)
	stop func()
	rest []byte
	err  error // what every further read returns
}

func newBody(ctx context.Context, pieces iter.Seq2[piece, error]) *body {
	b := &body{ctx: ctx, left: -1}
	b.next, b.stop = iter.Pull2(pieces)
	return b
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (n int, err error) {
	b.mu.Lock()
	defer b.release()
	if b.closed.Load() && b.err == nil {
		b.rest, b.err = nil, cmp.Or(b.ctx.Err(), http.ErrBodyReadAfterClose)
	}
	for len(b.rest) == 0 && b.err == nil {
		b.err = b.pull()
	}
	if len(b.rest) == 0 {
		if b.over != nil {
			b.over()
		}
		return 0, b.err
	}
	n = copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// pull takes in the next piece.
func (b *body) pull() error {
	part, err, ok := b.next()
	switch {
	case !ok && b.left > 0:
		return io.ErrUnexpectedEOF
	case !ok:
		return io.EOF
	case err != nil:
		return err
	}
	return b.take(part)
}

// take takes in a piece.
func (b *body) take(part piece) error {
	switch {
	case part.Status != 0:
		return errTwoHeads
	case b.left >= 0 && int64(len(part.Body)) > b.left:
		return errLongBody
	case len(part.Header) > 0:
		if err := b.trailer(part.Header); err != nil {
			return fmt.Errorf("tunnel: trailer: %w", err)
		}
	}
	if b.left >= 0 {
		b.left -= int64(len(part.Body))
	}
	b.rest = part.Body
	return nil
}

var (
	errTwoHeads    = errors.New("tunnel: the far side began a response twice, or one in a request")
	errLongBody    = errors.New("tunnel: the body is longer than its length")
	errLargeHeader = errors.New("the header is too large")
)

// Close ends the stream of pieces. It waits for no reader: one that is at it
// ends the stream when it has read.
func (b *body) Close() error {
	b.closed.Store(true)
	if b.over != nil {
		b.over()
	}
	if b.mu.TryLock() {
		b.release()
	}
	return nil
}

// release ends a read, and the stream if the body was closed meanwhile.
func (b *body) release() {
	if b.closed.Load() {
		b.stop()
	}
	b.mu.Unlock()
	if b.closed.Load() && b.mu.TryLock() { // closed between the two
		b.stop()
		b.mu.Unlock()
	}
}
