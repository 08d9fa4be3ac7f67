package main

import (
	"os"
	"strings"
)

// colors says whether text is colored.
type colors bool

// colorsFor returns true if f is a terminal that shows colors and nobody has
// asked for none (https://no-color.org).
func colorsFor(f *os.File) colors {
	return colors(isTerminal(f) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
}

// isTerminal says whether somebody reads f as it is written.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (c colors) bold(s string) string  { return c.paint("1", s) }
func (c colors) red(s string) string   { return c.paint("31", s) }
func (c colors) green(s string) string { return c.paint("32", s) }
func (c colors) cyan(s string) string  { return c.paint("36", s) }

// diff colors one line of a diff, with its end.
func (c colors) diff(line string) string {
	text := strings.TrimSuffix(line, "\n")
	end := line[len(text):]
	switch line[0] {
	case '+':
		return c.green(text) + end
	case '-':
		return c.red(text) + end
	case '@':
		return c.cyan(text) + end
	}
	return line
}

func (c colors) paint(code, s string) string {
	if !c {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
