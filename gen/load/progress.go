package load

import (
	"runtime"
	"time"
)

// patience is how long a step may take before people are told about it.
const patience = time.Second

// parallel bounds the goroutines that read and parse.
var parallel = runtime.GOMAXPROCS(0)

// announce tells Progress of a step that runs out of patience. The caller
// calls done at the step's end, before the next step: Progress is never called
// twice at once, nor after done has returned.
func (c *Config) announce(step string) (done func()) {
	if c.Progress == nil {
		return func() {}
	}
	told := make(chan struct{})
	timer := time.AfterFunc(patience, func() {
		defer close(told)
		c.Progress(step)
	})
	return func() {
		if !timer.Stop() {
			<-told
		}
	}
}
