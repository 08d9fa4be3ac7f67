package ipc

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// However many snatch at a baton, one goroutine holds it.
func TestOneHoldsTheBaton(t *testing.T) {
	const turns = 20_000
	var holders, left atomic.Int32
	left.Store(turns)
	done := make(chan struct{})
	var b *baton
	var latest atomic.Uint64
	read := func() {
		for {
			if n := holders.Add(1); n != 1 {
				t.Errorf("%d hold it", n)
			}
			over := left.Add(-1) < 0
			holders.Add(-1)
			if over {
				close(done)
				return
			}
			turn := b.lay()
			latest.Store(turn)
			runtime.Gosched() // the handler
			if !b.takeUp(turn) {
				return
			}
		}
	}
	b = newBaton(func() { go read() })
	var snatched atomic.Int32
	for range 3 {
		go func() {
			for !closedNow(done) {
				if b.snatch(latest.Load()) {
					snatched.Add(1)
				}
				if b.snatch(latest.Load() - 1) {
					t.Error("the baton of a turn that is over was snatched")
				}
				runtime.Gosched()
			}
		}()
	}
	go read()
	<-done
	if snatched.Load() == 0 {
		t.Error("nobody snatched it")
	}
}

// relayRace is a connection of which the test sees who reads it: never more
// than one goroutine, whatever makes it change hands.
type relayRace struct {
	t    *testing.T
	conn *conn
	far  transport.Conn
	rest []byte // of the last message from conn

	mu    sync.Mutex
	notes []int // handled, in that order

	hold   chan struct{} // the handlers that wait, wait for this
	jammed atomic.Bool   // what conn writes is held
	unjam  chan struct{}
}

type numbered struct{ N int }

// startRace returns a connection that serves Race.Note, Race.Echo and, as
// Race.Trigger, what keeps the reader.
func startRace(t *testing.T, limits Limits, trigger func(ctx context.Context, r *relayRace) (int, error)) *relayRace {
	t.Helper()
	r := &relayRace{t: t, hold: make(chan struct{}), unjam: make(chan struct{})}
	c, far := newTestConn(t, limits)
	c.transport, c.dialect = &solo{Conn: c.transport, race: r}, &soloDialect{Dialect: c.dialect, t: t}
	c.out.transport = c.transport
	r.conn, r.far = c, far
	route := func(name string, kind Kind) *Method[numbered, int] {
		return &Method[numbered, int]{Route: &Route{Name: name, Kind: kind}}
	}
	c.node.Register(
		route("Race.Note", KindNotify).HandleNotify(func(_ context.Context, a *numbered) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.notes = append(r.notes, a.N)
			return nil
		}),
		route("Race.Echo", KindCall).Handle(func(_ context.Context, a *numbered) (int, error) { return a.N, nil }),
		route("Race.Trigger", KindCall).Handle(func(ctx context.Context, _ *numbered) (int, error) { return trigger(ctx, r) }),
		(&Method[numbered, []byte]{Route: &Route{Name: "Race.Large"}}).Handle(func(_ context.Context, a *numbered) ([]byte, error) {
			return make([]byte, a.N), nil
		}),
	)
	c.start(time.Hour, 2*time.Hour)
	return r
}

// solo wants to be read by one goroutine at a time.
type solo struct {
	transport.Conn
	race    *relayRace
	readers atomic.Int32
}

func (s *solo) enter() {
	if n := s.readers.Add(1); n != 1 {
		s.race.t.Errorf("%d goroutines read", n)
	}
}

func (s *solo) Wait() error {
	s.enter()
	defer s.readers.Add(-1)
	return s.Conn.Wait()
}

func (s *solo) Read(buf []byte) ([]byte, error) {
	s.enter()
	defer s.readers.Add(-1)
	return s.Conn.Read(buf)
}

func (s *solo) Write(msg []byte) (bool, error) {
	drained, err := s.Conn.Write(msg)
	return drained && !s.race.jammed.Load(), err
}

func (s *solo) Flush() error {
	if s.race.jammed.Load() {
		<-s.race.unjam
	}
	return s.Conn.Flush()
}

// soloDialect wants packets to be decoded by one goroutine at a time.
type soloDialect struct {
	wire.Dialect
	t       *testing.T
	readers atomic.Int32
}

