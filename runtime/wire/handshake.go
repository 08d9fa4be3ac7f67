package wire

// Version is the major version of the protocol this package speaks.
const Version = 1

// MethodSecret is how dialers of some foreign dialects identify: they send the
// secret itself, as the token, and the override key as it is.
const MethodSecret = "secret"

// Challenge is the first packet of a connection, sent by its acceptor.
type Challenge struct {
	Version int      `json:"version"`
	Nonce   []byte   `json:"nonce"`   // 32 random bytes, never the same twice
	Methods []string `json:"methods"` // how one may identify, best first
}

// Identify answers a challenge: who the dialer is, and what proves it.
type Identify struct {
	Version int    `json:"version"`
	Group   string `json:"group"`
	Name    string `json:"name,omitempty"` // empty: the acceptor chooses one
	Method  string `json:"method"`
	Nonce   []byte `json:"nonce,omitempty"`
	Proof   []byte `json:"proof,omitempty"` // hmac: over both nonces and the identity
	Token   string `json:"token,omitempty"` // token: the credential itself
	// Override proves, over both nonces and the identity, that the dialer knows
	// the override key: it takes the identity from whoever has it.
	Override []byte `json:"override,omitempty"`
	// Metadata says that a metadata packet follows, before the welcome.
	Metadata bool `json:"metadata,omitempty"`
}

// Metadata is what a dialer says of itself: all of it.
type Metadata struct {
	Seq      uint64         `json:"seq"` // rises with every change; what comes late is ignored
	Metadata map[string]any `json:"metadata"`
}

// Welcome ends the handshake: from here on both sides may call.
type Welcome struct {
	Group     string `json:"group"`
	Name      string `json:"name"`            // the dialer's name, given or chosen
	Proof     []byte `json:"proof,omitempty"` // hmac: the acceptor's proof
	Conn      string `json:"conn"`            // names this connection, never the same twice
	Heartbeat int64  `json:"heartbeat_ms"`    // interval between pings
	Silence   int64  `json:"silence_ms"`      // after this much silence the peer is dead
}
