package topic

import "strconv"

// Policy says what happens to events that come faster than a subscriber takes
// them. The zero value drops the oldest of [DefaultBuffer].
type Policy struct {
	// Drop is what is done when the buffer is full.
	Drop Drop
	// Buffer is how many events may wait for one subscriber, beside what the
	// connection has on its way. 0 means DefaultBuffer.
	Buffer int
}

// DefaultBuffer is the Buffer of a [Policy] that does not say.
const DefaultBuffer = 256

// Size returns how many events may wait.
func (p Policy) Size() int {
	if p.Buffer <= 0 {
		return DefaultBuffer
	}
	return p.Buffer
}

// Drop is what a [Policy] does when the buffer is full. Whatever is dropped is
// counted, and the subscriber is told with the next event: see [Missed].
type Drop uint8

// What can be done.
const (
	DropOldest Drop = iota // make room for the new event
	DropNewest             // drop the new event
	Latest                 // of each topic only the newest waits, whether the buffer is full or not; then as DropOldest
	Disconnect             // close the connection as slow; the subscriber may come back
)

// String returns the name of the constant.
func (d Drop) String() string {
	switch d {
	case DropOldest:
		return "DropOldest"
	case DropNewest:
		return "DropNewest"
	case Latest:
		return "Latest"
	case Disconnect:
		return "Disconnect"
	}
	return "Drop(" + strconv.Itoa(int(d)) + ")"
}

// Missed is the error that tells a subscriber how many events were dropped
// because it was slow.
type Missed int

// Error says how many.
func (m Missed) Error() string {
	if m == 1 {
		return "one event was missed: the subscriber is too slow"
	}
	return strconv.Itoa(int(m)) + " events were missed: the subscriber is too slow"
}
