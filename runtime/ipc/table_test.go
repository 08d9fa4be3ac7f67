package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/transport"
)

// The table of outcomes: a connection ends at every stage of every kind of
// call, by the hand of either side or of nobody.

// gate is a client's end of a connection that can be made to lose, or to hold,
// what crosses it.
type gate struct {
	jam
	mute atomic.Bool // what is written is lost
	deaf atomic.Bool // what arrives is lost
}

func (g *gate) Write(msg []byte) (bool, error) {
	if g.mute.Load() {
		return true, nil
	}
	return g.jam.Write(msg)
}

func (g *gate) Read(buf []byte) ([]byte, error) {
	for {
		msg, err := g.jam.Read(buf)
		if err != nil || !g.deaf.Load() {
			return msg, err
		}
	}
}

// tableau is a server and a client, with a gate between them, one of which
// calls the other.
type tableau struct {
	srv    *ipc.Server
	cl     *ipc.Client
	gate   *gate
	caller ipc.Caller
	runs   atomic.Int32  // of the handler
	finish chan struct{} // lets the handlers return
}

var (
	slowCall   = method[noArgs, string]("Table.Call", ipc.KindCall)
	slowNotify = method[noArgs, struct{}]("Table.Notify", ipc.KindNotify)
	slowStream = method[noArgs, int]("Table.Stream", ipc.KindStream)
	slowUpload = inputMethod[noArgs, int, int]("Table.Upload", ipc.KindUpload)
)

// serve registers handlers that run until they are let go.
func (b *tableau) serve(r ipc.Registrar) {
	run := func(ctx context.Context) error {
		b.runs.Add(1)
		select {
		case <-b.finish:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	r.Register(
		slowCall.Handle(func(ctx context.Context, _ *noArgs) (string, error) { return "done", run(ctx) }),
		slowNotify.HandleNotify(func(ctx context.Context, _ *noArgs) error { return run(ctx) }),
		slowStream.HandleStream(func(ctx context.Context, _ *noArgs) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) {
				if err := run(ctx); err != nil {
					yield(0, err)
				} else {
					yield(1, nil)
				}
			}
		}),
		slowUpload.HandleUpload(func(ctx context.Context, _ *noArgs, in iter.Seq2[int, error]) (int, error) {
			if err := run(ctx); err != nil {
				return 0, err
			}
			return handleSum(ctx, nil, in)
		}),
	)
}

// kinds of calls; each returns whether the result was right.
var kinds = map[string]func(context.Context, ipc.Caller) (bool, error){
	"call": func(ctx context.Context, c ipc.Caller) (bool, error) {
		got, err := slowCall.Call(ctx, c, &noArgs{})
		return got == "done", err
	},
	"future": func(ctx context.Context, c ipc.Caller) (bool, error) {
		got, err := slowCall.Start(ctx, c, &noArgs{}).Wait(ctx)
		return got == "done", err
	},
	"notify": func(ctx context.Context, c ipc.Caller) (bool, error) {
		return true, slowNotify.Notify(ctx, c, &noArgs{})
	},
	"stream": func(ctx context.Context, c ipc.Caller) (bool, error) {
		n := 0
		for i, err := range slowStream.Stream(ctx, c, &noArgs{}) {
			if err != nil {
				return false, err
			}
			n += i
		}
		return n == 1, nil
	},
	"upload": func(ctx context.Context, c ipc.Caller) (bool, error) {
		got, err := slowUpload.Upload(ctx, c, &noArgs{}, upTo(3))
		return got == 3, err
	},
}

// stage is how far a call has come when the connection ends.
type stage struct {
	before func(*tableau) // the call is made
	during func(*tableau) // it is made, before the end
	runs   int32          // of the handler
	// what the caller is told; nil: the result
	outcome error
	// only where the caller's end can be jammed
	jammed bool
}

