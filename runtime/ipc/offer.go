package ipc

import "github.com/ipcgen/ipcgen/runtime/wire"

// eventRoom is how much may be queued for an event to join it, in bytes. It is
// little: what waits beyond it can still be dropped.
const eventRoom = 64 << 10

// offer sends a packet that is encoded already, if there is room for it. It
// never waits: if there is none it returns what is closed when there may be.
func (o *outbox) offer(packet []byte) (full <-chan struct{}) {
	o.mu.Lock()
	if o.closed != nil {
		o.mu.Unlock()
		return nil
	}
	if o.packets > 0 && (o.bytes+len(packet) > eventRoom || o.packets >= o.maxQueue || !o.waiters.none()) {
		if o.room == nil {
			o.room = make(chan struct{})
		}
		full = o.room
		o.mu.Unlock()
		return full
	}
	o.addEncoded(packet)
	if o.writing {
		o.mu.Unlock()
		return nil
	}
	o.writing = true
	o.mu.Unlock()
	o.write()
	return nil
}

// addEncoded adds a packet at the end of the queue. Called with mu held.
func (o *outbox) addEncoded(packet []byte) {
	msg := o.last(len(packet))
	before := len(msg.bytes)
	msg.reserve(len(packet) + 1)
	if before > 0 && o.dialect.Codec() == wire.JSON {
		msg.bytes = append(msg.bytes, '\n')
	}
	msg.bytes = append(msg.bytes, packet...)
	o.bytes += len(msg.bytes) - before
	o.packets++
	msg.packets++
}

// postLater queues p without sending it, which the next push does.
func (o *outbox) postLater(p *wire.Packet) error {
	o.mu.Lock()
	if o.closed != nil {
		defer o.mu.Unlock()
		return o.closed
	}
	return o.append(p, later) // unlocks
}
