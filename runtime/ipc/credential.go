package ipc

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"slices"

	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// How one identifies. A server offers methods, the client takes one.
const (
	methodHMAC  = "hmac"  // both sides prove that they know a secret, which does not travel
	methodToken = "token" // the client sends a credential; over TLS or within the machine only
	methodNone  = "none"  // nothing: the connection itself says enough, or the session is restricted
)

// Attempt is a client that wants to identify, for
// [ServerOptions.Authenticate] to decide on.
type Attempt struct {
	// Identity it claims. An empty name asks for one to be given.
	Identity Identity
	// Token it sent; empty if it sent none.
	Token string
	// Info describes the connection: its TLS state and client certificate,
	// the user at the other end of a Unix socket, the HTTP request.
	Info transport.Info
	// Restricted may be set to let the client in without credentials, as
	// [ServerOptions.Restricted] says.
	Restricted bool
}

// standing is what a client has shown of itself.
type standing struct {
	key        []byte // it proved to know, if that was the method
	restricted bool   // it offered no credentials
	claimed    bool   // nothing vouches for its identity
}

// nonceSize is the length of the random numbers of the handshake, in bytes.
const nonceSize = 32

func newNonce() []byte {
	b := make([]byte, nonceSize)
	rand.Read(b) // never fails
	return b
}

// proof returns what shows that its maker knows key, for one handshake only:
// HMAC-SHA256 (RFC 2104) over what both sides have said, each part preceded by
// its length. side keeps a proof from being sent back to its maker.
func proof(key []byte, side string, acceptor, dialer []byte, id ...string) []byte {
	mac := hmac.New(sha256.New, key)
	write := func(part []byte) {
		mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		mac.Write(part)
	}
	write([]byte(side))
	write(acceptor)
	write(dialer)
	for _, part := range id {
		write([]byte(part))
	}
	return mac.Sum(nil)
}

// The sides of a proof.
const (
	dialerSide   = "ipc 1 dialer"
	acceptorSide = "ipc 1 acceptor"
	overrideSide = "ipc 1 override" // the dialer's proof that it knows the override key
)

var (
	errWrong     = errors.New("wrong credentials")
	errPlainText = errors.New("what others could use may only be sent over TLS or within the machine")
)

// methods returns how one may identify on a connection, best first.
func (s *Server) methods(info transport.Info) (names []string) {
	if s.keyed() {
		names = append(names, methodHMAC)
	}
	if s.opts.Authenticate != nil {
		return append(names, methodToken, methodNone)
	}
	if !s.keyed() || s.opts.Restricted {
		names = append(names, methodNone)
	}
	return names
}

// keyed reports whether the server knows secrets.
func (s *Server) keyed() bool { return len(s.opts.Secret) > 0 || s.opts.Keys != nil }

// checkOpen refuses to serve strangers by mistake: without credentials only
// transports that stay within the machine and the user are served.
func (s *Server) checkOpen(scheme string) error {
	if s.hub.wrong != nil {
		return s.hub.wrong
	}
	if s.keyed() || s.opts.Authenticate != nil || s.opts.Insecure || withinMachine(scheme) {
		return nil
	}
	return errors.New("ipc: server: no Secret, Keys or Authenticate is set, so anybody could connect: set one, or Insecure")
}

// withinMachine reports whether the transport does not leave the machine.
func withinMachine(scheme string) bool {
	return slices.Contains([]string{"unix", "stdio", "mem"}, scheme)
}

// judge authenticates and counts the failures that are the client's.
func (s *Server) judge(ctx context.Context, info transport.Info, ch *wire.Challenge, id *wire.Identify) (shown standing, err error) {
	err = guard(func() (err error) {
		shown, err = s.authenticate(ctx, info, ch, id)
		return err
	})
	var bug *panicked
	if err != nil && ctx.Err() == nil && !errors.As(err, &bug) && notNow(err) == 0 {
		s.throttle.failure(info)
	}
	return shown, err
}