var stages = map[string]stage{
	"queued": {
		before: func(b *tableau) {
			b.gate.jammed.Store(true)
			slowNotify.Notify(context.Background(), b.caller, &noArgs{})
		},
		outcome: ipc.ErrNotSent, jammed: true,
	},
	"written": {before: func(b *tableau) { b.gate.mute.Store(true); b.gate.deaf.Store(true) }, outcome: ipc.ErrUnknownOutcome},
	"running": {runs: 1, outcome: ipc.ErrUnknownOutcome},
	"replied": {
		during: func(b *tableau) {
			b.gate.mute.Store(true)
			b.gate.deaf.Store(true)
			close(b.finish)
		},
		runs: 1, outcome: ipc.ErrUnknownOutcome,
	},
	"settled": {during: func(b *tableau) { close(b.finish) }, runs: 1},
}

// ends are who ends the connection.
var ends = map[string]func(*tableau){
	"the client": func(b *tableau) { b.cl.Close() },
	"the server": func(b *tableau) { b.srv.Close() },
	"the kick":   func(b *tableau) { b.srv.Peer(b.cl.Identity()).Close("go away") },
	"a cut":      func(b *tableau) { b.gate.Conn.Close(0, "") },
}

func TestOutcomes(t *testing.T) {
	for _, down := range []bool{false, true} {
		for stageName, stage := range stages {
			if down && stage.jammed {
				continue
			}
			for kindName, call := range kinds {
				for endName, end := range ends {
					name := fmt.Sprintf("%s %s ended by %s", stageName, kindName, endName)
					if down {
						name += ", from the server"
					}
					t.Run(name, func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { outcome(t, down, stage, kindName == "notify", call, end) })
					})
				}
			}
		}
	}
}

func outcome(t *testing.T, down bool, stage stage, oneWay bool, call func(context.Context, ipc.Caller) (bool, error), end func(*tableau)) {
	b := setTable(t, down)
	if stage.before != nil {
		stage.before(b)
	}
	type result struct {
		ok  bool
		err error
	}
	settled := make(chan result, 1)
	go func() {
		ok, err := call(t.Context(), b.caller)
		settled <- result{ok, err}
	}()
	time.Sleep(10 * time.Millisecond)
	if stage.during != nil {
		stage.during(b)
	}
	time.Sleep(10 * time.Millisecond)
	start := time.Now()
	end(b)
	r := <-settled
	if d := time.Since(start); d > time.Second {
		t.Errorf("settled after %v", d)
	}
	if oneWay {
		stage.outcome = nil // it was queued, and nobody waits
	}
	switch {
	case stage.outcome == nil && (r.err != nil || !r.ok):
		t.Errorf("settled with %v, %v", r.ok, r.err)
	case stage.outcome != nil && !errors.Is(r.err, stage.outcome):
		t.Errorf("settled with %v, %v; want %v", r.ok, r.err, stage.outcome)
	case errors.Is(r.err, ipc.ErrNotSent) && errors.Is(r.err, ipc.ErrUnknownOutcome):
		t.Errorf("two outcomes: %v", r.err)
	}
	b.gate.Close(0, "")
	time.Sleep(time.Second)
	if n := b.runs.Load(); n != stage.runs {
		t.Errorf("the handler ran %d times, want %d", n, stage.runs)
	}
}

// setTable connects a client to a server. Either serves; down says that the
// server calls.
func setTable(t *testing.T, down bool) *tableau {
	t.Helper()
	b := &tableau{finish: make(chan struct{})}
	b.srv = testServer(ipc.ServerOptions{})
	url := ipctest.Serve(t, b.srv)
	b.cl = ipc.NewClient("mem:table", &ipc.ClientOptions{
		Identity: ipc.Identity{Group: "bots", Name: "one"}, Logger: quiet, NoReconnect: true,
		Dial: func(ctx context.Context, o *transport.Options) (transport.Conn, error) {
			c, err := transport.Dial(ctx, url, o)
			b.gate = &gate{jam: jam{Conn: c, closed: make(chan struct{})}}
			return b.gate, err
		},
	})
	b.serve(b.srv)
	b.serve(b.cl)
	ipctest.Connect(t, b.cl)
	if b.caller = b.cl; down {
		b.caller = b.srv.Peer(b.cl.Identity())
	}
	return b
}
