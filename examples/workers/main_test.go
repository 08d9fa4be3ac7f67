package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestMain lets the test's own program be the workers'.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "work" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestJobsOfLostWorkersAreDoneByOthers(t *testing.T) {
	t.Setenv("GORACE", "atexit_sleep_ms=0") // a race build lingers for a second
	var out bytes.Buffer
	if err := supervise(t.Context(), &out); err != nil {
		t.Fatalf("%v after\n%s", err, &out)
	}
	lines := strings.Split(out.String(), "\n")
	// Ten jobs, and whoever has finished two does not survive the third.
	for _, want := range []struct {
		text        string
		least, most int
	}{
		{" joins", 4, 100},
		{" fails: ipc: lost", 2, 100},
		{" has done 50%", 10, 100},
		{" has done 100%", 10, 10},
		{"9592 primes", 1, 1},
		{" is there, jobs finished: ", 1, 2},
	} {
		n := 0
		for _, line := range lines {
			if strings.Contains(line, want.text) {
				n++
			}
		}
		if n < want.least || n > want.most {
			t.Errorf("%q: %d lines, want %d to %d, in\n%s", want.text, n, want.least, want.most, &out)
		}
	}
}