func (d *soloDialect) Next(msg []byte, p *wire.Packet) ([]byte, error) {
	if n := d.readers.Add(1); n != 1 {
		d.t.Errorf("%d goroutines decode", n)
	}
	defer d.readers.Add(-1)
	return d.Dialect.Next(msg, p)
}

// request is a packet that asks for a route, with a number.
func request(kind wire.Kind, id uint64, route string, n int) wire.Packet {
	body, err := wire.Marshal(wire.CBOR, nil, nil, &numbered{n})
	if err != nil {
		panic(err)
	}
	return wire.Packet{Kind: kind, ID: id, Route: route, Body: body}
}

func noteTo(n int) wire.Packet            { return request(wire.KindNotify, 0, "Race.Note", n) }
func echoTo(id uint64, n int) wire.Packet { return request(wire.KindCall, id, "Race.Echo", n) }

// say sends the packets to the connection as one message.
func (r *relayRace) say(packets ...wire.Packet) {
	r.t.Helper()
	sendPackets(r.t, r.far, packets...)
}

// hear waits for the next packet of the connection.
func (r *relayRace) hear() (p wire.Packet) {
	r.t.Helper()
	var err error
	if len(r.rest) == 0 {
		r.rest, err = r.far.Read(nil)
	}
	if err == nil {
		r.rest, err = wire.CBORv1.Next(r.rest, &p)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

// wantReply hears the reply to call id.
func (r *relayRace) wantReply(id uint64) {
	r.t.Helper()
	if p := r.hear(); p.Kind != wire.KindReply || p.ID != id {
		r.t.Fatalf("instead of reply %d: %+v", id, p)
	}
}

// wantNotes makes sure that n notifications were handled, in order.
func (r *relayRace) wantNotes(n int) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, got := range r.notes {
		if i != got {
			r.t.Errorf("notification %d came at place %d", got, i)
		}
	}
	if len(r.notes) != n {
		r.t.Errorf("%d notifications were handled, want %d", len(r.notes), n)
	}
}

// passOn is what the test says around the packet that makes the reader change,
// of which two follow in one message.
func (r *relayRace) passOn() {
	r.t.Helper()
	trigger := request(wire.KindCall, 2, "Race.Trigger", 0)
	again := request(wire.KindCall, 4, "Race.Trigger", 0)
	r.say(noteTo(0), trigger, noteTo(1), echoTo(6, 6), noteTo(2), again, noteTo(3), echoTo(8, 8))
	r.say(noteTo(4), echoTo(10, 10))
	time.Sleep(10 * patience)
	r.wantNotes(5)
}

// A handler that waits, however it does, is left behind by the reader; what
// stands after its call, in the same message and in the next, is handled.
func TestTheReaderChangesHands(t *testing.T) {
	for name, trigger := range map[string]func(context.Context, *relayRace) (int, error){
		"slow": func(_ context.Context, r *relayRace) (int, error) { <-r.hold; return 0, nil },
		"busy": func(_ context.Context, r *relayRace) (int, error) {
			for !closedNow(r.hold) {
				time.Sleep(patience / 3)
			}
			return 0, nil
		},
		"its context": func(ctx context.Context, r *relayRace) (int, error) {
			select {
			case <-ctx.Done():
			case <-r.hold:
			}
			return 0, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startRace(t, Limits{}, trigger)
				r.passOn()
				for _, id := range []uint64{6, 8, 10} {
					r.wantReply(id)
				}
				close(r.hold)
				r.wantBoth()
			})
		})
	}
}

// wantBoth hears the replies of the two handlers that were left behind.
func (r *relayRace) wantBoth() {
	r.t.Helper()
	seen := map[uint64]bool{}
	for range 2 {
		p := r.hear()
		seen[p.ID] = p.Kind == wire.KindReply
	}
	if !seen[2] || !seen[4] {
		r.t.Errorf("replied: %v", seen)
	}
}

// Answers to the requests of one message leave in portions, half of what came
// with the message before: the caller works on one while the next is made.
func TestAnswersLeaveInPortions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRace(t, Limits{}, nil)
		for _, test := range []struct {
			requests int
			portions []int
		}{
			{20, []int{8, 8, 4}}, // nothing is known yet
			{48, []int{10, 10, 10, 10, 8}},
			{200, []int{24, 24, 24, 24, 24, 24, 24, 24, 8}},
			{70, []int{32, 32, 6}},
			{2, []int{2}},
		} {
			var requests []wire.Packet
			for i := range test.requests {
				requests = append(requests, echoTo(uint64(2*i+2), i))
			}
			r.say(requests...)
			var portions []int
			for heard := 0; heard < test.requests; heard++ {
				if len(r.rest) == 0 {
					portions = append(portions, 0)
				}
				portions[len(portions)-1]++
				r.wantReply(uint64(2*heard + 2))
			}
			if !slices.Equal(portions, test.portions) {
				t.Errorf("%d answers left in portions of %d, want %d", test.requests, portions, test.portions)
			}
		}
	})
}

