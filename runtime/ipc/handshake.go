package ipc

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// The handshake, three or four messages before anything else:
//
//	acceptor -> challenge   a fresh nonce, and how one may identify
//	dialer   -> identify    who it is, and what proves it
//	dialer   -> metadata    what it says of itself, if it says anything
//	acceptor -> welcome     its own proof, the name of the connection
//
// or a close packet instead of the last, which says why.

// refusal is why a handshake failed, and what the far side is told.
type refusal struct {
	status uint16
	reason string
	err    error // for the log; nil: the reason
}

func (r *refusal) Error() string {
	if r.err != nil {
		return r.reason + ": " + r.err.Error()
	}
	return r.reason
}

func (r *refusal) Unwrap() error { return r.err }

// notNow returns the status for whom Authenticate or OnJoin refuses with err and
// lets come back, or 0.
func notNow(err error) (status uint16) {
	switch {
	case errors.Is(err, code.Overloaded):
		return statusFull
	case errors.Is(err, code.RateLimited):
		return statusLimited
	}
	return 0
}

// greet is the acceptor's half up to the decision: it returns who the client
// is, in the welcome to send, with what is known of it, and whether it may take
// its identity from another.
func (s *Server) greet(ctx context.Context, tc transport.Conn, d wire.Dialect) (w *wire.Welcome, in *session, override bool, err error) {
	info := tc.Info()
	ch, err := s.challenge(tc, d)
	if err != nil {
		return nil, nil, false, err
	}
	var id wire.Identify
	if err := receiveHandshake(tc, d, wire.KindIdentify, &id); err != nil {
		return nil, nil, false, err
	}
	if err := checkIdentify(ch, &id); err != nil {
		return nil, nil, false, err
	}
	if s.throttle.blocked(info) {
		// Not for good: who else comes from that address may be innocent.
		return nil, nil, false, &refusal{status: statusFull, reason: "too many wrong credentials, try again in a minute"}
	}
	shown, err := s.judge(ctx, info, ch, &id)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, nil, false, &refusal{statusLate, "the handshake took too long", err}
	case notNow(err) != 0:
		return nil, nil, false, &refusal{notNow(err), "not now", err}
	case err != nil:
		return nil, nil, false, &refusal{statusDenied, "the credentials are wrong", err}
	}
	override = s.mayOverride(info, ch, &id)
	in = newSession(shown, &id, info)
	in.said, err = receiveMetadata(tc, d, &id)
	return s.welcome(shown.key, ch, &id), in, override, err
}

// challenge says how one may identify. In some foreign dialects everybody knows.
func (s *Server) challenge(tc transport.Conn, d wire.Dialect) (*wire.Challenge, error) {
	ch := &wire.Challenge{Version: wire.Version, Nonce: newNonce(), Methods: traitsOf(tc).Methods}
	if len(ch.Methods) > 0 {
		return ch, nil
	}
	ch.Methods = s.methods(tc.Info())
	return ch, sendHandshake(tc, d, wire.KindChallenge, ch)
}

// checkIdentify refuses what cannot be an identity of this version.
func checkIdentify(ch *wire.Challenge, id *wire.Identify) error {
	if id.Version != wire.Version {
		return &refusal{status: statusVersion, reason: fmt.Sprintf("version %d is spoken here, not %d", wire.Version, id.Version)}
	}
	if err := (Identity{id.Group, id.Name}).validate(); err != nil {
		return &refusal{status: statusDenied, reason: err.Error()}
	}
	if !slices.Contains(ch.Methods, id.Method) {
		return &refusal{status: statusDenied, reason: fmt.Sprintf("identify by one of %q, not by %q", ch.Methods, id.Method)}
	}
	return nil
}

