package ipc

import (
	"bytes"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

func TestNobodyFillsOurLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var c complaints
		c.init(slog.New(slog.NewTextHandler(&log, nil)))
		for range 10 {
			for range 1000 {
				c.warn("wrong", "peer", "one")
			}
			time.Sleep(time.Second)
		}
		if n := bytes.Count(log.Bytes(), []byte("msg=wrong peer=one complaints=")); n < 10 || n > 20 {
			t.Errorf("%d lines for 10,000 complaints in ten seconds", n)
		}
	})
}
