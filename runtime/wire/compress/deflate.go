package compress

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"sync"
)

// deflaters compress, one body at a time each. They are large, and kept.
type deflaters struct{ pool sync.Pool }

// deflater is a writer of compressed bytes, and the buffer that it writes to.
type deflater struct {
	bytes.Buffer
	limit int // of the buffer, in bytes
	w     *flate.Writer
}

func newDeflaters(level int) *deflaters {
	return &deflaters{sync.Pool{New: func() any {
		d := new(deflater)
		d.w, _ = flate.NewWriter(limited{d}, level) // its only error is about the level
		return d
	}}}
}

// deflate returns the compressed body, to be released, or nil if that is not
// smaller by an eighth.
func (ds *deflaters) deflate(body []byte) *deflater {
	d := ds.pool.Get().(*deflater)
	d.Reset()
	d.limit = len(body) - len(body)/8
	d.w.Reset(limited{d})
	_, err := d.w.Write(body)
	if err == nil {
		err = d.w.Close()
	}
	if err != nil {
		ds.release(d)
		return nil
	}
	return d
}

func (ds *deflaters) release(d *deflater) {
	if d.Cap() <= maxKept {
		ds.pool.Put(d)
	}
}

// maxKept is the largest buffer that is kept for reuse.
const maxKept = 2 << 20

// limited breaks off what does not pay.
type limited struct{ d *deflater }

func (l limited) Write(b []byte) (int, error) {
	if l.d.Len()+len(b) > l.d.limit {
		return 0, errLarge
	}
	return l.d.Buffer.Write(b)
}

var errLarge = errors.New("compress: it does not pay")

// maxRatio is more than what one byte of RFC 1951 can become: a match of 258
// bytes takes two bits.
const maxRatio = 1040

// inflate returns the body of size bytes that was compressed to small. Nothing
// is allocated for a size that cannot be.
func (d *dialect) inflate(size uint64, small []byte) ([]byte, error) {
	switch {
	case size > uint64(d.MaxBody):
		return nil, fmt.Errorf("a body of %d bytes after inflating, the limit is %d", size, d.MaxBody)
	case size > maxRatio*uint64(len(small)):
		return nil, fmt.Errorf("%d compressed bytes cannot be a body of %d", len(small), size)
	}
	i := inflaters.Get().(*inflater)
	defer i.release()
	i.source.Reset(small)
	i.r.(flate.Resetter).Reset(&i.source, nil)
	body := make([]byte, size)
	if _, err := io.ReadFull(i.r, body); err != nil {
		return nil, fmt.Errorf("the compressed body is malformed, or not of %d bytes: %v", size, err)
	}
	if n, err := i.r.Read(make([]byte, 1)); n > 0 || err != io.EOF || i.source.Len() > 0 {
		return nil, fmt.Errorf("the compressed body is longer than %d bytes", size)
	}
	return body, nil
}

// inflater reads compressed bytes.
type inflater struct {
	source bytes.Reader
	r      io.ReadCloser
}

var inflaters = sync.Pool{New: func() any {
	i := new(inflater)
	i.r = flate.NewReader(&i.source)
	return i
}}

func (i *inflater) release() {
	i.source.Reset(nil)
	inflaters.Put(i)
}