// welcome returns what ends the handshake.
func (s *Server) welcome(key []byte, ch *wire.Challenge, id *wire.Identify) *wire.Welcome {
	w := &wire.Welcome{
		Group: id.Group, Name: id.Name, Conn: rand.Text(),
		Heartbeat: s.limits.Heartbeat.Milliseconds(), Silence: s.limits.Silence.Milliseconds(),
	}
	if key != nil {
		w.Proof = proof(key, acceptorSide, ch.Nonce, id.Nonce, w.Group, w.Name, w.Conn)
	}
	return w
}

// identify is the dialer's half. It returns the acceptor's welcome.
func (c *Client) identify(tc transport.Conn, d wire.Dialect, say *wire.Metadata) (*wire.Welcome, error) {
	ch, id, err := c.introduce(tc, d)
	if err != nil {
		return nil, err
	}
	id.Metadata = len(say.Metadata) > 0 && traitsOf(tc) == ours
	if err := sendHandshake(tc, d, wire.KindIdentify, id); err != nil {
		return nil, err
	}
	if id.Metadata {
		if err := sendHandshake(tc, d, wire.KindMetadata, say); err != nil {
			return nil, err
		}
	}
	var w wire.Welcome
	if err := receiveHandshake(tc, d, wire.KindWelcome, &w); err != nil {
		return nil, err
	}
	if traitsOf(tc) != ours { // it dictates nothing
		w.Heartbeat, w.Silence = c.limits.Heartbeat.Milliseconds(), c.limits.Silence.Milliseconds()
	}
	return &w, c.checkWelcome(ch, id, &w)
}

// introduce returns how the client identifies itself, and the challenge to
// which that is the answer.
func (c *Client) introduce(tc transport.Conn, d wire.Dialect) (*wire.Challenge, *wire.Identify, error) {
	if methods := traitsOf(tc).Methods; len(methods) > 0 {
		id, err := c.reveal(methods, tc.Info())
		return &wire.Challenge{Methods: methods}, id, err
	}
	var ch wire.Challenge
	if err := receiveHandshake(tc, d, wire.KindChallenge, &ch); err != nil {
		return nil, nil, err
	}
	if ch.Version != wire.Version {
		return nil, nil, &refusal{status: statusVersion, reason: fmt.Sprintf("the server speaks version %d, not %d", ch.Version, wire.Version)}
	}
	id, err := c.answer(&ch, tc.Info())
	return &ch, id, err
}

// reveal returns how the client identifies itself to who does not challenge.
// The dialect was chosen here: no server can make a client reveal its secret.
func (c *Client) reveal(methods []string, info transport.Info) (*wire.Identify, error) {
	who := c.Identity()
	id := &wire.Identify{Version: wire.Version, Group: who.Group, Name: who.Name, Method: methods[0]}
	id.Token, id.Override = cmp.Or(string(c.opts.Secret), c.opts.Token), c.opts.Override
	if (id.Token != "" || len(id.Override) > 0) && !private(info) && !c.opts.Insecure {
		return nil, &refusal{status: statusDenied, reason: "secret", err: errPlainText}
	}
	return id, nil
}

// answer returns how the client identifies itself to a challenge.
func (c *Client) answer(ch *wire.Challenge, info transport.Info) (*wire.Identify, error) {
	who := c.Identity() // with the name that the server gave before, if it did
	id := &wire.Identify{Version: wire.Version, Group: who.Group, Name: who.Name, Method: methodNone}
	switch {
	case len(c.opts.Secret) > 0:
		id.Method, id.Nonce = methodHMAC, newNonce()
		id.Proof = proof(c.opts.Secret, dialerSide, ch.Nonce, id.Nonce, id.Group, id.Name)
	case c.opts.Token != "":
		if !private(info) {
			return nil, &refusal{status: statusDenied, reason: "token", err: errPlainText}
		}
		id.Method, id.Token = methodToken, c.opts.Token
	}
	if len(c.opts.Override) > 0 {
		if id.Nonce == nil {
			id.Nonce = newNonce()
		}
		id.Override = proof(c.opts.Override, overrideSide, ch.Nonce, id.Nonce, id.Group, id.Name)
	}
	if !slices.Contains(ch.Methods, id.Method) {
		return nil, &refusal{status: statusDenied, reason: fmt.Sprintf("the server wants one of %q, this client offers %q", ch.Methods, id.Method)}
	}
	return id, nil
}

