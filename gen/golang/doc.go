// Package golang writes the Go file that joins an annotated package to the
// runtime.
//
// It reads the plain model and nothing else: what may be annotated was decided
// by the rules before, what a route does is the runtime's. What is left is
// names and types, so each file here is named after the piece of output it
// writes, and its functions read like that piece:
//
//	routes      var GreeterRoutes = struct{ Hello *ipc.Route }{ ... }
//	client      func (c *GreeterClient) Hello(ctx, name) (string, error)
//	            func (c *GreeterClient) StartHello(ctx, name) *ipc.Future[string]
//	group       func (g *GreeterGroup) Hello(ctx, name) iter.Seq[ipc.Reply[string]]
//	register    func RegisterGreeter(r ipc.Registrar, impl Greeter)
//	publisher   func (p *RoomEventsPublisher) Posted(ctx, room, m) error
//	subscribe   func SubscribeRoomEvents(ctx, r, pattern, impl) (*ipc.Subscription, error)
//	            func SubscribeRoomEventsPosted(ctx, r, pattern, fn) (*ipc.Subscription, error)
//	            func WatchRoomEventsPosted(ctx, r, pattern) iter.Seq2[RoomEventsPosted, error]
//	structs     type GreeterStatResult struct, type greeterHelloArgs struct
//	method      greeterHello = ipc.Method[greeterHelloArgs, string]{ ... }
//	metadata    var BotFields = struct{ Load query.Number[int] }{ ... }
//	errors      var greetErrors = ipc.Errors{ ... }
//	codec       func encodeMessage(e *wire.Encoder, v *Message)
//
// Two decisions are made on the way, each in a file of its own. Names: the
// generated file shares its package with hand-written code and with parameters
// that may be called ctx, ipc or len, so every identifier in it is handed out
// by one allocator, imports included. Codings: which types are written out
// field by field, and which are left to reflection in package wire.
//
// The output is a function of the model alone, byte for byte: no time, path or
// version of a tool enters it.
package golang
