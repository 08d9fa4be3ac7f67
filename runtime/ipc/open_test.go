package ipc

import (
	"testing"
	"testing/synctest"
)

// A stream may be settled at the moment its consumer leaves it.
func TestLeavingAStreamThatIsBeingSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newTestConn(t, Limits{})
		p := newSharedPending()
		p.stream = &stream{conn: c, over: p.done}
		if _, err := c.router.add(p); err != nil {
			t.Fatal(err)
		}
		settling := c.router.take(p.id) // as the reader does with a reply
		left := make(chan struct{})
		go func() {
			defer close(left)
			(&opened{c, p}).leave()
		}()
		synctest.Wait()
		settling.settle()
		<-left
	})
}
