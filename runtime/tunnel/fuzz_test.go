package tunnel

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// FuzzRequest makes requests of what a stranger sends: those that the handler
// gets can be written and read as HTTP, and are the same afterwards.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/a?b=c", "example.com", "X-A", "value", "X-B", "other")
	f.Add("OPTIONS", "*", "[::1]:80", "connection", "x-b", "x-B", "1, 2")
	f.Add("GE T", "//a b", "a\r\nb", "", "\n", "Host", "evil")
	f.Add("GET", "/a b?c", "", "", "", "", "")
	f.Add("POST", "/%zz", "", "content-length", "7", "Transfer-Encoding", "chunked")
	s := &site{Options: (*Options)(nil).withDefaults()}
	f.Fuzz(func(t *testing.T, method, target, host, name1, value1, name2, value2 string) {
		h := &head{Method: method, URL: target, Host: host, Header: map[string][]string{name1: {value1}, name2: {value2, value2}}}
		r, status, err := s.request(context.Background(), h, nil)
		if err != nil {
			if status < 400 || r != nil {
				t.Fatalf("status %d, %v", status, err)
			}
			return
		}
		if r.Header.Get("Host")+r.Header.Get("Connection")+r.Header.Get("Transfer-Encoding")+r.Header.Get("Content-Length") != "" {
			t.Fatalf("header %q", r.Header)
		}
		if strings.ContainsAny(r.RequestURI+r.Host+r.Method, "\r\n ") {
			t.Fatalf("%q %q %q", r.Method, r.RequestURI, r.Host)
		}
		if err := r.Write(io.Discard); err != nil && r.Host != "" {
			t.Fatalf("%+v cannot be written: %v", r, err)
		}
		if len(r.Header) > 2 {
			t.Fatalf("header %q", r.Header)
		}
		for name, values := range r.Header {
			if http.CanonicalHeaderKey(name) != name || strings.ContainsAny(name+strings.Join(values, ""), "\r\n\x00") {
				t.Fatalf("header %q: %q", name, values)
			}
		}
	})
}