// However many slow handlers run, those that come on top do not keep the reader.
func TestManySlowHandlersDoNotSlowTheReader(t *testing.T) {
	const slow = 100
	synctest.Test(t, func(t *testing.T) {
		r := startRace(t, Limits{}, func(_ context.Context, r *relayRace) (int, error) { <-r.hold; return 0, nil })
		r.say(request(wire.KindCall, 2, "Race.Trigger", 0))
		time.Sleep(10 * patience) // now it is known to be slow
		var packets []wire.Packet
		for i := range uint64(slow) {
			packets = append(packets, request(wire.KindCall, 2*i+4, "Race.Trigger", 0))
		}
		start := time.Now()
		r.say(append(packets, echoTo(1000, 7))...)
		r.wantReply(1000)
		// The reader may run a few of them itself, as long as the machine is
		// behind with those it was given: on the reader all would take 50 ms.
		if d := time.Since(start); d > 10*time.Millisecond {
			t.Errorf("a call behind %d slow ones took %v", slow, d)
		}
		close(r.hold)
	})
}

// A handler that calls back hands over at once, without the watch.
func TestNestedCallsHandTheReaderOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nested := &Method[numbered, int]{Route: &Route{Name: "Far.Ask"}}
		r := startRace(t, Limits{}, func(ctx context.Context, r *relayRace) (int, error) {
			return nested.Call(ctx, r.conn.peer, &numbered{7})
		})
		start := time.Now()
		r.say(noteTo(0), request(wire.KindCall, 2, "Race.Trigger", 0), noteTo(1), echoTo(4, 4))
		asked := r.hear()
		if asked.Kind != wire.KindCall || asked.Route != "Far.Ask" || asked.Depth != 1 {
			t.Fatalf("instead of the nested call: %+v", asked)
		}
		r.wantReply(4)
		r.wantNotes(2)
		r.say(noteTo(2), wire.Packet{Kind: wire.KindReply, ID: asked.ID, Body: []byte{7}}, noteTo(3))
		r.wantReply(2)
		synctest.Wait()
		r.wantNotes(4)
		if d := time.Since(start); d > 0 {
			t.Errorf("it took %v", d)
		}
	})
}

// A handler whose answer waits for room hands over, too: what the far side does
// not read keeps nobody from reading what it says.
func TestAnswersThatWaitForRoomHandTheReaderOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRace(t, Limits{Message: 4 << 10}, nil)
		r.jammed.Store(true)
		large := func(id uint64) wire.Packet { return request(wire.KindCall, id, "Race.Large", 3<<10) }
		start := time.Now()
		r.say(large(2)) // on its way
		synctest.Wait()
		r.say(noteTo(0), large(4), noteTo(1), large(6), noteTo(2), large(8), noteTo(3))
		r.say(noteTo(4))
		synctest.Wait()
		r.wantNotes(5)
		if d := time.Since(start); d > 0 {
			t.Errorf("it took %v", d)
		}
		r.jammed.Store(false)
		close(r.unjam)
		seen := map[uint64]bool{}
		for range 4 {
			p := r.hear()
			seen[p.ID] = p.Kind == wire.KindReply
		}
		if len(seen) != 4 {
			t.Errorf("replied: %v", seen)
		}
	})
}

// A handler that ends its goroutine takes the reader with it: another goes on.
func TestGoexitHandsTheReaderOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRace(t, Limits{}, func(context.Context, *relayRace) (int, error) { runtime.Goexit(); return 0, nil })
		r.say(noteTo(0), request(wire.KindCall, 2, "Race.Trigger", 0), noteTo(1), request(wire.KindCall, 4, "Race.Trigger", 0), echoTo(6, 6), noteTo(2))
		failed, replied := 0, 0
		for range 3 {
			switch p := r.hear(); {
			case p.Kind == wire.KindError && p.Code == string(code.Internal) && p.Ran:
				failed++
			case p.Kind == wire.KindReply && p.ID == 6:
				replied++
			}
		}
		if failed != 2 || replied != 1 {
			t.Errorf("%d failures, %d replies", failed, replied)
		}
		synctest.Wait()
		r.wantNotes(3)
		if names := r.conn.running.names(); len(names) > 0 {
			t.Errorf("still running: %v", names)
		}
	})
}

