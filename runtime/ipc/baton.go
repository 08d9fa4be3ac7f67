package ipc

import (
	"sync/atomic"
	"time"
)

// baton is the right to read a connection. One goroutine holds it: the reader.
//
// Quick handlers are run by the reader itself, which saves two switches of
// goroutine a call. For the time of a handler the baton lies on the table:
// when the handler returns the reader takes it up again and reads on. But when
// the handler waits for something, or runs for longer than patience, somebody
// else snatches the baton and starts another reader, and the first one, when
// at last it is back, finds the table empty and leaves. So a handler never
// keeps the connection from being read.
//
// Whoever wins the compare-and-swap of table from a turn to 0 holds the baton.
type baton struct {
	table    atomic.Uint64 // the turn that may be snatched; 0: the reader holds the baton
	turn     uint64        // of the reader's last lay; guarded by holding the baton
	watching atomic.Bool   // the watch is set
	watch    *time.Timer
	seen     uint64 // the turn that lay on the table at the last look; of the watch
	snatched func() // starts another reader
}

// patience is how long a handler may run on the reader, give or take as much.
const patience = 500 * time.Microsecond

func newBaton(snatched func()) *baton {
	b := &baton{snatched: snatched}
	b.watch = time.AfterFunc(time.Hour, b.look)
	b.watch.Stop()
	return b
}

// lay puts the baton on the table and returns the turn to take it up with.
func (b *baton) lay() (turn uint64) {
	turn = b.turn + 1
	b.turn = turn
	b.table.Store(turn) // from here on b.turn may be another reader's
	if b.watching.CompareAndSwap(false, true) {
		b.setWatch()
	}
	return turn
}

// takeUp takes the baton back; false means that somebody snatched it.
func (b *baton) takeUp(turn uint64) bool {
	return b.table.CompareAndSwap(turn, 0)
}

// lies reports whether the baton of that turn still lies on the table.
func (b *baton) lies(turn uint64) bool { return turn != 0 && b.table.Load() == turn }

// snatch takes the baton of that turn off the table, if it still lies there,
// and starts another reader.
func (b *baton) snatch(turn uint64) bool {
	if turn == 0 || !b.table.CompareAndSwap(turn, 0) {
		return false
	}
	b.snatched()
	return true
}

// look is the watch: a turn it sees twice has taken too long.
func (b *baton) look() {
	turn := b.table.Load()
	if turn != 0 && turn == b.seen {
		b.snatch(turn)
	}
	b.seen = turn
	if turn != 0 {
		b.setWatch()
		return
	}
	b.watching.Store(false)
	if b.table.Load() != 0 && b.watching.CompareAndSwap(false, true) {
		b.setWatch()
	}
}

// setWatch makes the watch look once more. Only who set watching calls it.
func (b *baton) setWatch() { b.watch.Reset(patience) }
