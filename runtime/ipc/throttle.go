package ipc

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/ipcgen/ipcgen/runtime/transport"
)

// throttle refuses those who have given wrong credentials too often. Who
// cannot be told apart from others is not throttled.
type throttle struct {
	mu    sync.Mutex
	wrong map[string]*rate.Limiter // by origin
}

const (
	wrongAllowed = 10                         // wrong credentials in a row, an origin
	wrongPause   = time.Minute / wrongAllowed // to earn another
	maxOrigins   = 10_000                     // remembered
)

// blocked reports whether the origin has no attempt left.
func (t *throttle) blocked(info transport.Info) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.wrong[originOf(info)]
	return l != nil && l.Tokens() < 1
}

// failure counts wrong credentials.
func (t *throttle) failure(info transport.Info) {
	origin := originOf(info)
	if origin == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wrong[origin] == nil {
		t.forget()
		t.wrong[origin] = rate.NewLimiter(rate.Every(wrongPause), wrongAllowed)
	}
	t.wrong[origin].Allow()
}

// forget makes room for one more origin: those who have earned all their
// attempts back go first.
func (t *throttle) forget() {
	if t.wrong == nil {
		t.wrong = map[string]*rate.Limiter{}
	}
	if len(t.wrong) < maxOrigins {
		return
	}
	for origin, l := range t.wrong {
		if l.Tokens() >= wrongAllowed {
			delete(t.wrong, origin)
		}
	}
	if len(t.wrong) >= maxOrigins {
		clear(t.wrong)
	}
}
