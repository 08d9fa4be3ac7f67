package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// page prints the tour.
type page struct {
	out   io.Writer
	steps int
}

// step prints what comes next.
func (p *page) step(title string) {
	p.steps++
	fmt.Fprintf(p.out, "\n%2d  %s\n", p.steps, title)
}

// show prints code, or what is like it.
func (p *page) show(code string) {
	for line := range strings.Lines(code) {
		line = "      " + strings.ReplaceAll(line, "\t", "    ")
		fmt.Fprintln(p.out, strings.TrimRight(line, " \n"))
	}
}

// result prints what a step came to, and the time it took.
func (p *page) result(took time.Duration, format string, args ...any) {
	fmt.Fprintf(p.out, "  = %-64s %10s\n", fmt.Sprintf(format, args...), short(took))
}

// short rounds d to what one can read at a glance.
func short(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.2f ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}
