package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// carriers are the transports that the shared suite runs over: each connects
// two ends whose handshake is done.
var carriers = []struct {
	name    string
	connect func(t testing.TB, o *Options) (dialer, acceptor Conn)
}{
	{"pipe", func(t testing.TB, o *Options) (Conn, Conn) { return Pipe(o) }},
	{"mem", listening("mem:suite")},
	{"unix", func(t testing.TB, o *Options) (Conn, Conn) {
		return listening("unix://"+filepath.Join(t.TempDir(), "s"))(t, o)
	}},
	{"tcp", listening("tcp://127.0.0.1:0")},
	{"tls", listening("tls://127.0.0.1:0")},
	{"ws", listening("ws://127.0.0.1:0/ipc")},
	{"wss", listening("wss://127.0.0.1:0/ipc")},
	{"stdio", overStdio},
}

// listening connects by Listen and Dial.
func listening(url string) func(testing.TB, *Options) (Conn, Conn) {
	return func(t testing.TB, o *Options) (Conn, Conn) {
		t.Helper()
		if o == nil {
			o = &Options{}
		}
		o = withTLS(t, *o)
		l := listenAt(t, url, o)
		defer l.Close()
		return meet(t, l, o)
	}
}

func listenAt(t testing.TB, url string, o *Options) Listener {
	t.Helper()
	l, err := Listen(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// meet dials l and accepts there.
func meet(t testing.TB, l Listener, o *Options) (dialer, acceptor Conn) {
	t.Helper()
	accepted := acceptOne(t, l)
	dialer, err := Dial(t.Context(), l.URL(), o)
	if err != nil {
		t.Fatal(err)
	}
	return dialer, mustGet(t, accepted)
}

// join does the handshake of dialer with what l accepts.
func join(t testing.TB, dialer Conn, l Listener) (_, acceptor Conn) {
	t.Helper()
	accepted := acceptOne(t, l)
	if err := dialer.Handshake(t.Context()); err != nil {
		t.Fatal(err)
	}
	return dialer, mustGet(t, accepted)
}

// acceptOne accepts and does the handshake; nothing comes if that fails.
func acceptOne(t testing.TB, l Listener) <-chan Conn {
	accepted := make(chan Conn, 1)
	go func() {
		defer close(accepted)
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		if err := c.Handshake(context.Background()); err != nil {
			t.Error(err)
			return
		}
		accepted <- c
	}()
	return accepted
}

func mustGet(t testing.TB, accepted <-chan Conn) Conn {
	t.Helper()
	c, ok := <-accepted
	if !ok {
		t.FailNow()
	}
	return c
}

// overAll runs a scene over every carrier, in both directions.
func overAll(t *testing.T, o *Options, scene func(t *testing.T, a, b Conn)) {
	for _, carrier := range carriers {
		for _, direction := range []string{"dialer", "acceptor"} {
			t.Run(carrier.name+"/"+direction, func(t *testing.T) {
				a, b := carrier.connect(t, o)
				defer a.Close(0, "")
				defer b.Close(0, "")
				if direction == "acceptor" {
					a, b = b, a
				}
				scene(t, a, b)
			})
		}
	}
}

// write writes and flushes.
func write(c Conn, msg []byte) error {
	drained, err := c.Write(msg)
	if err == nil && !drained {
		err = c.Flush()
	}
	return err
}

func mustWrite(t *testing.T, c Conn, msg []byte) {
	t.Helper()
	if err := write(c, msg); err != nil {
		t.Fatalf("write of %d bytes: %v", len(msg), err)
	}
}

func mustRead(t *testing.T, c Conn, want []byte) {
	t.Helper()
	got, err := c.Read(nil)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("read %d bytes %.40q, want %d bytes %.40q", len(got), got, len(want), want)
	}
}

// message has n bytes, all of which depend on seed. It must not be changed.
func message(n, seed int) []byte {
	return pattern[seed%251:][:n:n]
}

var pattern = func() []byte {
	period := make([]byte, 251)
	for i := range period {
		period[i] = byte(i * 7)
	}
	return bytes.Repeat(period, (2<<20)/len(period))
}()

func TestMessagesCrossWhole(t *testing.T) {
	sizes := []int{1, 2, 125, 126, 127, 4096, 65535, 65536, 65537, 1<<20 - 1, 1 << 20}
	overAll(t, nil, func(t *testing.T, a, b Conn) {
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() {
			for i, n := range sizes {
				if err := write(a, message(n, i)); err != nil {
					t.Errorf("write of %d bytes: %v", n, err)
				}
			}
		})
		for i, n := range sizes {
			mustRead(t, b, message(n, i))
		}
	})
}

