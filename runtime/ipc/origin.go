package ipc

import "github.com/ipcgen/ipcgen/runtime/wire"

// Whose request it is that a server has passed on to this client.

// origin returns who has made the request p. Only a server can say that it was
// somebody else than itself.
func (c *conn) origin(p *wire.Packet) *Peer {
	if c.client == nil {
		return c.peer
	}
	id, err := ParseIdentity(p.Origin)
	if err != nil {
		return c.peer
	}
	return c.client.Peer(id).bind(&session{bucket: p.Origin})
}

// bucket is whose tokens the request p takes.
func (c *conn) bucket(p *wire.Packet) string {
	if c.passedOn(p) {
		return p.Origin
	}
	return c.peer.session.bucket
}

// passedOn reports whether the server at the other end has passed p on.
func (c *conn) passedOn(p *wire.Packet) bool { return p.Origin != "" && c.client != nil }
