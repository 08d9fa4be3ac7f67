package ipc

import (
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// complaints log what somebody else did wrong: the first few, and then one a
// second. Nobody may fill our log.
type complaints struct {
	log   *slog.Logger
	few   rate.Sometimes
	total atomic.Uint64
}

func (c *complaints) init(log *slog.Logger) {
	c.log, c.few.First, c.few.Interval = log, 10, time.Second
}

// warn logs a complaint, with how many there have been.
func (c *complaints) warn(message string, attrs ...any) {
	total := c.total.Add(1)
	c.few.Do(func() { c.log.Warn(message, append(attrs, "complaints", total)...) })
}
