package ipc

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// Buckets that are full again are forgotten, and there are never more than the
// bound, however many names are made up.
func TestBucketsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b buckets
		quick := []*Limit{{Count: 1, Period: time.Second}}
		for i := range 1000 {
			b.take(quick, fmt.Sprint(i), time.Now())
			time.Sleep(100 * time.Millisecond)
		}
		if len(b.fullAt) > fewBuckets {
			t.Errorf("%d buckets are kept, of which ten are not full", len(b.fullAt))
		}
		slow := []*Limit{{Count: 1, Period: time.Hour}}
		for i := range 2*maxBuckets + 10 {
			b.take(slow, fmt.Sprint(i), time.Now())
			if len(b.fullAt) > maxBuckets {
				t.Fatalf("%d buckets are kept", len(b.fullAt))
			}
		}
		if len(b.fullAt) < maxBuckets/2 {
			t.Errorf("only %d buckets are kept", len(b.fullAt))
		}
	})
}

// However the requests come, in no stretch of time are more let in than the
// bucket holds and gets meanwhile.
func TestBucketsNeverGiveTooMuch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, l := range []*Limit{{Count: 1, Period: time.Second}, {Count: 3, Period: time.Second}, {Count: 7, Period: 100 * time.Millisecond}, {Count: 1000, Period: 999}} {
		var b buckets
		now := time.Unix(0, 0)
		var taken []time.Time
		for range 2000 {
			now = now.Add(time.Duration(r.Int64N(int64(2 * l.price()))))
			wait, exceeded := b.take([]*Limit{l}, "one", now)
			if exceeded == nil {
				taken = append(taken, now)
				continue
			}
			if _, again := b.take([]*Limit{l}, "one", now.Add(wait-1)); again == nil {
				t.Fatalf("%v: a token came before the wait of %v was over", l, wait)
			}
		}
		for i := range taken {
			j := min(i+l.Count+5, len(taken)-1)
			span := taken[j].Sub(taken[i])
			if most := l.Count + int(span/l.price()) + 1; j-i+1 > most {
				t.Fatalf("%v: %d in %v", l, j-i+1, span)
			}
		}
		if len(taken) < 500 {
			t.Errorf("%v: only %d of 2000", l, len(taken))
		}
	}
}
