package transport

import (
	"strings"
	"testing"
)

func TestAddresses(t *testing.T) {
	for url, want := range map[string]address{
		"unix:///run/a.sock":    {scheme: "unix", network: "unix", name: "/run/a.sock"},
		"unix:///a b%20?#":      {scheme: "unix", network: "unix", name: "/a b%20?#"},
		"unix:a.sock":           {scheme: "unix", network: "unix", name: "a.sock"},
		"unix:@a":               {scheme: "unix", network: "unix", name: "@a"},
		"tcp://localhost:7000":  {scheme: "tcp", network: "tcp", name: "localhost:7000", host: "localhost:7000"},
		"tcp://:0":              {scheme: "tcp", network: "tcp", name: ":0", host: ":0"},
		"tls://[::1]:7000":      {scheme: "tls", network: "tcp", name: "[::1]:7000", host: "[::1]:7000"},
		"ws://h":                {scheme: "ws", network: "tcp", name: "h:80", host: "h"},
		"ws://h:8080/a%20b?q=1": {scheme: "ws", network: "tcp", name: "h:8080", host: "h:8080", path: "/a%20b", query: "?q=1"},
		"wss://h/":              {scheme: "wss", network: "tcp", name: "h:443", host: "h", path: "/"},
		"mem:name":              {scheme: "mem", network: "tcp", name: "name"},
		"stdio:":                {scheme: "stdio", network: "tcp"},
	} {
		got, err := parseAddress(url)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", url, got, err, want)
		}
		if err := CheckURL(url); err != nil {
			t.Errorf("check %s: %v", url, err)
		}
		if got.String() != url {
			t.Errorf("%s is written as %s", url, got)
		}
	}
}

func TestBadAddresses(t *testing.T) {
	for url, says := range map[string]string{
		"":                                    `unknown scheme ""`,
		"http://h":                            `unknown scheme "http"`,
		"/run/a.sock":                         "unknown scheme",
		"unix:":                               "path of the socket is missing",
		"unix://":                             "absolute",
		"unix:///":                            "path of the socket is missing",
		"unix://run/a.sock":                   "write unix:///run/a.sock or unix:run/a.sock",
		"unix:///" + strings.Repeat("x", 103): "104 bytes",
		"unix:a\x00b":                         "zero byte",
		"tcp://localhost":                     "port is missing",
		"tcp://h:1/path":                      "/path has no meaning",
		"tcp:h:1":                             "// and a host are missing",
		"ws":                                  "// and a host are missing",
		"tls://h:1?q":                         "?q has no meaning",
		"tls://u@h:1":                         "user",
		"ws://h:x/":                           "invalid port",
		"ws://h/#f":                           "fragment",
		"mem:":                                "name is missing",
		"stdio:x":                             "nothing may follow",
	} {
		_, err := Dial(t.Context(), url, nil)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "want one of unix:///path") {
			t.Errorf("dial %q: %v, want one with %q and the schemes", url, err, says)
		}
		if checked := CheckURL(url); checked == nil || err == nil || checked.Error() != err.Error() {
			t.Errorf("check %q: %v, dial: %v", url, checked, err)
		}
		if _, err := Listen(t.Context(), url, nil); err == nil {
			t.Errorf("listen %q: no error", url)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, url := range []string{"unix:///a", "unix:@a", "tcp://h:1", "ws://h:1/p?q", "mem:x", "stdio:"} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		a, err := parseAddress(url)
		if err != nil {
			return
		}
		if again, err := parseAddress(a.String()); err != nil || again != a {
			t.Errorf("%q is %+v, written %q is %+v, %v", url, a, a, again, err)
		}
	})
}
