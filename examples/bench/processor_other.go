//go:build !unix

package main

import "time"

// processorTime is not known here, and shown as 0.
func processorTime() time.Duration { return 0 }
