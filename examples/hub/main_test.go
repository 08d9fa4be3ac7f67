package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// TestMain lets the test's own program be the bots'.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "bot" {
		main()
		return
	}
	os.Exit(m.Run())
}

// expected are the acts that always come to the same.
var expected = map[string]string{
	"who is there": "bots/ada in eu, load 3, 1.9.0, [chat]\nbots/bob in eu, load 1, 1.10.0, [chat music]\n" +
		"bots/cyd in us, load 2, 1.10.0, [chat]\nbots/dan in us, load 5, 2.0.0-rc.1, [music]",
	"1.10 or later": "[bots/bob bots/cyd bots/dan]",
	"guests":        "[bots guests ops]",

	"lowest load": "bots/bob",
	"most idle":   "bots/cyd",
	"or else":     "bots/cyd",

	"all": "bots/ada does it for server/\nbots/bob does it for server/\nbots/cyd does it for server/\nbots/dan does it for server/\n" +
		"bots/hal is lost, and nobody knows whether it did\nbots/sue is late",
	"the first two": "2 answers",
	"a quorum":      "3 of 5 agree",
	"given up":      "[bots/sue]",
	"a reminder":    "[bots/bob bots/cyd bots/dan]",

	"find groups":    "[bots guests]",
	"find bots":      "bots/bob in eu, load 1, 1.10.0, [chat music]\nbots/dan in us, load 5, 2.0.0-rc.1, [music]",
	"call one":       "bots/cyd for ops/console",
	"call a chosen":  "bots/cyd answers: bots/cyd for ops/console",
	"call a group":   "bots/ada for ops/console, bots/bob for ops/console, bots/cyd for ops/console, bots/dan for ops/console",
	"a stream":       "[1 2 3 4 5]",
	"notify a group": "[bots/ada bots/bob bots/cyd]",
	"bot to bot":     "bots/bob for bots/ada",

	"watch": "bots/ada is there, load 3\nbots/bob is there, load 1\nbots/cyd is there, load 2\n" +
		"bots/bob changes, load 3 after 1\nbots/ada leaves, load 3\nbots/ada joins, load 2\n" +
		"bots/fay joins, load 0\nbots/fay leaves, load 0",
	"explain": "bots/ada\nno   all of\nyes    load < 3: it is 2\nno     skills contains \"music\": it is [\"chat\"]\n" +
		"bots/bob\nno   all of\nno     load < 3: it is 3\nyes    skills contains \"music\": it is [\"chat\", \"music\"]\n",
}

func TestTheStory(t *testing.T) {
	t.Setenv("GORACE", "atexit_sleep_ms=0") // a race build lingers for a second
	var out bytes.Buffer
	found, err := newStory(&out).play(t.Context())
	if err != nil {
		t.Fatalf("%v, after\n%s", err, &out)
	}
	for name, want := range expected {
		if diff := cmp.Diff(want, fmt.Sprint(found[name])); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name := range found {
		if !strings.Contains(out.String(), "\n  "+name+" ") {
			t.Errorf("%s is not told in\n%s", name, &out)
		}
	}
	moved := found["sticky"].(movement)
	if moved.Strays != 0 || moved.Lost != 0 || moved.Moved < keys/5 || moved.Moved > keys*3/10 {
		t.Errorf("a quarter of the users should have moved, and come back: %+v", moved)
	}
	if paced := found["two at a time"].(pace); paced.answers != 4 || paced.most < 1 || paced.most > 2 {
		t.Errorf("two at a time: %v", paced)
	}
	for name, want := range map[string]struct {
		code code.Code
		text string
	}{
		"nobody":  {code.NoRoute, `no peer matches region == "moon"`},
		"refused": {code.Denied, "not among guests"},
		"hidden":  {code.NoRoute, "no peer matches true, or may be called"},
	} {
		err := found[name].(error)
		if !errors.Is(err, want.code) || !errors.Is(err, ipc.ErrNotSent) || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := found["all or nothing"].(error); !strings.Contains(err.Error(), "of 5 replies: ") || !strings.Contains(err.Error(), "bots/sue: ") {
		t.Errorf("all or nothing: %v", err)
	}
}
