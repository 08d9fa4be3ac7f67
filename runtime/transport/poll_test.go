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
			p.end(found, false)
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

// Where others need the processor readers look less and less, though what they
// look for comes soon, and again as before when they are left alone.
func TestPollingGivesWay(t *testing.T) {
	p := adaptive()
	p.soon = true
	waits := func(n int, interrupted bool) (looks int) {
		for range n {
			if p.begin() {
				p.end(true, interrupted)
				looks++
			}
		}
		return looks
	}
	if looks := waits(100*maxRetreat, true); looks > 110 {
		t.Errorf("%d looks in %d waits, all of them interrupted", looks, 100*maxRetreat)
	}
	if looks := waits(2*maxRetreat, false); looks < maxRetreat {
		t.Errorf("%d looks in %d waits, left alone", looks, 2*maxRetreat)
	}
	if p.penalty != 1 {
		t.Errorf("the next look in vain costs %d others, after thousands of good ones", p.penalty)
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
	one.end(true, false)
	if !other.begin() {
		t.Error("when the first has found something, the other does not look")
	}
	other.end(true, false)
}
