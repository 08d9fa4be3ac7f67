package main

import (
	"errors"
	"fmt"
)

// failures are what went wrong, counted by contender and cell.
type failures struct {
	order []entry // in which they failed first
	seen  map[entry]*failure
}

type failure struct {
	rounds int
	first  error
}

func (f *failures) add(at entry, err error) {
	if f.seen == nil {
		f.seen = map[entry]*failure{}
	}
	if f.seen[at] == nil {
		f.order = append(f.order, at)
		f.seen[at] = &failure{first: err}
	}
	f.seen[at].rounds++
}

// all returns an error with a line for each contender and cell, nil if nothing
// went wrong in those rounds.
func (f *failures) all(rounds int) error {
	var lines []error
	for _, at := range f.order {
		one := f.seen[at]
		lines = append(lines, fmt.Errorf("%s: %v: in %d of %d rounds: %w", at.contender, at.cell, one.rounds, rounds, one.first))
	}
	return errors.Join(lines...)
}
