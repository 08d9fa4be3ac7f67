package ipc

import (
	"testing"
	"testing/synctest"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/wire"
)

// testNote returns a request of k bytes that came in a message of n.
func testNote(c *conn, h *Handler, n, k int) *serving {
	m := newBuffer(0)
	m.bytes = make([]byte, n)
	return &serving{conn: c, handler: h, from: m, body: m.bytes[:k]}
}

// Notifications that wait hold no more memory than the limit, however large the
// messages were that they came in.
func TestNotificationsThatWaitAreBounded(t *testing.T) {
	const maxBytes = 1000
	var n notes
	h := &Handler{route: &Route{Name: "Test.Note", Kind: KindNotify}}
	if now, _ := n.add(testNote(nil, h, 10, 10), 5, maxBytes); !now {
		t.Fatal("the first one waits")
	}
	var waiting []*serving
	for range 20 {
		s := testNote(nil, h, 1<<20, 300)
		if _, dropped := n.add(s, 5, maxBytes); dropped == 0 {
			waiting = append(waiting, s)
		}
	}
	held := 0
	for _, s := range waiting {
		held += cap(s.body)
		if s.from != nil {
			t.Error("it keeps its message")
		}
	}
	if len(waiting) != 3 || held > 2*maxBytes || n.dropped != 17 {
		t.Errorf("%d wait with %d bytes, %d were dropped", len(waiting), held, n.dropped)
	}
	for range waiting {
		n.next()
	}
	if n.next() != nil || n.busy || n.bytes != 0 {
		t.Errorf("in the end: %+v", &n)
	}
	n.add(testNote(nil, h, 10, 10), 5, maxBytes)
	if _, dropped := n.add(testNote(nil, h, 4000, 2000), 5, maxBytes); dropped > 0 {
		t.Error("a large one that waits alone was dropped")
	}
}

// A request may be admitted just before the connection begins to drain, and be
// about to run when drain has found nothing that runs.
func TestNothingStartsBehindTheBackOfDrain(t *testing.T) {
	start := map[string]func(*conn, *serving){
		"on the reader": func(c *conn, s *serving) { c.runHere(s) },
		"on its own":    func(c *conn, s *serving) { c.spawn(s) },
		"in its turn":   func(c *conn, s *serving) { c.notify(s) },
	}
	for name, start := range start {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, far := newTestConn(t, Limits{})
				c.out.release()
				h := &Handler{route: &Route{Name: "Test.Late"}, serve: func(*serving) { t.Error("it ran") }}
				s := testNote(c, h, 10, 10)
				if s.id = 2; name == "in its turn" {
					s.id = 0
				}
				c.draining.Store(true)
				start(c, s)
				synctest.Wait()
				if len(c.running.names()) > 0 || c.notes.busy {
					t.Error("it counts as running")
				}
				if s.id == 0 {
					return
				}
				var p wire.Packet
				msg, err := far.Read(nil)
				if err == nil {
					_, err = wire.CBORv1.Next(msg, &p)
				}
				if err != nil || p.Kind != wire.KindError || p.ID != 2 || p.Code != string(code.Draining) || p.Ran {
					t.Errorf("the caller was told %+v, %v", p, err)
				}
			})
		})
	}
}
