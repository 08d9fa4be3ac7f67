//go:build race

package wire_test

// The race detector makes pools forget, which counts as allocating.
const raceEnabled = true
