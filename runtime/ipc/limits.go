package ipc

import (
	"math"
	"time"
)

// Limits bound what one connection, and all those of one server, may take. The
// zero value of a field means its default.
type Limits struct {
	// Connections of a server. Default 10,000, and at most 80 % of the files
	// the process may have open.
	Connections int
	// Unidentified connections of a server, those in their handshake.
	// Default 256, and at most a quarter of them from one address. Who has
	// waited longest makes room for a newcomer; among those of one address only
	// after a second.
	Unidentified int
	// Identify bounds the handshake. Default 10 s.
	Identify time.Duration

	// Message bounds the body of a packet in bytes. Default 1 MiB.
	Message int
	// Queue bounds what waits to be sent on a connection, in packets; in
	// bytes Message bounds it. Who has more to send waits. Default 4,096.
	Queue int
	// Pending calls of one side of a connection. Default 4,096.
	Pending int
	// Running handlers a connection. Default 128.
	Running int
	// RunningTotal bounds the running handlers of all connections of a
	// server or client. Default 4,096.
	RunningTotal int
	// Notifications and events that wait for the one being handled, with at most
	// Message bytes of arguments. Default 1,024.
	Notifications int
	// Subscriptions a connection. Default 128.
	Subscriptions int
	// Streams open at once a connection and side. Default 128.
	Streams int
	// Depth bounds calls back inside handlers. Default 16.
	Depth int
	// FanOut bounds the calls that a group has under way at once. Default 64.
	FanOut int

	// Heartbeat is the interval between pings, told to clients by the
	// server. Default 15 s.
	Heartbeat time.Duration
	// Silence is how long nothing may be heard from a peer before it counts
	// as dead: at least twice Heartbeat. Default 35 s.
	Silence time.Duration
	// Drain is how long Shutdown waits for running handlers before it
	// cancels them. Default 30 s.
	Drain time.Duration
}

// withDefaults returns l with its zero fields filled.
func (l Limits) withDefaults() Limits {
	fill(&l.Connections, min(10_000, openFiles()/5*4))
	fill(&l.Unidentified, 256)
	fill(&l.Identify, 10*time.Second)
	fill(&l.Message, 1<<20)
	fill(&l.Queue, 4096)
	fill(&l.Pending, 4096)
	fill(&l.Running, 128)
	fill(&l.RunningTotal, 4096)
	fill(&l.Notifications, 1024)
	fill(&l.Subscriptions, 128)
	fill(&l.Streams, 128)
	fill(&l.Depth, 16)
	fill(&l.FanOut, 64)
	fill(&l.Heartbeat, 15*time.Second)
	fill(&l.Silence, 35*time.Second)
	fill(&l.Drain, 30*time.Second)
	l.Depth = min(l.Depth, maxDepth)
	l.Heartbeat = min(max(l.Heartbeat, time.Millisecond), maxSilence/2)
	l.Silence = min(max(l.Silence, 2*l.Heartbeat), maxSilence)
	return l
}

func fill[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Bounds that are the same for everybody.
const (
	// slack is room in a message beyond Limits.Message: for the head of a
	// packet, and for the small packets that cannot wait.
	slack = 64 << 10
	// maxIdentify bounds the messages of the handshake, in bytes.
	maxIdentify = 4 << 10
	// maxMetadata bounds the message that says what a client is, in bytes: in
	// JSON a byte may take six.
	maxMetadata = 64 << 10
	// maxDepth is the deepest that the next call back still has a number.
	maxDepth = math.MaxUint8 - 1
	// maxSilence is what timers of every language can wait, 24 days.
	maxSilence = math.MaxInt32 * time.Millisecond
	// slowness is how long a peer may accept not one byte.
	slowness = 10 * time.Second
	// afterCancel is how long Shutdown waits for handlers it has cancelled.
	afterCancel = 2 * time.Second
	// probe is how long the holder of an identity has to show that it is
	// alive when somebody else claims it.
	probe = 2 * time.Second
)
