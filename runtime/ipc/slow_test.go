package ipc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/topic"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
	"github.com/ipcgen/ipcgen/runtime/wire/compress"
)

// slowly runs scene with a peer that has subscribed to all events, and says
// when it reads.
func slowly(t *testing.T, slow map[string]topic.Policy, scene func(t *testing.T, srv *ipc.Server, p *scripted)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet, Slow: slow})
		srv.Register(echo.Handle(handleEcho))
		p := joinScripted(t, srv)
		p.say(`{"kind":"subscribe","id":1,"route":"RoomEvents","topic":"room.*"}`)
		p.want(`{"kind":"reply","id":1}`)
		scene(t, srv, p)
	})
}

// kilobyte is the text of an event of about as much.
var kilobyte = strings.Repeat(".", 1000)

// pour publishes n events of a kilobyte to room, numbered from 0. It lets what
// happens in between happen once enough are on their way for others to wait.
func pour(t *testing.T, srv *ipc.Server, room string, n int) {
	t.Helper()
	for i := range n {
		if i == 500 {
			synctest.Wait()
		}
		post(t, srv, room, fmt.Sprintf("%06d%s", i, kilobyte))
	}
}

// tale is what a peer hears of events: their numbers, by room, and how many it
// was told were missed, and where.
type tale struct {
	numbers map[string][]int
	missed  int
	gaps    map[int]int // missed before that number, in any room
}

// readAll hears what there is. A pong may overtake events that wait, so it is
// the end only if none came before it.
func (p *scripted) readAll() *tale {
	p.t.Helper()
	ping := func() {
		time.Sleep(time.Millisecond) // until what waits for room has taken what there is
		p.say(`{"kind":"ping","id":77}`)
	}
	ping()
	told := &tale{numbers: map[string][]int{}, gaps: map[int]int{}}
	gap, more := 0, false
	for {
		line := p.hear()
		var e struct {
			Kind, Route, Topic string
			Missed             int
			Body               postedArgs
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			p.t.Fatalf("heard %.100s", line)
		}
		switch e.Kind {
		case "pong":
			if !more {
				return told
			}
			more = false
			ping()
		case "missed":
			if e.Route != "RoomEvents" || e.Topic != "room.*" {
				p.t.Errorf("heard %s", line)
			}
			told.missed += e.Missed
			gap = e.Missed
		case "event":
			var n int
			more = true
			fmt.Sscanf(e.Body.Text, "%06d", &n)
			told.numbers[e.Body.Room] = append(told.numbers[e.Body.Room], n)
			if gap > 0 {
				told.gaps[n], gap = gap, 0
			}
		}
	}
}

// rising reports whether the numbers rise.
func rising(numbers []int) bool {
	for i := 1; i < len(numbers); i++ {
		if numbers[i] <= numbers[i-1] {
			return false
		}
	}
	return true
}

const many = 2000

// Events that wait stand in lines, as every packet of JSON does, also where
// messages are binary.
func TestEventsThatWaitStandInLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deflate := compress.Deflate(wire.JSONv1, &compress.Options{Threshold: 1 << 20}) // which they do not reach
		srv := ipc.NewServer(&ipc.ServerOptions{Logger: quiet, Dialects: []wire.Dialect{deflate}})
		conn, err := transport.Dial(t.Context(), ipctest.Serve(t, srv), &transport.Options{Subprotocols: []string{deflate.Name()}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(0, "")
		p := &scripted{t: t, conn: conn}
		p.hear() // the challenge
		p.say(`{"kind":"identify","body":{"version":1,"group":"bots","name":"one","method":"none"}}`)
		p.hear() // the welcome
		p.say(`{"kind":"subscribe","id":1,"route":"RoomEvents","topic":"room.*"}`)
		p.want(`{"kind":"reply","id":1}`)
		pour(t, srv, "go", many)
		time.Sleep(time.Second)
		told := p.readAll()
		if n := len(told.numbers["go"]); told.missed == 0 || told.missed+n != many {
			t.Errorf("heard %d, told of %d missed", n, told.missed)
		}
	})
}

func TestDropOldest(t *testing.T) {
	slowly(t, map[string]topic.Policy{"room.*": {Buffer: 100}}, func(t *testing.T, srv *ipc.Server, p *scripted) {
		pour(t, srv, "go", many)
		time.Sleep(time.Second)
		told := p.readAll()
		numbers := told.numbers["go"]
		if !rising(numbers) || numbers[0] != 0 || numbers[len(numbers)-1] != many-1 {
			t.Errorf("heard %v", numbers)
		}
		if told.missed == 0 || told.missed+len(numbers) != many || told.gaps[many-100] < many-1000 {
			t.Errorf("heard %d, told of %d missed, %v", len(numbers), told.missed, told.gaps)
		}
	})
}

func TestDropNewest(t *testing.T) {
	slowly(t, map[string]topic.Policy{">": {Drop: topic.DropNewest, Buffer: 100}}, func(t *testing.T, srv *ipc.Server, p *scripted) {
		pour(t, srv, "go", many)
		time.Sleep(time.Second)
		told := p.readAll()
		numbers := told.numbers["go"]
		if n := len(numbers); !rising(numbers) || numbers[0] != 0 || numbers[n-1] > many/2 {
			t.Errorf("heard %v", numbers)
		}
		post(t, srv, "go", "999999")
		later := p.readAll()
		if told.missed+later.missed+len(numbers) != many {
			t.Errorf("heard %d, told of %d and %d missed", len(numbers), told.missed, later.missed)
		}
	})
}

