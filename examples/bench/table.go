package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table is a table of text. All columns but the first are numbers.
type table struct {
	title string
	head  []string
	rows  [][]string
}

// text writes t for a terminal.
func (t *table) text(w io.Writer) {
	widths := t.widths()
	fmt.Fprintf(w, "%s\n", t.title)
	for _, row := range t.all() {
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				fmt.Fprint(w, cell, pad)
			} else {
				fmt.Fprint(w, "  ", pad, cell)
			}
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}

// markdown writes t as a table of Markdown.
func (t *table) markdown(w io.Writer) {
	fmt.Fprintf(w, "### %s\n\n", t.title)
	for i, row := range t.all() {
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(w, "| --- |%s\n", strings.Repeat(" ---: |", len(row)-1))
		}
	}
	fmt.Fprintln(w)
}

func (t *table) all() [][]string { return append([][]string{t.head}, t.rows...) }

func (t *table) widths() []int {
	widths := make([]int, len(t.head))
	for _, row := range t.all() {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}
