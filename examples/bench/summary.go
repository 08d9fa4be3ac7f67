package main

import (
	"slices"
)

// summary holds what all rounds gave, for each contender and cell.
type summary struct {
	contenders []contender
	cells      []cell
	medians    map[entry]median
}

// entry names what was measured once a round.
type entry struct {
	contender string
	cell      cell
}

// median is the middle of each number over the rounds.
type median struct {
	rate, ratio, p50, p99, allocs, cpu, memory float64 // ratio is 0 where there is none
}

func summarize(contenders []contender, cells []cell, results []result) *summary {
	s := &summary{contenders: contenders, cells: cells, medians: map[entry]median{}}
	byEntry := map[entry][]result{}
	for _, r := range results {
		byEntry[r.entry()] = append(byEntry[r.entry()], r)
	}
	for _, c := range contenders {
		for _, at := range cells {
			own := byEntry[entry{c.String(), at}]
			if len(own) == 0 {
				continue
			}
			s.medians[entry{c.String(), at}] = median{
				rate:   middleOf(own, func(r result) float64 { return r.Rate }),
				ratio:  pairedRatio(own, byEntry[entry{c.reference(), at}]),
				p50:    middleOf(own, func(r result) float64 { return r.P50 }),
				p99:    middleOf(own, func(r result) float64 { return r.P99 }),
				allocs: middleOf(own, func(r result) float64 { return r.Allocs }),
				cpu:    middleOf(own, func(r result) float64 { return r.CPU }),
				memory: middleOf(own, func(r result) float64 { return r.Memory }),
			}
		}
	}
	return s
}

func (r result) entry() entry {
	p, err := parsePayload(r.Payload)
	if err != nil {
		panic(err) // it was printed by String
	}
	return entry{
		contender: contender{library: r.Contender, transport: r.Transport, codec: r.Codec}.String(),
		cell:      cell{Kind: r.Kind, Payload: p, Inflight: r.Inflight},
	}
}

// pairedRatio returns the median of how much faster own was than reference in
// the same round, 0 if they have no round in common.
func pairedRatio(own, reference []result) float64 {
	var ratios []float64
	for _, r := range own {
		for _, base := range reference {
			if base.Round == r.Round {
				ratios = append(ratios, r.Rate/base.Rate)
			}
		}
	}
	return middleValue(ratios)
}

func middleOf(results []result, number func(result) float64) float64 {
	var values []float64
	for _, r := range results {
		values = append(values, number(r))
	}
	return middleValue(values)
}

// middleValue returns the median, 0 of nothing.
func middleValue(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
