package transport

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/coder/websocket"
)

// maxResponse bounds the header that answers an upgrade, in bytes.
const maxResponse = 64 << 10

func dialWebSocket(ctx context.Context, a address, o *Options) (Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, a.network, a.name)
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	c, err := upgradeOver(ctx, conn, a, o)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("transport: dial %s: %w", a, err)
	}
	return c, nil
}

// upgradeOver does the dialer's part of the handshake over conn.
func upgradeOver(ctx context.Context, conn net.Conn, a address, o *Options) (Conn, error) {
	info := Info{Scheme: a.scheme, Local: conn.LocalAddr(), Remote: conn.RemoteAddr(), UID: -1}
	if a.scheme == "wss" {
		secure := encrypted(conn, a, o, dialing)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		state := secure.ConnectionState()
		info.TLS = &state
		conn = hastyTLS{secure}
	}
	g := &guard{link: newLink(conn, o)}
	var ws *websocket.Conn
	err := bounded(ctx, g, func() (err error) {
		ws, err = requestUpgrade(g, a, o)
		return err
	})
	if err != nil {
		g.Close()
		return nil, err
	}
	c := newWebSocket(ws, g, cmp.Or(ws.Subprotocol(), o.Unnamed), o, dialing, info)
	if !slices.Contains(o.Subprotocols, c.subprotocol) {
		c.Close(codeProtocol, "no subprotocol chosen")
		return nil, fmt.Errorf("%w: subprotocol %q chosen, offered %s", ErrNoProtocol, c.subprotocol, strings.Join(o.Subprotocols, ", "))
	}
	return c, nil
}

func requestUpgrade(g *guard, a address, o *Options) (*websocket.Conn, error) {
	ws, response, err := websocket.Dial(context.Background(), a.String(), &websocket.DialOptions{
		HTTPClient:      &http.Client{Transport: upgrader{g}, CheckRedirect: noRedirect},
		HTTPHeader:      o.Header,
		Host:            o.Header.Get("Host"),
		Subprotocols:    named(o),
		CompressionMode: websocket.CompressionDisabled,
		OnPingReceived:  g.ping,
		OnPongReceived:  g.pong,
	})
	if err != nil {
		return nil, refusal(response, err)
	}
	return ws, nil
}

// named returns the subprotocols that are offered by name.
func named(o *Options) []string {
	return slices.DeleteFunc(slices.Clone(o.Subprotocols), func(name string) bool { return name == o.Unnamed })
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// refusal makes an error of a response that is no upgrade; err is the
// library's.
func refusal(response *http.Response, err error) error {
	if response == nil || response.StatusCode == http.StatusSwitchingProtocols || response.Body == nil {
		return err
	}
	text, _ := io.ReadAll(response.Body)
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return fmt.Errorf("%w: %s: %s", ErrRefused, response.Status, line)
}

// upgrader is an http.RoundTripper that sends its one request over a guard,
// and then leaves the guard to the library. Nothing of it outlives the
// handshake: no pool, no goroutine, no context.
type upgrader struct{ guard *guard }

func (u upgrader) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Write(u.guard); err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: u.guard, N: maxResponse}
	reader := bufio.NewReaderSize(limited, tinyRead)
	response, err := http.ReadResponse(reader, r)
	if limited.N == 0 {
		return nil, errors.New("the response is too long")
	}
	if err != nil {
		return nil, err
	}
	limited.N = math.MaxInt64
	if response.StatusCode == http.StatusSwitchingProtocols {
		response.Body = upgraded{reader, u.guard}
	}
	return response, nil
}

// upgraded is the connection as the body of a response, which is where the
// library looks for it.
type upgraded struct {
	*bufio.Reader
	guard *guard
}

func (u upgraded) Write(p []byte) (int, error) { return u.guard.Write(p) }
func (u upgraded) Close() error                { return u.guard.Close() }
