package wire

import (
	"bytes"
	"testing"
)

// Eight bytes at once are judged as one at a time.
func TestControlCharacters(t *testing.T) {
	for size := range 20 {
		for at := range size {
			for c := range 256 {
				text := bytes.Repeat([]byte("é"), size)[:size]
				text[at] = byte(c)
				if got, want := hasControl(text), c < ' '; got != want {
					t.Fatalf("%q: %v", text, got)
				}
			}
		}
	}
}