// Of each topic the newest is heard.
func TestLatest(t *testing.T) {
	slowly(t, map[string]topic.Policy{"room.*": {Drop: topic.Latest}}, func(t *testing.T, srv *ipc.Server, p *scripted) {
		pour(t, srv, "go", many)
		for i := range many {
			post(t, srv, "a", fmt.Sprintf("%06d", i))
			post(t, srv, "b", fmt.Sprintf("%06d", i))
		}
		time.Sleep(time.Second)
		told := p.readAll()
		heard := 0
		for room, numbers := range told.numbers {
			heard += len(numbers)
			if !rising(numbers) || numbers[len(numbers)-1] != many-1 || room != "go" && len(numbers) != 1 {
				t.Errorf("%s: %v", room, numbers)
			}
		}
		if told.missed+heard != 3*many {
			t.Errorf("heard %d, told of %d missed", heard, told.missed)
		}
	})
}

// A subscriber that is to be disconnected is, and may come back; nobody else
// notices.
func TestDisconnect(t *testing.T) {
	slowly(t, map[string]topic.Policy{"room.go": {Drop: topic.Disconnect, Buffer: 100}}, func(t *testing.T, srv *ipc.Server, p *scripted) {
		cl := ipc.NewClient(ipctest.Serve(t, srv), &ipc.ClientOptions{Logger: quiet})
		ipctest.Connect(t, cl)
		var e ear
		subscribe(t, cl, "room.*", e.handlers()...)
		for range many / 10 {
			pour(t, srv, "go", 10)
			synctest.Wait()
		}
		if got := len(e.take()); got != many {
			t.Errorf("the other heard %d", got)
		}
		for {
			if said := p.hear(); strings.HasPrefix(said, "closed") {
				if !strings.HasPrefix(said, "closed 3001 events came faster") {
					t.Error(said)
				}
				break
			}
		}
		if srv.Peer(ipc.Identity{Group: "bots", Name: "one"}).Connected() {
			t.Error("it is still connected")
		}
	})
}

// The most specific pattern decides, and each has its own buffer.
func TestPolicyByTopic(t *testing.T) {
	slow := map[string]topic.Policy{">": {Buffer: 10}, "room.*": {Buffer: 20}, "room.b": {Drop: topic.DropNewest, Buffer: 30}}
	slowly(t, slow, func(t *testing.T, srv *ipc.Server, p *scripted) {
		pour(t, srv, "first", 1000) // until events wait
		pour(t, srv, "a", 100)
		pour(t, srv, "b", 100)
		time.Sleep(time.Second)
		told := p.readAll()
		if a := told.numbers["a"]; len(a) != 20 || a[0] != 80 {
			t.Errorf("a: %v", a)
		}
		if b := told.numbers["b"]; len(b) != 30 || b[0] != 0 {
			t.Errorf("b: %v", b)
		}
	})
}

func TestWrongPolicy(t *testing.T) {
	srv := ipc.NewServer(&ipc.ServerOptions{Slow: map[string]topic.Policy{"room..*": {}}})
	if _, err := srv.Listen(t.Context(), "mem:wrong"); err == nil || !strings.Contains(err.Error(), `pattern "room..*"`) {
		t.Error(err)
	}
}

// Another subscription is told only of what it has missed itself.
func TestOnlyThoseConcernedAreTold(t *testing.T) {
	slowly(t, map[string]topic.Policy{"room.go": {Buffer: 1}}, func(t *testing.T, srv *ipc.Server, p *scripted) {
		p.say(`{"kind":"subscribe","id":3,"route":"RoomEvents.Posted","topic":"room.c"}`)
		p.want(`{"kind":"reply","id":3}`)
		pour(t, srv, "go", 1000)
		post(t, srv, "c", "000000")
		time.Sleep(time.Second)
		told := p.readAll() // which fails for another pattern than room.*
		if len(told.numbers["c"]) != 1 || told.missed+len(told.numbers["go"]) != 1000 {
			t.Errorf("heard %d, missed %d, %v", len(told.numbers["go"]), told.missed, told.numbers["c"])
		}
	})
}

// A reply does not overtake the events that its handler has published, though
// they have to wait.
func TestSlowEventsArriveBeforeTheReply(t *testing.T) {
	slowly(t, map[string]topic.Policy{"room.*": {Buffer: 1000}}, func(t *testing.T, srv *ipc.Server, p *scripted) {
		srv.Unregister(echo.Route)
		srv.Register(echo.Handle(func(_ context.Context, a *textArgs) (string, error) {
			pour(t, srv, "go", 800)
			post(t, srv, "go", "the last")
			return a.Text, nil
		}))
		p.say(`{"kind":"call","id":5,"route":"Test.Echo","body":{"Text":"x"}}`)
		time.Sleep(time.Second)
		before := ""
		for packet := p.hear(); !strings.HasPrefix(packet, `{"kind":"reply"`); packet = p.hear() {
			before = packet
		}
		if !strings.Contains(before, "the last") {
			t.Errorf("before the reply: %.100s", before)
		}
	})
}

// A slow subscriber that goes away leaves nothing behind, and calls to it fail
// as they should.
func TestSlowSubscriberLeaves(t *testing.T) {
	slowly(t, nil, func(t *testing.T, srv *ipc.Server, p *scripted) {
		pour(t, srv, "go", many)
		p.conn.Close(3000, "bye")
		synctest.Wait() // no goroutine may be left, which the bubble checks
		pour(t, srv, "go", 10)
		if _, err := echo.Call(t.Context(), srv.Peer(ipc.Identity{Group: "bots", Name: "one"}), &textArgs{"x"}); !errors.Is(err, code.NotConnected) {
			t.Error(err)
		}
	})
}
