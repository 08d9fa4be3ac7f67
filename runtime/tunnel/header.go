package tunnel

import (
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// hopByHop are the headers that concern one connection only (RFC 9110, section
// 7.6.1, and what is in use), and those that the tunnel says in its own way.
var hopByHop = []string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect", "Host",
}

// endToEnd returns what of h crosses. h stays as it is.
func endToEnd(h http.Header) http.Header {
	out := h.Clone()
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			out.Del(textproto.TrimString(name))
		}
	}
	for _, name := range hopByHop {
		out.Del(name)
	}
	if wantsTrailers(h) {
		out.Set("Te", "trailers")
	}
	return out
}

// wantsTrailers reports whether h says that trailers are understood, which
// holds for the whole way.
func wantsTrailers(h http.Header) bool {
	for _, line := range h["Te"] {
		for name := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(textproto.TrimString(name), "trailers") {
				return true
			}
		}
	}
	return false
}

// announced returns the trailers that h announces, but those that may be none.
func announced(h http.Header) (names []string) {
	for _, line := range h["Trailer"] {
		for name := range strings.SplitSeq(line, ",") {
			name = http.CanonicalHeaderKey(textproto.TrimString(name))
			if validName(name) && !forbiddenTrailer(name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// forbiddenTrailer reports whether name decides how a message is read, for
// which a trailer comes too late.
func forbiddenTrailer(name string) bool {
	return slices.Contains(hopByHop, name) || name == "Content-Length" || name == "Content-Type" || name == "Content-Encoding"
}

// receiveHeader returns the header h that came from the far side, or why it is
// none.
func receiveHeader(h map[string][]string, limit int) (http.Header, error) {
	out := make(http.Header, len(h))
	size := 0
	for name, values := range h {
		if size += len(name); !validName(name) {
			return nil, fmt.Errorf("header %.40q is no name", name)
		}
		for _, value := range values {
			if size += len(value); !validValue(value) {
				return nil, fmt.Errorf("header %.40s holds bytes that no header may", name)
			}
		}
		if size > limit {
			return nil, errLargeHeader
		}
		name = http.CanonicalHeaderKey(name)
		out[name] = append(out[name], values...)
	}
	return endToEnd(out), nil
}

// receiveTrailer returns the trailer h that came from the far side, or why it is
// none.
func receiveTrailer(h map[string][]string, limit int) (http.Header, error) {
	out, err := receiveHeader(h, limit)
	if err != nil {
		return nil, err
	}
	for name := range out {
		if forbiddenTrailer(name) {
			delete(out, name)
		}
	}
	return out, nil
}

// receiveNames returns the names of trailers to come.
func receiveNames(names []string, limit int) (http.Header, error) {
	if len(names) == 0 {
		return nil, nil
	}
	h := make(map[string][]string, len(names))
	for _, name := range names {
		h[name] = nil
	}
	return receiveTrailer(h, limit)
}

// checkHeader says what of h does not cross: told to who sends it.
func checkHeader(h http.Header) error {
	for name, values := range h {
		if !validName(name) {
			return fmt.Errorf("header %q is no name", name)
		}
		for _, value := range values {
			if !validValue(value) || !utf8.ValidString(value) {
				return fmt.Errorf("header %s: its value holds control characters or is not UTF-8", name)
			}
		}
	}
	return nil
}

// validName reports whether s is a token (RFC 9110, section 5.6.2).
func validName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// validValue reports whether s may be the value of a header: no line breaks,
// and no other control characters.
func validValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// lengthOf returns what a header says of the length of its body, -1 if nothing.
func lengthOf(h http.Header) (int64, error) {
	values := h["Content-Length"]
	if len(values) == 0 {
		return -1, nil
	}
	n, err := strconv.ParseUint(textproto.TrimString(values[0]), 10, 63)
	if err != nil || len(values) > 1 {
		return -1, fmt.Errorf("bad Content-Length %.40q", values)
	}
	return int64(n), nil
}
