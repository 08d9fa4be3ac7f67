package main

import (
	"encoding/binary"
	"sync"
)

// rawCrowd sends the same frame to all who listen.
type rawCrowd struct {
	mu  sync.Mutex
	all map[*framer]bool
}

func (c *rawCrowd) add(f *framer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[f] = true
}

func (c *rawCrowd) remove(f *framer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, f)
}

// tell tells everybody. Who has just left notices when reading.
func (c *rawCrowd) tell(frame []byte) {
	event := append(binary.BigEndian.AppendUint32(nil, uint32(len(frame))), frame...)
	c.mu.Lock()
	defer c.mu.Unlock()
	for f := range c.all {
		f.Write(event)
	}
}

// listen waits to be let in and from then on calls heard for every event.
func (f *framer) listen(heard func()) error {
	f.write(opListen, 0, nil)
	if err := f.out.Flush(); err != nil {
		return err
	}
	_, _, _, err := f.read()
	if err == nil {
		go func() {
			for _, _, _, err := f.read(); err == nil; _, _, _, err = f.read() {
				heard()
			}
		}()
	}
	return err
}

func (f *framer) publisher(content []byte) publisher {
	return publisher{Closer: f, tell: func(id int64) error {
		f.write(opEvent, id, content)
		return f.out.Flush()
	}}
}
