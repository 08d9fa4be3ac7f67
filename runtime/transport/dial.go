package transport

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
)

const schemes = "unix:///path, tcp://host:port, tls://host:port, ws://host:port/path, wss://host:port/path, stdio:, mem:name"

// Dial connects to the listener at a URL and does the handshake:
//
//	unix:///run/app.sock    a Unix socket; unix:app.sock is relative, unix:@app abstract (Linux)
//	tcp://localhost:7000    in the clear
//	tls://example.com:7000  encrypted
//	ws://localhost:80/ipc   a WebSocket
//	wss://example.com/ipc   an encrypted one
//	stdio:                  the process that started this one (see [Command])
//	mem:name                a listener in this process
//
// ctx bounds the handshake and is of no consequence after Dial has returned.
// A nil o means the defaults.
func Dial(ctx context.Context, rawURL string, o *Options) (Conn, error) {
	s, err := settle(o)
	if err != nil {
		return nil, err
	}
	a, err := parseAddress(rawURL)
	if err != nil {
		return nil, err
	}
	switch a.scheme {
	case "mem":
		return dialMemory(ctx, a.name, s)
	case "ws", "wss":
		return dialWebSocket(ctx, a, s)
	case "stdio":
		return dialStdio(ctx, s)
	}
	return dialStream(ctx, a, s)
}

// Listen accepts connections at a URL as [Dial] takes it; ctx bounds the
// start only. Port 0 is any free one, and an empty host all interfaces.
//
// A Unix socket gets mode 0600. One that is left over from a dead process of
// the same user is replaced; anything else that is in its place, or a
// directory where everybody may replace it, is refused.
//
// Of connections that have yet to ask for a WebSocket it holds at most 1,024, a
// quarter of them from one address, for 5 s: the oldest make room for newcomers.
//
// Listening at stdio: yields exactly one connection.
func Listen(ctx context.Context, rawURL string, o *Options) (Listener, error) {
	s, err := settle(o)
	if err != nil {
		return nil, err
	}
	a, err := parseAddress(rawURL)
	if err != nil {
		return nil, err
	}
	switch a.scheme {
	case "mem":
		return listenMemory(a.name, s)
	case "ws", "wss":
		return listenWebSocket(ctx, a, s)
	case "stdio":
		return listenStdio(s)
	}
	return listenStream(ctx, a, s)
}

// CheckURL returns what is wrong with a URL as [Dial] and [Listen] take it, nil
// if nothing is. It does not look whether there is anything at the URL.
func CheckURL(rawURL string) error {
	_, err := parseAddress(rawURL)
	return err
}

// address is a URL taken apart.
type address struct {
	scheme  string
	network string // for package net
	name    string // host:port, the path of a socket, or a name in memory
	host    string // of a URL that has one, as it is written there
	path    string // of a WebSocket
	query   string // of a WebSocket, with the question mark
}

func (a address) String() string {
	switch a.scheme {
	case "unix":
		if strings.HasPrefix(a.name, "/") {
			return "unix://" + a.name
		}
		return "unix:" + a.name
	case "mem", "stdio":
		return a.scheme + ":" + a.name
	}
	return a.scheme + "://" + a.host + a.path + a.query
}

func parseAddress(rawURL string) (address, error) {
	scheme, rest, _ := strings.Cut(rawURL, ":")
	a := address{scheme: scheme, network: "tcp"}
	var err error
	switch scheme {
	case "unix":
		a.network = "unix"
		a.name, err = socketPath(rest)
	case "tcp", "tls":
		err = a.parseHost(rawURL)
		if err == nil && a.path+a.query != "" {
			err = fmt.Errorf("%s has no meaning here", a.path+a.query)
		}
	case "ws", "wss":
		err = a.parseHost(rawURL)
	case "mem":
		a.name = rest
		if rest == "" {
			err = fmt.Errorf("the name is missing")
		}
	case "stdio":
		if rest != "" {
			err = fmt.Errorf("nothing may follow the colon")
		}
	default:
		err = fmt.Errorf("unknown scheme %q", scheme)
	}
	if err != nil {
		return address{}, fmt.Errorf("transport: bad URL %q: %w (want one of %s)", rawURL, err, schemes)
	}
	return a, nil
}

// socketPath takes what follows "unix:", literally.
func socketPath(rest string) (string, error) {
	path, ok := strings.CutPrefix(rest, "//")
	if ok && !strings.HasPrefix(path, "/") {
		return "", fmt.Errorf("a path after // is absolute: write unix:///%s or unix:%s", path, path)
	}
	if path == "" || path == "@" || strings.HasSuffix(path, "/") {
		return "", fmt.Errorf("the path of the socket is missing")
	}
	if strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("the path contains a zero byte")
	}
	if len(path) > maxSocketPath {
		return "", fmt.Errorf("the path has %d bytes, a socket's can have %d", len(path), maxSocketPath)
	}
	return path, nil
}

// maxSocketPath is what the address of a Unix socket holds, in bytes, on the
// systems where it holds least.
const maxSocketPath = 103

var defaultPorts = map[string]string{"ws": "80", "wss": "443"}

// parseHost sets name and path.
func (a *address) parseHost(rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil {
		return err.(*url.Error).Err
	}
	if !strings.HasPrefix(rawURL, a.scheme+"://") {
		return fmt.Errorf("// and a host are missing")
	}
	if u.User != nil || u.Fragment != "" {
		return fmt.Errorf("user and fragment have no meaning here")
	}
	port := u.Port()
	if port == "" {
		port = defaultPorts[a.scheme]
	}
	if port == "" {
		return fmt.Errorf("the port is missing")
	}
	a.name, a.host, a.path = net.JoinHostPort(u.Hostname(), port), u.Host, u.EscapedPath()
	if u.RawQuery != "" {
		a.query = "?" + u.RawQuery
	}
	return nil
}