// checkWelcome makes sure that the acceptor knows the secret, too, and that
// what it dictates can be followed.
func (c *Client) checkWelcome(ch *wire.Challenge, id *wire.Identify, w *wire.Welcome) error {
	if err := (Identity{w.Group, w.Name}).validate(); err != nil || w.Name == "" {
		return &refusal{statusProtocol, "the welcome names nobody", err}
	}
	if w.Heartbeat < 1 || w.Silence <= w.Heartbeat || w.Silence > maxSilence.Milliseconds() {
		return &refusal{status: statusProtocol, reason: fmt.Sprintf("a heartbeat of %d ms with %d ms of silence is not possible", w.Heartbeat, w.Silence)}
	}
	if id.Method != methodHMAC {
		return nil
	}
	want := proof(c.opts.Secret, acceptorSide, ch.Nonce, id.Nonce, w.Group, w.Name, w.Conn)
	if !hmac.Equal(want, w.Proof) {
		return &refusal{status: statusDenied, reason: "the server does not know the secret"}
	}
	return nil
}

// sendHandshake sends one packet of the handshake, as a message of its own.
func sendHandshake[T any](tc transport.Conn, d wire.Dialect, kind wire.Kind, v *T) error {
	body, err := wire.Marshal(d.Codec(), nil, &wire.Coding[T]{}, v)
	if err != nil {
		return err
	}
	return sendNow(tc, d, &wire.Packet{Kind: kind, Body: body})
}

// sendNow sends p and waits until it has left.
func sendNow(tc transport.Conn, d wire.Dialect, p *wire.Packet) error {
	msg, err := d.Append(nil, p)
	if err != nil {
		return err
	}
	drained, err := tc.Write(msg)
	if err == nil && !drained {
		err = tc.Flush()
	}
	return err
}

// receiveHandshake reads the next message, which must be a packet of kind.
func receiveHandshake[T any](tc transport.Conn, d wire.Dialect, kind wire.Kind, v *T) error {
	msg, err := tc.Read(nil)
	if err != nil {
		return readError(err)
	}
	var p wire.Packet
	rest, err := d.Next(msg, &p)
	switch {
	case err != nil:
		return &refusal{statusProtocol, "the handshake cannot be decoded", err}
	case p.Kind == wire.KindClose:
		return closedUntil(p.Status, p.Message, p.RetryAfter)
	case p.Kind != kind || len(rest) > 0:
		return &refusal{status: statusProtocol, reason: fmt.Sprintf("%v instead of %v: identify first", p.Kind, kind)}
	}
	if err := wire.Unmarshal(d.Codec(), p.Body, &wire.Coding[T]{}, v); err != nil {
		return &refusal{statusProtocol, "the handshake cannot be decoded", err}
	}
	return nil
}

// turnAway tells the far side why the handshake failed, and closes.
func turnAway(tc transport.Conn, d wire.Dialect, err error) {
	status, reason := statusGone, ""
	var r *refusal
	if errors.As(err, &r) {
		status, reason = r.status, r.reason
	}
	if reason != "" && d != nil {
		sendNow(tc, d, &wire.Packet{Kind: wire.KindClose, Status: status, Message: cut(reason, maxErrorText), RetryAfter: retryAfter(err)})
	}
	tc.Close(status, reason)
}

// retryAfter is how long err says to wait before trying again; 0 if it does not.
func retryAfter(err error) time.Duration {
	if e := asError(err); e != nil {
		return max(0, e.RetryAfter)
	}
	return 0
}

// handshakeError turns why a handshake failed into why there is no connection.
func handshakeError(err error) error {
	var r *refusal
	if errors.As(err, &r) {
		return &closed{status: r.status, reason: r.reason, err: r.err}
	}
	return err
}
