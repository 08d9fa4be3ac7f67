package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/transport"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// program is bytes that are read as one operation after the other. When they
// are used up all that is read is zero.
type program struct{ bytes []byte }

func (p *program) done() bool { return len(p.bytes) == 0 }

// upTo returns a number below n.
func (p *program) upTo(n int) int {
	if p.done() {
		return 0
	}
	b := p.bytes[0]
	p.bytes = p.bytes[1:]
	return int(b) % n
}

// take returns up to n bytes.
func (p *program) take(n int) (b []byte) {
	n = min(n, len(p.bytes))
	b, p.bytes = p.bytes[:n], p.bytes[n:]
	return b
}

// packet returns one that may be anything, with a number that may be in use.
func (p *program) packet(d wire.Dialect) []byte {
	kinds := []wire.Kind{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 17, 18, 19, 24, 25, 26, 65}
	routes := []string{"Test.Echo", "Test.Block", "Test.Count", "Test.Sum", "Test.Twice", "Test.Relay", "Test.Note", "No.Such", "", "RoomEvents", "RoomEvents.Posted"}
	topics := []string{"", "room.go", "room.*", ">", "room..go"}
	msg, err := d.Append(nil, &wire.Packet{
		Kind: kinds[p.upTo(len(kinds))], ID: uint64(p.upTo(24)), Route: routes[p.upTo(len(routes))], Body: p.body(d),
		Credit: uint32(p.upTo(256)) << 12, Ran: p.upTo(2) == 0, Depth: uint8(p.upTo(18)), Timeout: time.Duration(p.upTo(4)) * time.Second,
		Topic: topics[p.upTo(len(topics))], Missed: uint64(p.upTo(3)),
		Status: []uint16{0, 3000, 3500, 65535}[p.upTo(4)],
	})
	if err != nil {
		return []byte("?")
	}
	return msg
}

// body returns one that may be right, or not even a value.
func (p *program) body(d wire.Dialect) []byte {
	switch p.upTo(6) {
	case 0:
		return encode(d, empty)
	case 1:
		return encode(d, text("a"))
	case 2:
		return encode(d, p.upTo(256))
	case 3:
		return encode(d, map[string]any{"N": p.upTo(256)})
	case 4:
		return p.take(p.upTo(16))
	}
	return nil
}

// FuzzHandshake has a stranger say anything to a server, or a server say
// anything to a client, until the one or the other has had enough.
func FuzzHandshake(f *testing.F) {
	f.Add(false, false, []byte{0, 3, 'a', 'b', 'c'})
	f.Add(false, true, []byte{1, 3, 0, 0})
	f.Add(false, false, []byte{1, 3, 2, 0, 0, 0, 0, 0, 0})
	f.Add(true, false, []byte{1, 2, 0})
	f.Add(true, true, []byte{1, 2, 3, 4, 5})
	f.Add(true, true, []byte{1, 3, 1, 2})
	f.Fuzz(func(t *testing.T, toClient, json bool, said []byte) {
		d := wire.CBORv1
		if json {
			d = wire.JSONv1
		}
		synctest.Test(t, func(t *testing.T) {
			if toClient {
				fuzzClient(t, d, &program{said})
			} else {
				fuzzServer(t, d, &program{said})
			}
		})
	})
}

func fuzzServer(t *testing.T, d wire.Dialect, p *program) {
	srv, url := secured(t, ipc.ServerOptions{}, nil)
	s := meet(t, url, d)
	s.talk(hearChallenge)
	rightful := false
	for !p.done() {
		switch p.upTo(5) {
		case 0:
			s.send(p.take(p.upTo(256)))
		case 1:
			s.send(p.packet(d))
		case 2:
			as("strangers", "one", canary, nil)(s)
			rightful = true
		case 3:
			as("strangers", "one", canary, func(id *wire.Identify) { p.spoil(id) })(s)
		case 4:
			time.Sleep(time.Duration(p.upTo(256)) * 100 * time.Millisecond)
		}
	}
	synctest.Wait()
	if n := len(srv.Peers()); n > 1 || n == 1 && !rightful {
		t.Errorf("%d were let in", n)
	}
	hangUp(s)
	time.Sleep(11 * time.Second)
	if n := len(srv.Peers()); n > 0 {
		t.Errorf("%d stay", n)
	}
}

// spoil changes an identify so that it must be refused.
func (p *program) spoil(id *wire.Identify) {
	switch p.upTo(6) {
	case 0:
		id.Proof = p.take(32)
	case 1:
		id.Nonce = p.take(32)
	case 2:
		id.Group = fmt.Sprintf("%q", p.take(8))
	case 3:
		id.Name = fmt.Sprintf("%x", p.take(8)) + "-"
	case 4:
		id.Version += 1 + p.upTo(256)
	case 5:
		id.Method = fmt.Sprintf("%x", p.take(8))
	}
}

