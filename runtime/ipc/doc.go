// Package ipc is the runtime under the code that ipcgen generates: it carries
// calls, notifications and streams between two processes, in both directions.
//
// A server listens and a client dials; after that the two are alike. Each may
// serve routes, and each may call those of the other:
//
//	srv := ipc.NewServer(nil)                              // one process
//	greet.RegisterGreeter(srv, greeter{})                  // what it serves
//	err := srv.ListenAndServe(ctx, "unix:///run/greet.sock")
//
//	cl, err := ipc.Dial(ctx, "unix:///run/greet.sock", nil) // another one, later
//	g := greet.NewGreeterClient(cl)                        // is itself a Greeter
//	s, err := g.Hello(ctx, "Ada")
//
// # The walk of one call
//
// The stub hands the arguments to [Method.Call], which asks its [Caller] for a
// connection, encodes them into a packet, enters the call under a number in the
// connection's router, and appends the packet to the next message of the
// outbox. If nobody is writing, it writes. Then it waits.
//
// At the far side the reader finds the packet in a message, and the handler in
// the table of routes. It checks what can be checked before the arguments are
// decoded, decodes them and runs the handler. The result takes the same way
// back: a packet with the same number, the outbox, a message. The reader at
// this side takes the call of that number out of the router, and the waiting
// goroutine decodes the result into the caller's variable.
//
//	stub   call.go   router.go   outbox.go  ->  transport  ->  conn.go   running.go   handler.go
//	                 router.go   conn.go    <-  transport  <-  outbox.go  serving.go
//
// # Whether it ran
//
// A call settles exactly once, at the latest at its deadline, and its error
// says whether the handler ran: errors.Is(err, [ErrNotSent]) means that it did
// not and will not, so that trying again is safe; errors.Is(err,
// [ErrUnknownOutcome]) that the connection was lost, or the time was over, with
// the call on its way; every other [*Error] that it ran and failed. Routes that
// are declared idempotent are tried again by the runtime itself.
//
// # Which of many
//
// A stub calls whatever Caller it is made for: a [Peer] by its identity, or one
// that matches a query, chosen anew for every call. A [Group] is called at once,
// and gives one reply a member:
//
//	fleet.NewBotClient(srv.One(q, query.LeastPending())).Do(ctx, job)
//	for r := range fleet.NewBotGroup(srv.All(q)).Do(ctx, job) { ... }  // r.From, r.Value, r.Err
//
// What is asked is what peers say of themselves ([Client.SetMetadata]) and who
// they are; package query has the questions. A [Client] has the same methods for
// the other peers of its server, which passes such calls on if
// [ServerOptions].Relay lets it:
//
//	caller   call.go   router.go   outbox.go  ->  conn.go   relay.go   aim.go   lane.go  ->  callee   conn.go   running.go
//	                                              (server)
//
// Where nobody matches nobody is called. [Peer.Explain] says why one does not,
// [Server.Watch] tells who comes, changes and goes, and [Group.Until] waits for
// that.
//
// # Events
//
// An event is published under a topic, and reaches all who have subscribed to a
// pattern that the topic matches:
//
//	sub, err := rooms.SubscribeRoomEvents(ctx, cl, "room.*", screen{}) // a client
//	pub := rooms.NewRoomEventsPublisher(srv)                           // the server
//	err := pub.Posted(ctx, "go", message)                              // to room.go
//
// [Event.Publish] asks the server's hub who wants it, has it encoded once, and
// appends the bytes to the outbox of each. Where there is no room, since the
// peer is slow, it waits in a backlog that is bounded, and what is dropped is
// counted and told.
//
//	stub   event.go   hub.go   offer.go, or backlog.go  ->  transport  ->  subscription.go   watch.go, or notes.go
//
// # Goroutines
//
// A connection has one goroutine, its reader. The reader never waits: it runs
// quick handlers itself, and when one turns out not to be quick, another
// goroutine goes on reading (baton.go). Slow handlers and streams have
// goroutines of their own, notifications one at a time. There is no goroutine
// that writes: whoever has a packet to send writes it, with those of all others
// who came meanwhile; only what the operating system does not take at once is
// left to a goroutine, for as long as that lasts. So handlers may call their
// caller back, and a slow handler or a slow peer delays nobody else.
//
// Everything is bounded by [Limits].
package ipc
