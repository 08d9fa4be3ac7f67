package main

import (
	"math/bits"
	"time"
)

// histogram counts durations in buckets that are a 32nd of their value wide.
// It allocates nothing while it counts.
type histogram [steps * 60]uint32

const (
	steps     = 1 << stepsBits // buckets for each power of two
	stepsBits = 5
)

func (h *histogram) add(d time.Duration) { h[bucket(uint64(max(d, 0)))]++ }

func (h *histogram) merge(other *histogram) {
	for i, n := range other {
		h[i] += n
	}
}

// quantile returns the duration below which the fraction q of all are.
func (h *histogram) quantile(q float64) time.Duration {
	var all, sum uint64
	for _, n := range h {
		all += uint64(n)
	}
	for i, n := range h {
		sum += uint64(n)
		if sum > 0 && float64(sum) >= q*float64(all) {
			return middle(i)
		}
	}
	return 0
}

// bucket returns where nanoseconds belong: below steps each has a bucket, above
// the highest bits choose.
func bucket(ns uint64) int {
	shift := max(bits.Len64(ns)-1-stepsBits, 0)
	return shift*steps + int(ns>>shift)
}

// middle returns the middle of a bucket.
func middle(i int) time.Duration {
	if i < 2*steps {
		return time.Duration(i)
	}
	shift := i/steps - 1
	return time.Duration((uint64(i-shift*steps) << shift) + 1<<(shift-1))
}
