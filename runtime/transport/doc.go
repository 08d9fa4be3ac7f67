// Package transport carries whole messages between two processes, over
// whatever joins them: a Unix socket, TCP, TLS, a WebSocket, the pipes between
// a child and its parent, or memory. It knows nothing of what the messages
// say.
//
// # The story of one message
//
// A dialer calls [Dial] with a URL, an acceptor [Listen] with another and then
// Accept and Handshake; both get a [Conn] and have agreed on a subprotocol.
// The dialer calls Write:
//
//	Write ── framedConn ── link ──── unix, tcp ────── link ── framedConn ── Read
//	         (4 bytes of    │        tls, stdio         │
//	         length)        │                           │
//	Write ── webSocketConn ─┤                           ├─ webSocketConn ── Read
//	         library, guard └─────── ws, wss ───────────┘  guard, library
//
//	Write ── memoryConn ──────────── lane ──────────────────── memoryConn ── Read
//
// A framedConn puts the message's length before it. A webSocketConn lets a
// library make a frame of RFC 6455 of it, the whole message one frame, and
// nothing is compressed. Either way the bytes get into the [net.Conn] at the
// bottom, the link, which copies them and makes one attempt to send them all
// with one system call that does not block. Mostly that is the end of it, and
// Write reports that everything has drained. Where the socket is full, or the
// system offers no such attempt (TLS, and everything that is not Unix), the
// rest stays in the link for Flush. Flush blocks, but for no longer than the
// peer moves.
//
// At the other end Read waits, without holding any memory, until bytes arrive;
// takes as many as there are; and returns when the message is complete, which
// it has to be in time. What a length promises is not believed before it has
// arrived. A message is delivered whole or not at all: the guard under the
// WebSocket library is there because the library would take the end of the
// connection for the end of the message.
//
// Close says why, if that can be said at once, and does not wait. So a Read
// tells the end that the peer wanted, a [CloseError] or io.EOF, from one that
// just happened, which wraps io.ErrUnexpectedEOF.
//
// # Goroutines
//
// There are none, but for these. An answer to a ping that the socket would not
// take is sent by a goroutine that lives until then; the connection's Close
// waits for it. A WebSocket listener has its HTTP server; its Close waits for
// it. Each child of [Command] has one that waits for the process; Close ends
// both.
//
// # Who gets in
//
// Admit is asked about each new peer. Until a peer has named its subprotocols,
// in at most 256 bytes, nothing else is read from it. Sockets of Unix are for
// one user, and WebSockets for the Hosts and Origins that [Options] list.
package transport
