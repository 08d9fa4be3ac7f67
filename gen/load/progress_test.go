package load

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestAnnounce tells of a step that takes long, once, and of no other.
func TestAnnounce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		c := &Config{Progress: func(step string) { told = append(told, step) }}

		done := c.announce("quick")
		time.Sleep(patience - 1) // virtual
		done()

		done = c.announce("slow")
		time.Sleep(10 * patience)
		done()

		if len(told) != 1 || told[0] != "slow" {
			t.Errorf("told of %q", told)
		}
		(&Config{}).announce("nobody listens")()
	})
}
