package transport

import (
	"errors"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// await has p wait n times, for something that comes after wait(i), and
// returns when p looked for it before it slept.
func await(p polling, n int, wait func(i int) time.Duration) (looks []int) {
	for i := range n {
		left := wait(i)
		if p.begin() {
			looks = append(looks, i)
			time.Sleep(min(left, p.limit))
			found := left <= p.limit
			p.end(found)
			if found {
				continue
			}
			left -= p.limit
		}
		p.sleeps()
		time.Sleep(left)
		p.wakes()
	}
	return looks
}

func adaptive() polling {
	p := newPolling(0)
	p.crowd = &crowd{most: 1}
	return p
}

func every(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }

func TestPollingAdapts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if looks := await(adaptive(), 1000, every(time.Millisecond)); len(looks) > 0 {
			t.Errorf("%d looks for what comes once a millisecond", len(looks))
		}
		if looks := await(adaptive(), 1000, every(usualLook/2)); len(looks) != 999 {
			t.Errorf("%d looks for 1000 messages that come one upon the other", len(looks))
		}
		justTooLate := every(usualLook + usualLook/2)
		if looks := await(adaptive(), 100*maxPenalty, justTooLate); len(looks) > 120 {
			t.Errorf("%d looks in %d sleeps, all in vain", len(looks), 100*maxPenalty)
		}
		rush := func(i int) time.Duration {
			if i < 5000 {
				return justTooLate(i)
			}
			return usualLook / 2
		}
		if looks := await(adaptive(), 10_000, rush); looks[len(looks)-1] != 9999 || len(looks) < 10_000-5000-maxPenalty {
			t.Errorf("%d looks: one in vain is not forgotten when messages begin to rush", len(looks))
		}
	})
}

// Where looks are in vain now and then, as on a busy machine, they cost more than
// they save: it takes several finds to make good for one of them.
func TestPollingPays(t *testing.T) {
	for name, test := range map[string]struct {
		every    int // of so many looks one is in vain
		min, max int // looks in a thousand waits
	}{
		"every second": {2, 0, 50},
		"every fourth": {4, 0, 100},
		"every 50th":   {50, 900, 1000},
	} {
		p := adaptive()
		p.soon = true
		looks := 0
		for range 1000 {
			if p.begin() {
				looks++
				p.end(looks%test.every != 0)
			}
		}
		if looks < test.min || looks > test.max {
			t.Errorf("%s in vain: %d looks in 1000 waits", name, looks)
		}
	}
}

// Close does not wait for a look to end.
func TestCloseEndsALook(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	far, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	near, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	l := newLink(near, &Options{Poll: time.Hour})
	look := make(chan error)
	go func() {
		look <- nil
		_, err := l.Read(make([]byte, 1))
		look <- err
	}()
	<-look
	for range 100 {
		runtime.Gosched() // so that it has begun, most likely
	}
	l.Close()
	if err := <-look; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the reader is told %v", err)
	}
}

func TestPollingAsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if looks := await(newPolling(time.Millisecond), 50, every(time.Hour)); len(looks) != 50 {
			t.Errorf("asked to look for a millisecond, it looked before %d of 50 sleeps", len(looks))
		}
		if looks := await(newPolling(-1), 50, every(time.Microsecond)); len(looks) != 0 {
			t.Errorf("asked not to look, it looked before %d of 50 sleeps", len(looks))
		}
	})
}

// Adaptive readers do not take all processors, however many there are.
func TestPollingLeavesProcessors(t *testing.T) {
	one, other := adaptive(), adaptive()
	one.soon, other.soon, other.crowd = true, true, one.crowd
	if !one.begin() {
		t.Fatal("the first does not look")
	}
	if other.begin() {
		t.Error("another looks at the same time")
	}
	one.end(true)
	if !other.begin() {
		t.Error("when the first has found something, the other does not look")
	}
	other.end(true)
}
