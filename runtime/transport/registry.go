package transport

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// registry holds the listeners of this process, by name.
var registry = struct {
	sync.Mutex
	m map[string]*memoryListener
}{m: map[string]*memoryListener{}}

// memoryListener accepts what dials mem:name in this process.
type memoryListener struct {
	name    string
	o       *Options
	arrived chan *memoryConn
	done    chan struct{}
	closing sync.Once
}

func listenMemory(name string, o *Options) (Listener, error) {
	registry.Lock()
	defer registry.Unlock()
	if registry.m[name] != nil {
		return nil, fmt.Errorf("transport: listen mem:%s: somebody listens there already", name)
	}
	l := &memoryListener{name: name, o: o, arrived: make(chan *memoryConn), done: make(chan struct{})}
	registry.m[name] = l
	return l, nil
}

func dialMemory(ctx context.Context, name string, o *Options) (Conn, error) {
	registry.Lock()
	l := registry.m[name]
	registry.Unlock()
	if l == nil {
		return nil, fmt.Errorf("transport: dial mem:%s: nobody listens there", name)
	}
	near, far := newPair(name, o, l.o)
	if err := l.meet(ctx, near, far); err != nil {
		near.Close(0, "")
		return nil, fmt.Errorf("transport: dial mem:%s: %w", name, err)
	}
	return near, nil
}

// meet hands far to Accept and waits until it has chosen a subprotocol.
func (l *memoryListener) meet(ctx context.Context, near, far *memoryConn) error {
	select {
	case l.arrived <- far:
	case <-l.done:
		return net.ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-near.agreed:
		return near.refusal
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *memoryListener) Accept() (Conn, error) {
	for {
		select {
		case c := <-l.arrived:
			if admitted(l.o, c.addr) {
				return c, nil
			}
			c.Close(0, "")
		case <-l.done:
			return nil, net.ErrClosed
		}
	}
}

func (l *memoryListener) URL() string { return "mem:" + l.name }

func (l *memoryListener) Close() error {
	l.closing.Do(func() {
		registry.Lock()
		defer registry.Unlock()
		delete(registry.m, l.name)
		close(l.done)
	})
	return nil
}
