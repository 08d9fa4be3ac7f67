// Bench compares ipcgen with other ways to make calls from one Go process to
// another on the same machine.
//
//	go run ./examples/bench                     the whole table
//	go run ./examples/bench -short              a look, in 20 seconds
//	go run ./examples/bench -contenders ipcgen,grpc -payloads 64 -inflight 1,16
//
//	go run ./examples/bench -scale              how cost grows, instead
//
// Everybody offers the same service (package echo) and is given the same
// messages. A server and a client process, both this binary, are started for
// each contender:
//
//	bench ── asks ──> client of a contender ══ calls ══> its server
//	  └──── asks ─────────────────────────────────────────┘
//
// Time is cut into cells: one contender, one kind of call, one payload, so
// many calls in flight. In a round every contender gets every cell once, side
// by side with the others, because the speed of a machine drifts; a ratio is
// made within a round, and what is printed is the median over the rounds.
//
// With -scale the cells count what there is beside a call: routes, connections,
// pending calls; or what an idle connection takes of its server's memory, or a
// run of the generator, of time (growth.go). Flat is good.
//
// With -json every line is what one cell gave in one round:
//
//	contender, transport, codec   who: the library, the socket, the encoding
//	kind, payload                 what: bytes as a string, or "nested"
//	inflight                      calls in flight; streams at once for download
//	                              and upload, connections that are told for
//	                              fanout, and the size (how many routes,
//	                              connections or pending calls) for the kinds
//	                              of -scale, which make one call at a time
//	calls_per_s                   calls, items of a stream, connections that
//	                              heard an event, or runs of the generator
//	p50_us, p99_us                how long a call took, or an event until all
//	                              had heard; 0 for download, upload and idle
//	allocs, cpu_us                of both processes for each of calls_per_s
//	memory                        bytes of the server for each connection; for
//	                              idle only, where it is the only number
//	round                         from 1 on
//
// A contender is one file: contender.go says what it has to do.
package main
