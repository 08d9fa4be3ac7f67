package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// drip writes p at one byte a second until that fails.
func drip(conn net.Conn, p []byte) {
	for i := range p {
		if _, err := conn.Write(p[i : i+1]); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

// slowly are the ends that read a message which drips, with the message.
var slowly = map[string]func(t *testing.T, conn net.Conn) (c Conn, stream []byte){
	"frames": func(t *testing.T, conn net.Conn) (Conn, []byte) {
		return framedOver(t, conn, nil, accepting), frame(string(message(100, 0)))
	},
	"websocket": func(t *testing.T, conn net.Conn) (Conn, []byte) {
		return upgradedOver(t, conn, nil), clientFrame(fin|opBinary, string(message(100, 0)))
	},
	"websocket in fragments": func(t *testing.T, conn net.Conn) (Conn, []byte) {
		return upgradedOver(t, conn, nil), append(clientFrame(opBinary, ""), slices.Repeat(clientFrame(opContinuation, ""), 100)...)
	},
}

// TestSlowMessage is the second part of case A4.
func TestSlowMessage(t *testing.T) {
	for name, open := range slowly {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var crew sync.WaitGroup
				defer crew.Wait()
				near, far := net.Pipe()
				defer far.Close()
				c, stream := open(t, near)
				crew.Go(func() { drip(far, stream) })
				crew.Go(func() { io.Copy(io.Discard, far) })
				start := time.Now()
				_, err := c.Read(nil)
				if d := time.Since(start); !errors.Is(err, ErrTimeout) || d != 20*time.Second {
					t.Errorf("error %v after %v, want ErrTimeout after 20s", err, d)
				}
			})
		})
	}
}

// TestIdleConnectionsLive has only a message's middle under a deadline.
func TestIdleConnectionsLive(t *testing.T) {
	for name, open := range slowly {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var crew sync.WaitGroup
				defer crew.Wait()
				near, far := net.Pipe()
				defer far.Close()
				c, _ := open(t, near)
				hello := clientFrame(fin|opBinary, "hello")
				if name == "frames" {
					hello = frame("hello")
				}
				crew.Go(func() {
					for range 3 {
						time.Sleep(time.Hour)
						drip(far, hello)
					}
				})
				for range 3 {
					mustRead(t, c, []byte("hello"))
				}
			})
		})
	}
}

func TestSteadyPingsAreWelcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const count = 10_000
		near, far := net.Pipe()
		defer far.Close()
		c := upgradedOver(t, near, nil)
		go readAll(c)
		ping := clientFrame(fin|opPing, string(message(125, 0)))
		for range count {
			time.Sleep(150 * time.Millisecond)
			if _, err := far.Write(ping); err != nil {
				t.Fatal(err)
			}
			if first, payload, err := readServerFrame(far); first != fin|opPong || payload != string(message(125, 0)) {
				t.Fatalf("frame %x %.20q, %v", first, payload, err)
			}
		}
	})
}

// TestPingsOfOneWhoDoesNotRead: the answers pile up, and never stop the
// reader; the connection ends as slow.
func TestPingsOfOneWhoDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var crew sync.WaitGroup
		defer crew.Wait()
		near, far := net.Pipe()
		defer far.Close()
		c := upgradedOver(t, near, nil)
		crew.Go(func() {
			for {
				if _, err := far.Write(clientFrame(fin|opPing, "x")); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		})
		start := time.Now()
		_, err := c.Read(nil)
		if d := time.Since(start); !errors.Is(err, ErrSlow) || d != 10*time.Second {
			t.Errorf("error %v after %v, want ErrSlow after 10s", err, d)
		}
	})
}

func TestFlushGivesUpWhenNothingMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(nil)
		defer a.Close(0, "")
		defer b.Close(0, "")
		for drained := true; drained; {
			var err error
			if drained, err = a.Write(message(64<<10, 0)); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		err := a.Flush()
		if d := time.Since(start); !errors.Is(err, ErrSlow) || d != 10*time.Second {
			t.Errorf("flush: %v after %v, want ErrSlow after 10s", err, d)
		}
	})
}

// TestFlushWaitsForTheSlow who take a little now and then.
func TestFlushWaitsForTheSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		c := framedOver(t, near, nil, dialing)
		go func() {
			defer far.Close()
			for range 20 {
				time.Sleep(9 * time.Second)
				io.ReadFull(far, make([]byte, 10))
			}
		}()
		if _, err := c.Write(message(196, 0)); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := c.Flush(); err != nil || time.Since(start) != 3*time.Minute {
			t.Errorf("flush: %v after %v, want success after 3m", err, time.Since(start))
		}
	})
}

// TestWebSocketConversation runs both ends in virtual time.
func TestWebSocketConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		accepted := make(chan Conn)
		go serveOne(far, accepted)
		s, err := settle(nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		a, err := upgradeOver(ctx, near, address{scheme: "ws", host: "box.example", path: "/"}, s)
		if err != nil {
			t.Fatal(err)
		}
		b := <-accepted
		time.Sleep(time.Hour) // ctx has ended; nobody minds
		go write(a, message(100_000, 3))
		mustRead(t, b, message(100_000, 3))
		go b.Close(3001, "later")
		_, err = a.Read(nil)
		var end *CloseError
		if !errors.As(err, &end) || end.Code != 3001 || end.Reason != "later" {
			t.Errorf("read: %v, want code 3001", err)
		}
	})
}

func TestDialEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := Listen(t.Context(), "mem:silent", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for _, accept := range []bool{false, true} {
			if accept { // and say nothing
				go l.Accept()
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			start := time.Now()
			_, err := Dial(ctx, "mem:silent", nil)
			if d := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || d != time.Minute {
				t.Errorf("dial: %v after %v", err, d)
			}
			cancel()
		}
	})
}

// TestSlowMessageBehindAnother: the beginning came with the one before.
func TestSlowMessageBehindAnother(t *testing.T) {
	streams := map[string][]byte{
		"frames":    append(frame("first"), frame("second")[:6]...),
		"websocket": append(clientFrame(fin|opBinary, "first"), clientFrame(fin|opBinary, "second")[:8]...),
	}
	for name, stream := range streams {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer far.Close()
				c, _ := slowly[name](t, near)
				go far.Write(stream)
				mustRead(t, c, []byte("first"))
				start := time.Now()
				go io.Copy(io.Discard, far)
				if _, err := c.Read(nil); !errors.Is(err, ErrTimeout) || time.Since(start) != 20*time.Second {
					t.Errorf("error %v after %v, want ErrTimeout after 20s", err, time.Since(start))
				}
			})
		})
	}
}
