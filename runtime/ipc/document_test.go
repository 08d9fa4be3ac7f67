package ipc_test

import (
	"os"
	"strings"
	"testing"
)

// document is what a test needs of PROTOCOL.md: its fenced blocks and tables.
type document struct {
	t      *testing.T
	blocks []fence
	tables []table
}

// fence is what stands between two fences.
type fence struct {
	section  string // the heading above it
	language string
	lines    []string
}

// table is one without its head. Its cells have lost their backticks.
type table struct {
	section string
	rows    [][]string
}

func readDocument(t *testing.T) *document {
	t.Helper()
	text, err := os.ReadFile("../../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	d := &document{t: t}
	lines := strings.Split(string(text), "\n")
	section := ""
	for i := 0; i < len(lines); i++ {
		switch line := lines[i]; {
		case strings.HasPrefix(line, "#"):
			section = strings.TrimLeft(line, "# ")
		case strings.HasPrefix(line, "```"):
			b := fence{section: section, language: line[3:]}
			for i++; lines[i] != "```"; i++ {
				b.lines = append(b.lines, lines[i])
			}
			d.blocks = append(d.blocks, b)
		case strings.HasPrefix(line, "| ---"):
			tab := table{section: section}
			for i++; strings.HasPrefix(lines[i], "|"); i++ {
				tab.rows = append(tab.rows, cells(lines[i]))
			}
			d.tables = append(d.tables, tab)
		}
	}
	return d
}

func cells(row string) []string {
	cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(row, "|"), "|"), "|")
	for i := range cells {
		cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
	}
	return cells
}

// in returns the blocks of a language. There must be some.
func (d *document) in(language string) (found []fence) {
	d.t.Helper()
	for _, b := range d.blocks {
		if b.language == language {
			found = append(found, b)
		}
	}
	if len(found) == 0 {
		d.t.Fatalf("PROTOCOL.md has no block of %s", language)
	}
	return found
}

// table returns the last table of a section.
func (d *document) table(section string) [][]string {
	d.t.Helper()
	var rows [][]string
	for _, tab := range d.tables {
		if tab.section == section {
			rows = tab.rows
		}
	}
	if len(rows) == 0 {
		d.t.Fatalf("PROTOCOL.md has no table in %q", section)
	}
	return rows
}

// vectors reads lines of a name, two blanks and hexadecimal digits or a word,
// which go on in lines that begin with blanks.
func (b fence) vectors() map[string]string {
	values, name := map[string]string{}, ""
	for _, line := range b.lines {
		if !strings.HasPrefix(line, " ") {
			name, line, _ = strings.Cut(line, "  ")
		}
		values[name] += strings.ReplaceAll(line, " ", "")
	}
	return values
}
