package ipc

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
)

// testEvent is one of the tests of what is inside.
var testEvent = &Event[none]{
	Route:   &Route{Name: "Test.Event", Kind: KindNotify},
	Pattern: ">",
	Topic:   func(*none) []string { return []string{"a"} },
}

// The end of a connection leaves nothing behind of its subscriptions, be they
// many or slow; nor does the end of a subscription on either side.
func TestNothingIsLeftOfSubscriptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := NewServer(nil)
		defer srv.Close()
		l, err := srv.Listen(t.Context(), "mem:nothing left")
		if err != nil {
			t.Fatal(err)
		}
		go srv.Serve(t.Context(), l)
		h := testEvent.Handle(func(context.Context, *none) error { return nil })
		for i := range 100 {
			cl, err := Dial(t.Context(), l.URL(), nil)
			if err != nil {
				t.Fatal(err)
			}
			for k := range 1 + i%5 {
				sub, err := cl.Subscribe(t.Context(), fmt.Sprintf("*.%d.%d", i, k), h)
				if err != nil {
					t.Fatal(err)
				}
				if k == 3 {
					sub.Close()
				}
			}
			if i%7 == 0 {
				sub, _ := cl.Subscribe(t.Context(), "shared.>", h)
				sub.Close()
				synctest.Wait()
				if len(cl.inbox.far.wanted) != 1+i%5-min(1, (i%5)/3) {
					t.Errorf("client %d: %d wishes", i, len(cl.inbox.far.wanted))
				}
			}
			if i == 50 && len(srv.hub.tries) != 1 {
				t.Errorf("meanwhile %d tries", len(srv.hub.tries))
			}
			if i%2 == 0 {
				cl.Close()
			} else {
				srv.Peer(cl.Identity()).Close("enough")
				synctest.Wait()
			}
			if len(cl.inbox.far.wanted) > 0 || len(cl.inbox.subs) > 0 {
				t.Errorf("client %d: %d wishes are left", i, len(cl.inbox.far.wanted))
			}
		}
		synctest.Wait()
		if len(srv.hub.tries) > 0 {
			t.Errorf("%d tries are left", len(srv.hub.tries))
		}
	})
}