// authenticate decides whether the client is who it claims to be.
func (s *Server) authenticate(ctx context.Context, info transport.Info, ch *wire.Challenge, id *wire.Identify) (shown standing, err error) {
	who := Identity{id.Group, id.Name}
	switch {
	case id.Method == methodHMAC:
		shown.key, err = s.checkProof(who, ch, id)
	case id.Method == wire.MethodSecret:
		shown, err = s.checkSecret(ctx, who, id.Token, info)
	case id.Method == methodToken && !private(info):
		err = errPlainText
	case s.opts.Authenticate != nil:
		shown, err = s.decide(ctx, &Attempt{Identity: who, Token: id.Token, Info: info})
	case s.keyed(): // with Restricted, else the method is not offered
		shown.restricted, err = true, checkNothing(id)
	default:
		shown.claimed, err = s.opts.Insecure, s.checkLocal(info)
	}
	return shown, err
}

// checkNothing refuses credentials where none are expected: wrong ones must
// not pass for none.
func checkNothing(id *wire.Identify) error {
	if id.Method != methodNone || id.Token != "" || len(id.Proof) > 0 {
		return errWrong
	}
	return nil
}

// decide lets Authenticate decide.
func (s *Server) decide(ctx context.Context, a *Attempt) (shown standing, err error) {
	err = s.opts.Authenticate(ctx, a)
	shown.restricted = a.Restricted
	return shown, err
}

// checkSecret decides on a secret that was sent as it is.
func (s *Server) checkSecret(ctx context.Context, who Identity, secret string, info transport.Info) (shown standing, err error) {
	switch {
	case !private(info) && !s.opts.Insecure:
		return shown, errPlainText
	case s.keyed():
		right := false
		for _, key := range s.keysOf(who) {
			right = len(key) > 0 && same([]byte(secret), key) || right
		}
		if !right {
			return shown, errWrong
		}
		return shown, nil
	case s.opts.Authenticate != nil:
		return s.decide(ctx, &Attempt{Identity: who, Token: secret, Info: info})
	}
	shown.claimed = s.opts.Insecure
	return shown, s.checkLocal(info)
}

// same compares secrets without telling by the time it takes how long they are,
// or where they differ.
func same(a, b []byte) bool {
	x, y := sha256.Sum256(a), sha256.Sum256(b)
	return hmac.Equal(x[:], y[:])
}

// mayOverride reports whether the client knows the override key. That it offers
// a wrong one is held against it, but keeps it from nothing else.
func (s *Server) mayOverride(info transport.Info, ch *wire.Challenge, id *wire.Identify) bool {
	key := s.opts.Override
	if len(key) == 0 || len(id.Override) == 0 {
		return false
	}
	right := same(id.Override, key)
	if id.Method != wire.MethodSecret {
		right = len(id.Nonce) == nonceSize && hmac.Equal(id.Override, proof(key, overrideSide, ch.Nonce, id.Nonce, id.Group, id.Name))
	}
	if !right {
		s.throttle.failure(info)
	}
	return right
}

// keysOf returns the keys of an identity. For one that is not known it is a key
// that nobody has, so that comparing takes as long as with a wrong key.
func (s *Server) keysOf(who Identity) (keys [][]byte) {
	if len(s.opts.Secret) > 0 {
		keys = append(keys, s.opts.Secret)
	}
	if s.opts.Keys != nil {
		keys = append(keys, s.opts.Keys(who)...)
	}
	if len(keys) == 0 {
		keys = append(keys, newNonce())
	}
	return keys
}

// checkProof compares the proof with that of every key of the identity.
func (s *Server) checkProof(who Identity, ch *wire.Challenge, id *wire.Identify) ([]byte, error) {
	var right []byte
	for _, key := range s.keysOf(who) {
		want := proof(key, dialerSide, ch.Nonce, id.Nonce, id.Group, id.Name)
		if len(key) > 0 && len(id.Nonce) == nonceSize && hmac.Equal(want, id.Proof) {
			right = key
		}
	}
	if right == nil {
		return nil, errWrong
	}
	return right, nil
}

// checkLocal lets in who is of the same user, where the system can tell.
func (s *Server) checkLocal(info transport.Info) error {
	if s.opts.Insecure || info.Scheme != "unix" || info.UID < 0 || info.UID == 0 || info.UID == os.Getuid() {
		return nil
	}
	return errWrong
}

// private reports whether nobody but the two ends reads what is sent.
func private(info transport.Info) bool {
	if info.TLS != nil || withinMachine(info.Scheme) {
		return true
	}
	tcp, ok := info.Remote.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