func fuzzClient(t *testing.T, d wire.Dialect, p *program) {
	near, far := transport.Pipe(&transport.Options{Subprotocols: []string{d.Name()}, MaxMessage: 2 << 20})
	defer far.Close(0, "")
	cl := ipc.NewClient("mem:fuzz", &ipc.ClientOptions{
		Identity: ipc.Identity{Group: "bots", Name: "one"}, Secret: []byte(canary), Dialect: d, NoReconnect: true, Logger: watchful(t),
		Dial: func(context.Context, *transport.Options) (transport.Conn, error) { return near, nil },
	})
	serveAll(cl)
	defer cl.Close()
	connected := make(chan error, 1)
	go func() { connected <- cl.Connect(t.Context()) }()
	s := &stranger{t: t, conn: far, dialect: d, heard: make(chan []byte, 1<<10)}
	go s.listen()
	for !p.done() {
		switch p.upTo(4) {
		case 0:
			s.send(p.take(p.upTo(256)))
		case 1:
			s.send(p.packet(d))
		case 2:
			ch := wire.Challenge{Version: 1 + p.upTo(2), Nonce: p.take(32), Methods: []string{"hmac", fmt.Sprintf("%x", p.take(4))}}
			body, err := wire.Marshal(d.Codec(), nil, nil, &ch)
			if err != nil {
				return
			}
			s.send(s.message(packet{Kind: wire.KindChallenge, Body: body}.of))
		case 3:
			w := wire.Welcome{Group: "bots", Name: "one", Proof: p.take(32), Heartbeat: int64(p.upTo(256)) << 8, Silence: 35000}
			body, err := wire.Marshal(d.Codec(), nil, nil, &w)
			if err != nil {
				return
			}
			s.send(s.message(packet{Kind: wire.KindWelcome, Body: body}.of))
		}
	}
	if err := <-connected; err == nil || leaks(err.Error()) {
		t.Errorf("a server without the secret: %v", err)
	}
}

// tap is a client's end of a connection where anybody can add messages.
type tap struct {
	transport.Conn
	writing sync.Mutex
	arrived chan []byte
	added   chan []byte
	first   []byte // taken from one of them by Wait
	err     error  // set before arrived is closed
	closing sync.Once
	closed  chan struct{}
}

func newTap(c transport.Conn) *tap {
	p := &tap{Conn: c, arrived: make(chan []byte), added: make(chan []byte, 1<<10), closed: make(chan struct{})}
	go func() {
		defer close(p.arrived)
		for {
			msg, err := c.Read(nil)
			if err != nil {
				p.err = err
				return
			}
			select {
			case p.arrived <- msg:
			case <-p.closed:
			}
		}
	}()
	return p
}

// Limit is for who reads, which is the tap.
func (p *tap) Limit(int) {}

func (p *tap) Close(status uint16, reason string) error {
	p.closing.Do(func() { close(p.closed) })
	return p.Conn.Close(status, reason)
}

func (p *tap) Write(msg []byte) (bool, error) {
	p.writing.Lock()
	defer p.writing.Unlock()
	return p.Conn.Write(msg)
}

func (p *tap) Wait() error {
	for len(p.first) == 0 {
		var ok bool
		select {
		case p.first = <-p.added:
		case p.first, ok = <-p.arrived:
			if !ok {
				return p.err
			}
		}
	}
	return nil
}

func (p *tap) Read(buf []byte) ([]byte, error) {
	if err := p.Wait(); err != nil {
		return nil, err
	}
	msg := append(buf[:0], p.first...)
	p.first = nil
	return msg, nil
}

// inject adds a message for the client.
func (p *tap) inject(msg []byte) { p.added <- msg }

// FuzzSession has both sides of a connection do anything, while somebody in
// between adds packets and garbage. Whatever comes of it, every call settles
// within its deadline, and nothing is left.
func FuzzSession(f *testing.F) {
	f.Add(false, []byte{0, 0, 1, 0, 2, 0, 3, 4, 4, 5})
	f.Add(true, []byte{0, 1, 1, 1, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2, 0})
	f.Add(false, []byte{3, 9, 7, 1, 2, 0, 0, 0, 0, 0, 0, 0, 9, 1, 8, 3, 'a', 'b', 'c'})
	f.Add(true, []byte{4, 9, 6, 5, 1, 0, 0, 0, 0, 0, 0, 0, 10, 1})
	f.Add(true, []byte{12, 0, 3, 13, 0, 200, 13, 1, 2, 12, 2, 1, 13, 0, 0, 9, 9})
	f.Add(false, []byte{0, 2, 0, 3, 1, 2, 2, 1, 10, 2})
	f.Fuzz(func(t *testing.T, json bool, done []byte) {
		if len(done) > 512 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			s := newSession(t, json)
			for p := (&program{done}); !p.done(); {
				s.step(p)
			}
			s.finish()
		})
	})
}

// session is what a program works with.
type session struct {
	t       *testing.T
	dialect wire.Dialect
	srv     *ipc.Server
	cl      *ipc.Client
	tap     *tap
	futures []*ipc.Future[string]
	others  sync.WaitGroup // streams and nested calls, which settle on their own
}