func TestBothWaysAtOnce(t *testing.T) {
	const count = 400
	send := func(c Conn) error {
		for i := range count {
			if err := write(c, message(1+i*37%5000, i)); err != nil {
				return fmt.Errorf("write %d: %w", i, err)
			}
		}
		return nil
	}
	receive := func(c Conn) error {
		var buf []byte
		for i := range count {
			msg, err := c.Read(buf)
			if err != nil {
				return fmt.Errorf("read %d: %w", i, err)
			}
			if !bytes.Equal(msg, message(1+i*37%5000, i)) {
				return fmt.Errorf("read %d: other bytes than were sent", i)
			}
			buf = msg
		}
		return nil
	}
	overAll(t, nil, func(t *testing.T, a, b Conn) {
		var wg sync.WaitGroup
		for _, c := range []Conn{a, b} {
			for _, work := range []func(Conn) error{send, receive} {
				wg.Go(func() {
					if err := work(c); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
	})
}

func TestReadUsesTheCallersStorage(t *testing.T) {
	overAll(t, nil, func(t *testing.T, a, b Conn) {
		mustWrite(t, a, []byte("first"))
		mustWrite(t, a, []byte("second"))
		buf := make([]byte, 3, 64)
		first, err := b.Read(buf)
		if err != nil || string(first) != "first" || &first[0] != &buf[0] {
			t.Fatalf("read %q, %v; in buf: %v", first, err, &first[0] == &buf[0])
		}
		second, err := b.Read(nil)
		if err != nil || string(second) != "second" || string(first) != "first" {
			t.Fatalf("read %q, %v; first is now %q", second, err, first)
		}
	})
}

func TestWriteRefusesBadMessages(t *testing.T) {
	overAll(t, &Options{MaxMessage: 100}, func(t *testing.T, a, b Conn) {
		if _, err := a.Write(nil); !errors.Is(err, ErrEmpty) {
			t.Errorf("write of nothing: %v", err)
		}
		if _, err := a.Write(message(101, 0)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("write of 101 bytes: %v", err)
		}
		mustWrite(t, a, message(100, 1)) // nothing was harmed
		mustRead(t, b, message(100, 1))
	})
}

func TestReceivedMovesWithWhatArrives(t *testing.T) {
	overAll(t, nil, func(t *testing.T, a, b Conn) {
		before := b.Received()
		mustWrite(t, a, message(1000, 0))
		mustRead(t, b, message(1000, 0))
		if got := b.Received() - before; got < 1000 || got > 1100 {
			t.Errorf("received %d bytes for a message of 1000", got)
		}
	})
}

func TestCloseEndsARead(t *testing.T) {
	overAll(t, nil, func(t *testing.T, a, b Conn) {
		ended := make(chan error)
		go func() {
			_, err := a.Read(nil)
			ended <- err
		}()
		a.Close(0, "")
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("read after Close: %v, want net.ErrClosed", err)
		}
		if _, err := a.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write after Close: %v, want net.ErrClosed", err)
		}
	})
}

func TestCloseTellsThePeer(t *testing.T) {
	overAll(t, nil, func(t *testing.T, a, b Conn) {
		mustWrite(t, a, []byte("last words"))
		a.Close(3001, "restarting")
		a.Close(3002, "again")
		mustRead(t, b, []byte("last words"))
		_, err := b.Read(nil)
		var end *CloseError
		if !errors.As(err, &end) || end.Code != 3001 || end.Reason != "restarting" {
			t.Fatalf("read: %v, want code 3001 and its reason", err)
		}
		b.Close(0, "")
		if _, err := b.Write([]byte("x")); err == nil {
			t.Error("write after the end succeeded")
		}
	})
}

func TestCloseWithoutACodeIsEOF(t *testing.T) {
	overAll(t, nil, func(t *testing.T, a, b Conn) {
		a.Close(0, "")
		if _, err := b.Read(nil); err != io.EOF {
			t.Errorf("read: %v, want io.EOF", err)
		}
	})
}

func TestCloseCutsTheReason(t *testing.T) {
	overAll(t, nil, func(t *testing.T, a, b Conn) {
		a.Close(3000, "a"+string(bytes.Repeat([]byte("é"), 100)))
		_, err := b.Read(nil)
		var end *CloseError
		if !errors.As(err, &end) || end.Reason != "a"+string(bytes.Repeat([]byte("é"), 61)) {
			t.Errorf("read: %v, want 61 é", err)
		}
	})
}

// TestAPeerThatStopsReading is case D5 at this level.
func TestAPeerThatStopsReading(t *testing.T) {
	o := &Options{WriteTimeout: 50 * time.Millisecond}
	overAll(t, o, func(t *testing.T, a, b Conn) {
		msg := message(64<<10, 0)
		deadline := time.Now().Add(10 * time.Second)
		for time.Now().Before(deadline) {
			drained, err := a.Write(msg)
			if err != nil {
				t.Fatal(err)
			}
			if drained {
				continue
			}
			if err := a.Flush(); err != nil {
				if !errors.Is(err, ErrSlow) {
					t.Fatalf("flush: %v, want ErrSlow", err)
				}
				return
			}
		}
		t.Fatal("nothing stopped the writer")
	})
}

// fill writes until something stays behind.
func fill(t *testing.T, c Conn) {
	t.Helper()
	for {
		drained, err := c.Write(message(64<<10, 0))
		if err != nil {
			t.Fatal(err)
		}
		if drained {
			continue
		}
		flushed := make(chan error, 1)
		go func() { flushed <- c.Flush() }()
		select {
		case err := <-flushed:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(20 * time.Millisecond):
			t.Cleanup(func() { <-flushed })
			return
		}
	}
}

func TestCloseEndsAFlush(t *testing.T) {
	overAll(t, nil, func(t *testing.T, a, b Conn) {
		fill(t, a)
		start := time.Now()
		a.Close(3000, "enough")
		if d := time.Since(start); d > time.Second {
			t.Errorf("Close took %v", d)
		}
		if err := a.Flush(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("flush after Close: %v, want net.ErrClosed", err)
		}
	})
}

func TestInfo(t *testing.T) {
	overAll(t, nil, func(t *testing.T, a, b Conn) {
		for _, c := range []Conn{a, b} {
			info := c.Info()
			want := -1
			if info.Scheme == "unix" {
				want = os.Getuid()
			}
			if info.UID != want || info.Scheme == "" {
				t.Errorf("info %+v, want uid %d", info, want)
			}
			if c.Subprotocol() != "messages" {
				t.Errorf("subprotocol %q", c.Subprotocol())
			}
		}
	})
}

func TestWaitTakesNothing(t *testing.T) {
	overAll(t, nil, func(t *testing.T, near, far Conn) {
		mustWrite(t, near, message(10, 1))
		mustWrite(t, near, message(40_000, 2))
		for range 2 {
			if err := far.Wait(); err != nil {
				t.Fatal(err)
			}
		}
		mustRead(t, far, message(10, 1))
		mustRead(t, far, message(40_000, 2))
		near.Close(3000, "bye")
		var end *CloseError
		if err := far.Wait(); err != nil && !errors.As(err, &end) {
			t.Errorf("wait at the end: %v", err)
		}
		if _, err := far.Read(nil); err == nil {
			t.Error("read after the end")
		}
	})
}

// A stranger may send little, and more when it is known.
func TestLimitBoundsWhatIsRead(t *testing.T) {
	overAll(t, nil, func(t *testing.T, near, far Conn) {
		far.Limit(100)
		mustWrite(t, near, make([]byte, 100))
		if _, err := far.Read(nil); err != nil {
			t.Fatalf("at the limit: %v", err)
		}
		far.Limit(1000)
		mustWrite(t, near, make([]byte, 1000))
		if _, err := far.Read(nil); err != nil {
			t.Fatalf("at the new limit: %v", err)
		}
		far.Limit(10)
		mustWrite(t, near, make([]byte, 11))
		if _, err := far.Read(nil); !errors.Is(err, ErrTooLarge) {
			t.Errorf("above the limit: %v", err)
		}
	})
}
