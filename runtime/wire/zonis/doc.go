// Package zonis is the dialect of Zonis 2.x, an IPC library for Python: its
// unmodified clients call, and are called by, a server of package ipc, and its
// servers a client.
//
//	srv := ipc.NewServer(&ipc.ServerOptions{
//		Secret:   []byte("s3cret"), // the secret_key of its clients
//		Dialects: []wire.Dialect{wire.CBORv1, wire.JSONv1, zonis.Dialect{Group: "bots"}},
//	})
//	http.Handle("/ipc", srv)
//
// Its WebSockets have no subprotocol, so that the three dialects above share
// one URL. In the other direction it is the Dialect of ipc.ClientOptions.
//
// # How it maps
//
// A message is one packet. The envelope is the same both ways; an id belongs to
// the sender of the request, and the response repeats it:
//
//	{"packet_id": ID, "type": "request" or "response", "data": {"identifier": WHO, "type": T, "data": ANY}}
//
//	type of packet   T                  ANY
//	identify         IDENTIFY           {"secret_key": S, "override_key": S or null}
//	welcome          IDENTIFY           null
//	call             REQUEST            {"route": R, "arguments": {...}}, from the server
//	call             CLIENT_REQUEST     the same, from the client
//	reply            SUCCESS_RESPONSE   the result
//	error            FAILURE_RESPONSE   text
//
// The identifier of a client is the name of its identity, in the group of the
// [Dialect]. Routes are whatever both sides call them; those of Python are bare
// names, for which there is //ipc:service bare. Arguments are keyword arguments,
// by the names of the parameters.
//
// # What it cannot do
//
// The Python side drops its pipe when it receives anything that it does not
// expect. So it is told nothing of cancelled calls, deadlines, drains and
// heartbeats; those of the WebSocket tell whether it lives. Notifications and
// streams are refused before anything is sent, with code.Unsupported. Metadata
// of calls does not cross.
//
// A Python handler that raises is never answered: the deadline settles the call,
// with an unknown outcome. NaN and infinities, which Python writes as such, are
// no JSON: the argument or the result that holds one is refused with its path,
// and the connection lives.
//
// The secret travels as it is. Both ends refuse to send or accept it except over
// TLS, within the machine, or where their options say Insecure.
//
// A client that was closed because another has taken its identifier should stay
// away, but the library comes back at once. If it has the override key, too, it
// would take the identifier back, and so on: for ten seconds it is refused.
//
// # Its errors
//
//	Zonis                   here
//	BaseZonisException      *ipc.Error, whose Outcome says whether the call ran
//	DuplicateConnection     code.Duplicate, close 4102; the client does not come back
//	DuplicateRoute          ipcgen refuses it, with both positions; Register panics
//	UnhandledWebsocketType  code.Unsupported for a request of an unknown type, else code.Protocol
//	UnknownRoute            code.NoRoute, not executed
//	UnknownClient           code.NotConnected, not sent
//	UnknownPacket           a late or unknown response is ignored; a malformed packet is code.Protocol
//	MissingReceiveHandler   code.NoRoute
//	RequestFailed           [RequestFailed], with the text
//
// A wrong secret (close 4100) is code.Denied, anything but IDENTIFY in its place
// (4101) code.Protocol. What fails here reaches Python as the text of the
// FAILURE_RESPONSE: the code, a colon and the message; or for an unknown route the
// words that Zonis uses itself.
package zonis
