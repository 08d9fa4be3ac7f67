package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
)

// tables are all tables of s: one of ratios, then the numbers of every cell.
func (s *summary) tables() []table {
	var calls, others []cell
	for _, at := range s.cells {
		switch {
		case at.Kind == "call":
			calls = append(calls, at)
		case growthOf(at.Kind) == nil:
			others = append(others, at)
		}
	}
	all := []table{
		s.ratios("Calls a second, against grpc-go over the same kind of socket", calls),
		s.ratios("Items and events a second, against grpc-go over the same kind of socket", others),
	}
	all = append(all, s.growthTables()...)
	for _, at := range slices.Concat(calls, others) {
		all = append(all, s.details(at))
	}
	return slices.DeleteFunc(all, func(t table) bool { return len(t.rows) == 0 })
}

// ratios compares the speed of everybody who was measured in one of the cells.
func (s *summary) ratios(title string, cells []cell) table {
	t := table{title: title, head: []string{"contender"}}
	for _, at := range cells {
		t.head = append(t.head, at.short())
	}
	for _, c := range s.contenders {
		row := []string{c.String()}
		measured := false
		for _, at := range cells {
			m, ok := s.medians[entry{c.String(), at}]
			measured = measured || ok
			row = append(row, number(m.ratio))
		}
		if measured {
			t.rows = append(t.rows, row)
		}
	}
	return t
}

// short names a cell above a narrow column.
func (c cell) short() string {
	if c.Kind == "call" {
		return fmt.Sprintf("%s x%d", c.Payload.title(), c.Inflight)
	}
	return fmt.Sprintf("%s x%d", c.Kind, c.Inflight)
}

// details shows all numbers of one cell.
func (s *summary) details(at cell) table {
	t := table{title: at.title(), head: []string{"contender", at.unit(), "x grpc", "p50 us", "p99 us", "allocs", "cpu us"}}
	for _, c := range s.contenders {
		m, ok := s.medians[entry{c.String(), at}]
		if !ok {
			continue
		}
		t.rows = append(t.rows, []string{
			c.String(), fmt.Sprintf("%.0f", m.rate), number(m.ratio), number(m.p50), number(m.p99), number(m.allocs), number(m.cpu),
		})
	}
	return t
}

// unit is what is counted.
func (c cell) unit() string {
	switch c.Kind {
	case "call":
		return "calls/s"
	case "fanout":
		return "told/s"
	}
	return "items/s"
}

func (c cell) title() string {
	switch c.Kind {
	case "fanout":
		return fmt.Sprintf("An event of %s to %d connections", c.Payload.title(), c.Inflight)
	case "call":
		return fmt.Sprintf("Calls with %s, %d in flight", c.Payload.title(), c.Inflight)
	case "download":
		return fmt.Sprintf("Items of %s from the server, %d streams", c.Payload.title(), c.Inflight)
	}
	return fmt.Sprintf("Items of %s to the server, %d streams", c.Payload.title(), c.Inflight)
}

// number shows x with three digits, or a dash for what there is not.
func number(x float64) string {
	switch {
	case x == 0:
		return "-"
	case x < 10:
		return fmt.Sprintf("%.2f", x)
	case x < 100:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

// notes says how to read the tables, and what they leave out.
//
//go:embed notes.md
var notes string

func (s *summary) text(w io.Writer) {
	for _, t := range s.tables() {
		t.text(w)
	}
	fmt.Fprint(w, notes)
}

func (s *summary) markdown(w io.Writer) {
	fmt.Fprintf(w, "# Benchmark\n\n%s, %s/%s, %d processors. Made by `go run ./examples/bench -markdown FILE`.\n\n%s\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), strings.TrimSpace(notes))
	fmt.Fprintln(w)
	for _, t := range s.tables() {
		t.markdown(w)
	}
}

// jsonLines returns what writes each result as an object on a line.
func jsonLines(w io.Writer) func(result) error {
	lines := json.NewEncoder(w)
	return func(r result) error { return lines.Encode(r) }
}
