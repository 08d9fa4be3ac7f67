package ipc

import (
	"testing"
	"testing/synctest"
	"time"
)

// A process that was stopped gives its peer one more interval, and more if it
// finds that the peer has spoken.
func TestAProcessThatSleptDoesNotBlameItsPeer(t *testing.T) {
	const interval, silence = 15 * time.Second, 35 * time.Second
	for name, tc := range map[string]struct {
		slept  time.Duration
		spoken bool
		more   time.Duration // that the peer has
	}{
		"awake, and nothing was heard":   {20 * time.Second, false, silence - 20*time.Second},
		"awake, and something was":       {20 * time.Second, true, silence},
		"stopped, and nothing was heard": {time.Hour, false, interval},
		"stopped, and something was":     {time.Hour, true, silence},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, far := newTestConn(t, Limits{})
				p := &c.pulse
				p.interval, p.silence, p.heard, p.looked = interval, silence, time.Now(), time.Now()
				time.Sleep(tc.slept)
				if tc.spoken {
					far.Write([]byte("anything"))
				}
				if quiet := p.look(); quiet > 0 {
					t.Fatalf("dead after %v", quiet)
				}
				if more := silence - time.Since(p.heard); more != tc.more {
					t.Errorf("it has %v more, want %v", more, tc.more)
				}
			})
		})
	}
}
