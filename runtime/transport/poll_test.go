package transport

import (
	"testing"
	"time"
)

// looks returns at which of n sleeps p looks, where a look finds something if
// found says so.
func looks(p polling, n int, found func(i int) bool) (at []int) {
	for i := range n {
		if p.begin() {
			at = append(at, i)
			p.end(found(i))
		}
	}
	return at
}

func adaptive() polling {
	p := newPolling(0)
	p.crowd = &crowd{most: 1}
	return p
}

func TestPollingAdapts(t *testing.T) {
	never, always := func(int) bool { return false }, func(int) bool { return true }
	if at := looks(adaptive(), 100*maxPenalty, never); len(at) > 120 {
		t.Errorf("%d looks in %d sleeps, all in vain", len(at), 100*maxPenalty)
	}
	if at := looks(adaptive(), 1000, always); len(at) != 1000-newcomer || at[0] != newcomer {
		t.Errorf("%d looks in 1000 sleeps that find something, the first at %d", len(at), at[0])
	}
	busyAfter := func(i int) bool { return i >= 5000 }
	at := looks(adaptive(), 10_000, busyAfter)
	if first := at[len(at)-1] - len(at); first > 5000+maxPenalty {
		t.Errorf("a connection that was silent is not looked at again when it is busy")
	}
}

func TestPollingAsAsked(t *testing.T) {
	never := func(int) bool { return false }
	if at := looks(newPolling(time.Millisecond), 50, never); len(at) != 50 {
		t.Errorf("asked to look for a millisecond, it looked before %d of 50 sleeps", len(at))
	}
	if at := looks(newPolling(-1), 50, never); len(at) != 0 {
		t.Errorf("asked not to look, it looked before %d of 50 sleeps", len(at))
	}
}

// Adaptive readers do not take all processors, however many there are.
func TestPollingLeavesProcessors(t *testing.T) {
	one, other := adaptive(), adaptive()
	one.skip, other.skip, other.crowd = 0, 0, one.crowd
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