func newSession(t *testing.T, json bool) *session {
	s := &session{t: t, dialect: wire.CBORv1, srv: testServer(ipc.ServerOptions{MayPublish: func(_ *ipc.Peer, _, _ string) bool { return true }, Limits: ipc.Limits{Running: 8, Streams: 4, Notifications: 4, Pending: 16}})}
	if json {
		s.dialect = wire.JSONv1
	}
	url := ipctest.Serve(t, s.srv)
	s.cl = ipc.NewClient("mem:session", &ipc.ClientOptions{
		Identity: ipc.Identity{Group: "bots", Name: "one"}, Dialect: s.dialect, NoReconnect: true, Logger: quiet,
		Dial: func(ctx context.Context, o *transport.Options) (transport.Conn, error) {
			c, err := transport.Dial(ctx, url, o)
			if err == nil {
				s.tap = newTap(c)
			}
			return s.tap, err
		},
	})
	remember := note.HandleNotify(func(ctx context.Context, a *countArgs) error {
		select {
		case <-time.After(time.Duration(a.N) * time.Millisecond):
		case <-ctx.Done():
		}
		return nil
	})
	s.srv.Register(remember)
	serveAll(s.cl)
	ipctest.Connect(t, s.cl)
	return s
}

// caller is one side or the other.
func (s *session) caller(p *program) ipc.Caller {
	if p.upTo(2) == 0 {
		return s.cl
	}
	return s.srv.Peer(s.cl.Identity())
}

// step does one operation.
func (s *session) step(p *program) {
	ctx := s.t.Context()
	switch p.upTo(14) {
	case 0:
		s.futures = append(s.futures, echo.Start(ctx, s.caller(p), &textArgs{string(make([]byte, p.upTo(256)))}))
	case 1:
		s.futures = append(s.futures, block.Start(ctx, s.caller(p), &noArgs{}))
	case 2:
		if len(s.futures) > 0 {
			s.futures[p.upTo(len(s.futures))].Cancel()
		}
	case 3:
		s.stream(s.caller(p), p.upTo(256), p.upTo(256))
	case 4:
		s.upload(s.caller(p), p.upTo(256))
	case 5:
		note.Notify(ctx, s.caller(p), &countArgs{p.upTo(256)})
	case 6:
		s.tap.Write(p.packet(s.dialect))
	case 7:
		s.tap.inject(p.packet(s.dialect))
	case 8:
		s.tap.Write(p.take(p.upTo(32)))
	case 9:
		time.Sleep(time.Duration(p.upTo(256)) * 10 * time.Microsecond)
	case 10:
		s.end(p.upTo(4))
	case 11:
		c := s.caller(p)
		s.others.Go(func() { relay.Call(ctx, c, &textArgs{"deeper"}) })
	case 12:
		pattern, bound := []string{"room.*", "room.go", ">"}[p.upTo(3)], time.Duration(p.upTo(4))*time.Second
		s.others.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, bound)
			defer cancel()
			for range posted.Watch(ctx, s.cl, pattern) {
			}
		})
	case 13:
		to := []ipc.Publisher{s.cl, s.srv}[p.upTo(2)]
		text := string(make([]byte, p.upTo(256)))
		s.others.Go(func() { posted.Publish(ctx, to, &postedArgs{"go", text}) })
	}
}

// stream consumes at most k items of n.
func (s *session) stream(c ipc.Caller, n, k int) {
	s.others.Go(func() {
		ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second) // streams have no deadline of their own
		defer cancel()
		want := 0
		for i, err := range count.Stream(ctx, c, &countArgs{n}) {
			if err != nil || want == k {
				return
			}
			_ = i // somebody in between may have added it
			want++
		}
	})
}

func (s *session) upload(c ipc.Caller, n int) {
	s.others.Go(func() {
		ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
		defer cancel()
		sum.Upload(ctx, c, &noArgs{}, upTo(n))
	})
}

// end ends the connection, one way or another.
func (s *session) end(how int) {
	switch how {
	case 0:
		s.cl.Close()
	case 1:
		s.srv.Peer(s.cl.Identity()).Close("enough")
	case 2:
		s.tap.Close(0, "")
	case 3:
		s.tap.Write([]byte("?"))
	}
}

// finish makes sure that everything settles in its time.
func (s *session) finish() {
	start := time.Now()
	settled := make(chan struct{})
	go func() {
		defer close(settled)
		for _, f := range s.futures {
			_, err := f.Wait(context.Background())
			var e *ipc.Error
			if err != nil && !errors.As(err, &e) {
				s.t.Errorf("a call settles with %v", err)
			}
		}
		s.others.Wait()
	}()
	<-settled
	if d := time.Since(start); d > 31*time.Second {
		s.t.Errorf("it took %v", d)
	}
	s.cl.Close()
	s.srv.Close()
	synctest.Wait()
	if peers := s.srv.Peers(); len(peers) > 0 {
		s.t.Errorf("who is left: %v", peers)
	}
}
