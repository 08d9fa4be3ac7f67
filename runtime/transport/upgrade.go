package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/coder/websocket"
)

// Upgrade accepts a WebSocket, in any http.Handler. What it refuses it has
// answered: 403 where Host or Origin is not one of Options, 426 where no
// WebSocket is asked for, 400 without a common subprotocol, 503 where
// Options.Admit refuses.
//
// The connection has done its handshake. The handler should return: neither
// the request nor its context is needed any longer, and the server's memory
// for it is given back.
func Upgrade(w http.ResponseWriter, r *http.Request, o *Options) (Conn, error) {
	s, err := settle(o)
	if err != nil {
		return nil, refuse(w, http.StatusInternalServerError, err)
	}
	if err := checkSite(r, s); err != nil {
		return nil, refuse(w, http.StatusForbidden, err)
	}
	if r.Header.Get("Upgrade") == "" {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		return nil, refuse(w, http.StatusUpgradeRequired, fmt.Errorf("transport: a WebSocket is served here, and nothing else"))
	}
	chosen, err := chooseFor(r, s)
	if err != nil {
		return nil, refuse(w, http.StatusBadRequest, err)
	}
	if !admitted(s, remoteAddr(r)) {
		return nil, refuse(w, http.StatusServiceUnavailable, fmt.Errorf("transport: no more connections are taken"))
	}
	return accept(w, r, chosen, s)
}

func refuse(w http.ResponseWriter, status int, err error) error {
	http.Error(w, err.Error(), status)
	return fmt.Errorf("transport: upgrade refused with %d: %w", status, err)
}

// chooseFor returns the subprotocol to speak. A request that offers none has the
// unnamed one in mind.
func chooseFor(r *http.Request, o *Options) (string, error) {
	if o.Unnamed != "" && r.Header.Get("Sec-WebSocket-Protocol") == "" {
		return o.Unnamed, nil
	}
	return choose(offeredBy(r), o.Subprotocols)
}

func offeredBy(r *http.Request) []string {
	offer := strings.Split(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ",")
	for i := range offer {
		offer[i] = strings.TrimSpace(offer[i])
	}
	return offer
}

// remoteAddr is what the server says about the peer, as an address.
func remoteAddr(r *http.Request) net.Addr {
	if ap, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return net.TCPAddrFromAddrPort(ap)
	}
	return &net.UnixAddr{Name: r.RemoteAddr, Net: "unix"}
}

func accept(w http.ResponseWriter, r *http.Request, subprotocol string, o *Options) (Conn, error) {
	h := &hijacker{ResponseWriter: w, guard: &guard{}, o: o}
	ws, err := websocket.Accept(h, r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // checkSite is stricter
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived:     h.guard.ping,
		OnPongReceived:     h.guard.pong,
	})
	if err != nil {
		h.close()
		return nil, fmt.Errorf("transport: upgrade: %w", err)
	}
	return newWebSocket(ws, h.guard, subprotocol, o, accepting, upgradedInfo(r, h.conn)), nil
}

func upgradedInfo(r *http.Request, conn net.Conn) Info {
	info := Info{Scheme: "ws", Local: conn.LocalAddr(), Remote: conn.RemoteAddr(), UID: -1, TLS: r.TLS}
	if r.TLS != nil {
		info.Scheme = "wss"
	}
	if _, ok := conn.(*net.UnixConn); ok {
		info.UID = peerUID(conn)
	}
	// The context keeps the server's buffers alive.
	info.Request = r.WithContext(context.Background())
	info.Request.Body = http.NoBody
	return info
}

// hijacker gives the library a guard in place of the connection, and buffers
// that are just large enough: the link has its own.
type hijacker struct {
	http.ResponseWriter
	o     *Options
	guard *guard
	conn  net.Conn
}

const (
	tinyRead  = 16  // bytes; more are read past the buffer
	tinyWrite = 256 // bytes; a control frame must fit, so that it is one write
)

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = conn
	h.guard.link = newLink(hasty(conn), h.o)
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	if err := h.guard.unread(early); err != nil {
		return nil, nil, err
	}
	r, w := bufio.NewReaderSize(h.guard, tinyRead), bufio.NewWriterSize(h.guard, tinyWrite)
	return h.guard, bufio.NewReadWriter(r, w), nil
}

// WriteHeaderNow is for frameworks that delay the header beyond WriteHeader.
func (h *hijacker) WriteHeaderNow() {
	if w, ok := h.ResponseWriter.(interface{ WriteHeaderNow() }); ok {
		w.WriteHeaderNow()
	}
}

// close ends what was hijacked before something failed.
func (h *hijacker) close() {
	if h.conn != nil {
		h.guard.Close()
	}
}

// hasty returns conn so that its Close does not wait.
func hasty(conn net.Conn) net.Conn {
	if secure, ok := conn.(*tls.Conn); ok {
		return hastyTLS{secure}
	}
	return conn
}