// So do the goroutines of notifications, whichever they run on.
func TestGoexitOfNotificationsLosesNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var handled []int
		r := startRace(t, Limits{}, nil)
		exit := &Method[numbered, none]{Route: &Route{Name: "Race.Exit", Kind: KindNotify}}
		r.conn.node.Register(exit.HandleNotify(func(_ context.Context, a *numbered) error {
			handled = append(handled, a.N)
			if a.N%2 == 0 {
				runtime.Goexit()
			}
			return nil
		}))
		for i := range 10 {
			r.say(request(wire.KindNotify, 0, "Race.Exit", 2*i), request(wire.KindNotify, 0, "Race.Exit", 2*i+1), echoTo(uint64(2*i+2), i))
			r.wantReply(uint64(2*i + 2))
		}
		synctest.Wait()
		if fmt.Sprint(handled) != "[0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19]" {
			t.Errorf("handled: %v", handled)
		}
	})
}

// A handler that panics keeps the reader: it goes on itself.
func TestPanicsLeaveTheReaderAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRace(t, Limits{}, func(context.Context, *relayRace) (int, error) { panic("so") })
		r.say(noteTo(0), request(wire.KindCall, 2, "Race.Trigger", 0), noteTo(1), echoTo(4, 4))
		if p := r.hear(); p.Kind != wire.KindError || p.ID != 2 || !p.Ran {
			t.Errorf("instead of the failure: %+v", p)
		}
		r.wantReply(4)
		r.wantNotes(2)
	})
}

// drain takes the reader from the handler that keeps it, so that it is counted.
func TestDrainTakesTheReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRace(t, Limits{}, func(_ context.Context, r *relayRace) (int, error) { <-r.hold; return 0, nil })
		r.say(request(wire.KindCall, 2, "Race.Trigger", 0), echoTo(4, 4))
		synctest.Wait() // the handler keeps the reader, the watch has not looked
		drained := make(chan []string)
		go func() { drained <- r.conn.drain(t.Context()) }()
		if p := r.hear(); p.Kind != wire.KindGoAway {
			t.Errorf("instead of goaway: %+v", p)
		}
		if p := r.hear(); p.ID != 4 || p.Code != string(code.Draining) || p.Ran {
			t.Errorf("instead of a refusal: %+v", p)
		}
		select {
		case stuck := <-drained:
			t.Errorf("drained while a handler runs: %v", stuck)
		default:
		}
		close(r.hold)
		r.wantReply(2)
		if stuck := <-drained; len(stuck) > 0 {
			t.Errorf("stuck: %v", stuck)
		}
	})
}

// The reader may be kept by a handler when its connection ends: what it has
// heard is told all the same.
func TestRepliesHeardBeforeTheEndAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRace(t, Limits{}, func(_ context.Context, r *relayRace) (int, error) { <-r.hold; return 0, nil })
		defer close(r.hold)
		p := newSharedPending()
		if _, err := r.conn.router.add(p); err != nil {
			t.Fatal(err)
		}
		r.say(wire.Packet{Kind: wire.KindReply, ID: p.id, Body: []byte{0xf6}}, request(wire.KindCall, 2, "Race.Trigger", 0))
		synctest.Wait() // the handler keeps the reader
		r.conn.fail(errShutdown)
		time.Sleep(time.Second)
		if !closedNow(p.done) || p.err != nil {
			t.Errorf("the call is settled: %v, with %v", closedNow(p.done), p.err)
		}
	})
}

// sendPackets sends one message of CBOR packets.
func sendPackets(t *testing.T, far transport.Conn, packets ...wire.Packet) {
	t.Helper()
	var msg []byte
	for _, p := range packets {
		var err error
		if msg, err = wire.CBORv1.Append(msg, &p); err != nil {
			t.Fatal(err)
		}
	}
	if drained, err := far.Write(msg); err != nil || !drained {
		t.Fatal(drained, err)
	}
}
