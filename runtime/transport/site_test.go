package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

// TestSites is case B5.
func TestSites(t *testing.T) {
	loopback, lan := net.IPv4(127, 0, 0, 1), net.IPv4(192, 0, 2, 7)
	listed := &Options{Hosts: []string{"ipc.example", "ipc.example:8443"}}
	origins := &Options{Origins: []string{"https://page.example"}}
	const none = ""
	tests := []struct {
		name         string
		local        net.IP
		o            *Options
		host, origin string
		allowed      bool
	}{
		{"loopback by name", loopback, nil, "localhost:7000", none, true},
		{"loopback by address", loopback, nil, "127.0.0.1:7000", none, true},
		{"loopback by IPv6 address", net.IPv6loopback, nil, "[::1]:7000", none, true},
		{"loopback without a port", loopback, nil, "localhost", none, true},
		{"IPv6 loopback without a port", loopback, nil, "[::1]", none, true},
		{"rebound name on loopback", loopback, nil, "evil.example", "http://evil.example", false},
		{"rebound name that looks local", loopback, nil, "localhost.evil.example:7000", none, false},
		{"foreign address on loopback", loopback, nil, "192.0.2.1:7000", none, false},
		{"no host on loopback", loopback, nil, "", none, false},
		{"own page on loopback", loopback, nil, "localhost:7000", "http://localhost:7000", true},
		{"other local page on loopback", loopback, nil, "localhost:7000", "http://127.0.0.1:3000", true},
		{"foreign page on loopback", loopback, nil, "localhost:7000", "http://evil.example", false},
		{"null page on loopback", loopback, nil, "localhost:7000", "null", false},

		{"any host elsewhere", lan, nil, "box.example", none, true},
		{"own page elsewhere", lan, nil, "box.example", "https://box.example", true},
		{"own page on another port", lan, nil, "box.example", "https://box.example:8443", false},
		{"foreign page elsewhere", lan, nil, "box.example", "https://evil.example", false},
		{"null page elsewhere", lan, nil, "box.example", "null", false},
		{"page of another scheme", lan, nil, "box.example", "file://box.example", false},
		{"page with a path", lan, nil, "box.example", "https://box.example/", false},
		{"page with a user", lan, nil, "box.example", "https://u@box.example", false},

		{"listed host", lan, listed, "ipc.example", none, true},
		{"listed host in capitals", lan, listed, "IPC.example", none, true},
		{"listed host on another port", lan, listed, "ipc.example:80", none, false},
		{"unlisted host", lan, listed, "other.example", none, false},
		{"loopback name that is not listed", loopback, listed, "localhost", none, false},
		{"page of a listed host", lan, listed, "ipc.example", "https://ipc.example:8443", true},
		{"page of an unlisted host", lan, listed, "ipc.example", "https://other.example", false},

		{"listed page", lan, origins, "box.example", "https://page.example", true},
		{"listed page, other scheme", lan, origins, "box.example", "http://page.example", false},
		{"own page that is not listed", lan, origins, "box.example", "https://box.example", false},
		{"null even if listed", lan, &Options{Origins: []string{"null"}}, "box.example", "null", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := upgradeRequest("http://unused/")
			r.Host = test.host
			if test.origin != none {
				r.Header.Set("Origin", test.origin)
			}
			local := &net.TCPAddr{IP: test.local, Port: 7000}
			r = r.WithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, local))
			s, err := settle(test.o)
			if err != nil {
				t.Fatal(err)
			}
			if err := checkSite(r, s); (err == nil) != test.allowed {
				t.Errorf("%v, allowed should be %v", err, test.allowed)
			}
		})
	}
}

func TestTwoOriginsAreRefused(t *testing.T) {
	r := upgradeRequest("http://box.example/")
	r.Header["Origin"] = []string{"http://box.example", "http://box.example"}
	if err := checkSite(r, &Options{}); err == nil {
		t.Error("no error")
	}
}

func TestForeignPagesGet403(t *testing.T) {
	l := listenAt(t, "ws://127.0.0.1:0/", nil)
	for _, header := range []http.Header{
		{"Host": {"evil.example"}},
		{"Origin": {"http://evil.example"}},
		{"Host": {"evil.example"}, "Origin": {"http://evil.example"}},
		{"Origin": {"null"}},
	} {
		_, err := Dial(t.Context(), l.URL(), &Options{Header: header})
		if err == nil || !contains403(err) {
			t.Errorf("%v: error %v, want 403", header, err)
		}
	}
	a, b := meet(t, l, &Options{Header: http.Header{"Origin": {"http://localhost"}}})
	a.Close(0, "")
	b.Close(0, "")
}

func contains403(err error) bool {
	return errors.Is(err, ErrRefused) && strings.Contains(err.Error(), "403 Forbidden")
}
